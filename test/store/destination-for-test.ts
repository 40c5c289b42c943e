/**
 * A destination in a folder of its own, with the words that its tests share. Asserts nothing but
 * refusals.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { OciError, type ErrorCode } from "../../provider/errors";
import { openDestination, type Destination } from "../../provider/store/destination";
import type { OnLocalChange, Owner, Wanted } from "../../provider/store/placing";
import type { FillTree, TreeKey } from "../../provider/store/trees";
import type { Tree } from "../../provider/types";
import { folderFor } from "../support/folder-for-test";
import { recordReport, type RecordedReport } from "../support/report-for-test";
import { contentOf, filler, type Content } from "./content";

export const OWNER: Owner = { id: "0b1c", urn: "urn:pulumi:dev::app::type::manifests" };

/** A little of everything; "same.txt" is in both. */
export const OLD: Content = {
  "dir/": "",
  "dir/gone.txt": "gone",
  "edit.txt": "one",
  link: "-> same.txt",
  "same.txt": "same",
};
export const NEW: Content = {
  "edit.txt": "two",
  "fresh/": "",
  "fresh/new.txt": "new",
  "same.txt": "same",
};

export interface Site {
  /** The program's directory. */
  readonly project: string;
  readonly target: string;
  readonly records: string;
  readonly destination: Destination;
  readonly report: RecordedReport;
  /** Places the content under a key that is made of it. */
  readonly place: (content: Content, options?: PlaceOptions) => Promise<Tree>;
  readonly wanted: (content: Content, rule?: OnLocalChange) => Wanted;
  readonly file: (name: string) => string;
  /** What lies there. */
  readonly content: () => Content;
  /** Names beside the target, besides itself. */
  readonly neighbors: () => readonly string[];
}

export interface PlaceOptions {
  readonly rule?: OnLocalChange;
  readonly owner?: Owner;
  /** Instead of writing the content. */
  readonly fill?: FillTree;
}

/** A program with a destination at work/out. */
export function siteFor(context: { after(work: () => void): void }): Site {
  return siteAt(folderFor(context));
}

/** The same of a program that is there already. */
export function siteAt(project: string): Site {
  const target = join(project, "work", "out");
  const records = join(project, ".oci-artifacts", ".pulumi/destinations");
  const destination = openDestination({ folder: target, shown: "work/out", records });
  const report = recordReport();
  const wanted = (content: Content, onLocalChange: OnLocalChange = "restore"): Wanted => ({
    key: keyOf(content),
    onLocalChange,
  });
  return {
    project,
    target,
    records,
    destination,
    report,
    wanted,
    place(content, { rule, owner = OWNER, fill = filler(content).fill } = {}) {
      return destination.place(wanted(content, rule), owner, fill, report);
    },
    file: (name) => join(target, name),
    content: () => contentOf(target),
    neighbors: () => fs.readdirSync(dirname(target)).filter((name) => name !== "out"),
  };
}

/** Other content has another key. */
export function keyOf(content: Content): TreeKey {
  return { name: "app-0123456789abcdef", key: JSON.stringify(content) };
}

/** Fails where content would be filled. */
export const never: FillTree = () => Promise.reject(new Error("filled"));

/** What nobody may touch: the bytes, the mode and the time. */
export function factsOf(path: string): unknown {
  const { mode, mtimeMs, ino } = fs.lstatSync(path);
  return { mode, mtimeMs, ino, text: fs.readFileSync(path, "utf8") };
}

/** The work fails with a message of this shape. */
export async function refused(
  work: Promise<unknown>,
  code: ErrorCode,
  fact: RegExp,
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, code);
    assert.match(error.message, /^cannot place content at work\/out: /);
    assert.match(error.message, fact);
    assert.match(error.message, /\nhint: /);
    return true;
  });
}

/** File modes do not bind root, so that it works as this user for a while, who owns no system files. */
const NOBODY = 65_534;

/** Does `work` while the folders, which lie in `project`, may not be written. */
export async function withoutRights(
  folders: readonly string[],
  project: string,
  work: () => Promise<void>,
): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  const below = fs.readdirSync(project, { recursive: true, encoding: "utf8" });
  for (const path of isRoot ? [project, ...below.map((name) => join(project, name))] : []) {
    fs.lchownSync(path, NOBODY, NOBODY);
  }
  for (const folder of folders) fs.chmodSync(folder, 0o555);
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const folder of folders) fs.chmodSync(folder, 0o755);
  }
}

/** The content in the order in which a folder is listed. */
export function sorted(content: Content): Content {
  return Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}
