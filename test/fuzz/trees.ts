/**
 * Unpacks what a round has made, into a folder with a canary beside it, and judges what comes of it: on the
 * disk is what is told and nothing else, nothing leads outside, and nothing outside has changed.
 */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathProblem } from "../../provider/content/path-rules";
import { SILENT } from "../../provider/context";
import { limitsWith } from "../../provider/limits";
import type { LayerForm, Plan, TreeEntry } from "../../provider/types";
import { unpack } from "../../provider/unpack/unpack";
import { sha256 } from "../support/archives";
import { codeOf } from "./judge";

/** What errors call the content. */
export const SUBJECT = "registry.example/team/app:1";

/** Low enough that nothing takes long, high enough that honest content passes. */
const LIMITS = limitsWith({
  extractedBytes: 8 * 1024 ** 2,
  entries: 2_000,
  ratioFreeBytes: 1024 ** 2,
});

/** A blob, and what becomes of it. */
export interface Layer {
  readonly bytes: Buffer;
  readonly form: LayerForm;
}

/** What the layers come to: a tree, or the code of an error. */
export type Unpacked =
  | { readonly code: string; readonly message: string }
  | { readonly entries: readonly TreeEntry[]; readonly contents: ReadonlyMap<string, Buffer> };

/** Unpacks the layers in the folder, which is left as it was found. */
export async function unpackIn(
  folder: string,
  layers: readonly Layer[],
  isImage = false,
): Promise<Unpacked> {
  const [staging, canary] = [join(folder, "staging"), join(folder, "canary")];
  fs.rmSync(staging, { recursive: true, force: true });
  fs.mkdirSync(staging);
  fs.mkdirSync(canary, { recursive: true });
  fs.writeFileSync(join(canary, "song"), "alive");
  const names = layers.map((_, index) => `blob-${index}`);
  for (const [index, { bytes }] of layers.entries()) {
    fs.writeFileSync(join(folder, names[index] ?? ""), bytes);
  }
  try {
    const context = { limits: LIMITS, signal: new AbortController().signal, report: SILENT };
    const plan = planOf(layers, isImage);
    const fileOf = ({ digest }: { readonly digest: string }): { readonly path: string } => ({
      path: join(folder, `blob-${layers.findIndex(({ bytes }) => sha256(bytes) === digest)}`),
    });
    return await unpack(plan, fileOf, staging, context, SUBJECT).then(
      (entries) => ({ entries, contents: treeIn(staging, entries) }),
      (error: unknown) => {
        const code = codeOf(error, { about: SUBJECT });
        assert.notEqual(code, "DIGEST_MISMATCH");
        return { code, message: error instanceof Error ? error.message : "" };
      },
    );
  } finally {
    assert.deepEqual(fs.readdirSync(folder).sort(), [...names, "canary", "staging"].sort());
    assert.deepEqual(fs.readdirSync(canary), ["song"]);
    assert.equal(fs.readFileSync(join(canary, "song"), "utf8"), "alive");
    for (const name of names) fs.rmSync(join(folder, name));
    fs.rmSync(staging, { recursive: true });
  }
}

function planOf(layers: readonly Layer[], isImage: boolean): Plan {
  return {
    isImage,
    layers: layers.map(({ bytes, form }, index) => ({
      descriptor: {
        mediaType: "application/octet-stream",
        digest: sha256(bytes),
        size: bytes.length,
        annotations: {},
      },
      index,
      form,
    })),
  };
}

/** The contents of files by path. On the disk is what was told, and no link leads outside. */
function treeIn(staging: string, entries: readonly TreeEntry[]): ReadonlyMap<string, Buffer> {
  const contents = new Map<string, Buffer>();
  assert.deepEqual(pathsIn(staging), entries.map(({ path }) => path).sort());
  for (const { path, type, size, sha256: hex, target, mode } of entries) {
    const name = join(staging, path);
    const facts = fs.lstatSync(name);
    assert.equal(pathProblem(path), undefined);
    if (type !== "symlink") assert.equal(facts.mode & 0o7777, mode);
    assert.equal(mode & 0o7000, 0);
    if (type === "file") {
      assert.ok(facts.isFile());
      assert.equal(facts.size, size);
      // Who is not root may read what its owner may not only by leave; links share the mode.
      fs.chmodSync(name, mode | 0o400);
      const content = fs.readFileSync(name);
      fs.chmodSync(name, mode);
      assert.equal(createHash("sha256").update(content).digest("hex"), hex);
      contents.set(path, content);
    } else if (type === "directory") {
      assert.ok(facts.isDirectory());
    } else {
      assert.ok(facts.isSymbolicLink());
      assert.equal(fs.readlinkSync(name), target);
      assertInside(staging, name);
    }
  }
  return contents;
}

/** All paths below the folder, sorted; no link is followed. */
function pathsIn(folder: string, prefix = ""): readonly string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      return entry.isDirectory()
        ? [path, ...pathsIn(join(folder, entry.name), `${path}/`)]
        : [path];
    })
    .sort();
}

function assertInside(staging: string, link: string): void {
  const target = resolve(dirname(link), fs.readlinkSync(link));
  const real = fs.existsSync(link) ? fs.realpathSync(link) : target;
  assert.ok(`${real}/`.startsWith(`${fs.realpathSync(staging)}/`), `${link} leads to ${real}`);
}
