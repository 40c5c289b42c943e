/**
 * Content for trees without archives: writes files into a folder and says what it wrote, as
 * unpacking does. Counts how often it was asked to.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { FillTree, TreeKey } from "../../provider/store/trees";
import type { TreeEntry } from "../../provider/types";

/** Seconds since 1970; files of an archive have whole seconds, too, which anybody can restore. */
const ARCHIVED = 1_700_000_000;

/** Name → text of a file; a name that ends with "/" is a folder; "-> x" is a symlink to x. */
export type Content = Readonly<Record<string, string>>;

/** A little of everything. */
export const CONTENT: Content = {
  "a.txt": "alpha",
  "b.txt": "bravo",
  "dir/": "",
  "dir/c.txt": "charlie",
  link: "-> a.txt",
};

/** The tree that holds it. */
export const KEY: TreeKey = {
  name: "app-0123456789abcdef",
  key: "sha256:0123456789abcdef-and-more",
};

/** What lies in the staging area of a project. */
export function stagingOf(project: string): readonly string[] {
  return readdirSync(join(project, ".oci-artifacts", ".pulumi/staging"));
}

export interface Filler {
  readonly fill: FillTree;
  /** How often it was called. */
  readonly calls: () => number;
}

/** Fills a folder with the content. `before` runs first in each call. */
export function filler(content: Content, before: () => Promise<void> = async () => {}): Filler {
  let calls = 0;
  return {
    calls: () => calls,
    async fill(folder) {
      calls += 1;
      await before();
      return Object.entries(content).map(([name, text]) => place(folder, name, text));
    },
  };
}

function place(folder: string, name: string, text: string): TreeEntry {
  if (name.endsWith("/")) {
    const path = name.slice(0, -1);
    mkdirSync(join(folder, path));
    chmodSync(join(folder, path), 0o755);
    return { path, type: "directory", mode: 0o755, size: 0 };
  }
  if (text.startsWith("-> ")) {
    const target = text.slice("-> ".length);
    symlinkSync(target, join(folder, name));
    const { size } = lstatSync(join(folder, name));
    return { path: name, type: "symlink", mode: 0o777, size, target };
  }
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), 0o644);
  utimesSync(join(folder, name), ARCHIVED, ARCHIVED);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { path: name, type: "file", mode: 0o644, size: Buffer.byteLength(text), sha256 };
}

/** What lies below a folder, in the same words. */
export function contentOf(folder: string): Content {
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    entries.map((name) => {
      const path = join(folder, name);
      const facts = lstatSync(path);
      if (facts.isDirectory()) return [`${name}/`, ""];
      return [
        name,
        facts.isSymbolicLink() ? `-> ${readlinkSync(path)}` : readFileSync(path, "utf8"),
      ];
    }),
  );
}
