/**
 * Trees for tests of packing: made on the disk in any order, with any times, or generated from a seed.
 * And the way back: what the project's own unpacking makes of a packed artifact.
 */
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { contentDigest } from "../../provider/content-digest";
import { parseManifest } from "../../provider/content/manifest";
import { planContent } from "../../provider/content/plan";
import { selectionOf, type GivenSelection } from "../../provider/content/selection";
import { SILENT } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import type { PackedArtifact } from "../../provider/pack/artifact";
import type { ImageManifest, TreeEntry } from "../../provider/types";
import { unpack } from "../../provider/unpack/unpack";
import { randomOf } from "../fuzz/random";

/** path → content; of "path/" a folder; `{ link }` a symlink; `{ run }` a file to execute. */
export type TreeSpec = Readonly<
  Record<string, string | Buffer | { readonly link: string } | { readonly run: string }>
>;

/** One tree with everything in it that a tree may have. */
export const EVERYTHING: TreeSpec = {
  "main.tf": 'output "a" { value = 1 }\n',
  "empty.txt": "",
  "bin/run.sh": { run: "#!/bin/sh\n" },
  "hollow/": "",
  latest: { link: "modules/one" },
  "modules/one/main.tf": "# one\n",
  "modules/up.tf": { link: "../main.tf" },
  "straße/日本語.txt": "grüße\n",
  "emoji/🦊.txt": "fox\n",
  [`${"long-".repeat(12)}a/${"long-".repeat(12)}b/${"long-".repeat(12)}c.txt`]: "split\n",
  [`${"x".repeat(120)}/${"y".repeat(120)}.txt`]: "pax\n",
  far: { link: `${"x".repeat(120)}/${"y".repeat(120)}.txt` },
  "noise.bin": Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 251)),
};

/** Makes the tree in the folder, in the order of the spec. Times are seconds since 1970. */
export async function makeTree(folder: string, spec: TreeSpec, seconds?: number): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [path, content] of Object.entries(spec)) {
    const name = join(folder, path);
    await mkdir(path.endsWith("/") ? name : dirname(name), { recursive: true });
    if (path.endsWith("/")) continue;
    if (typeof content === "string" || Buffer.isBuffer(content)) await writeFile(name, content);
    else if ("link" in content) await symlink(content.link, name);
    else {
      await writeFile(name, content.run);
      await chmod(name, 0o700);
    }
    const isLink = typeof content === "object" && "link" in content;
    if (seconds !== undefined && !isLink) await utimes(name, seconds, seconds);
  }
  return folder;
}

const STEMS = [
  "a",
  "values",
  ".hidden",
  "x y",
  "ü",
  "é",
  "日本",
  "🦊",
  "a..b",
  "-n",
  "~",
  "n".repeat(90),
];

/** A tree that only the seed decides: names of all kinds and lengths, links inside, empty folders. */
export function generatedTree(seed: number): TreeSpec {
  const random = randomOf(seed);
  const spec: Record<string, TreeSpec[string]> = {};
  const folders = [""];
  for (let count = 0; count < 30; count += 1) {
    // The number keeps names apart whatever the case.
    const path = `${random.pick(folders)}${random.pick(STEMS)}${count}`;
    const roll = random.below(10);
    if (roll < 3 && path.length < 1500) {
      folders.push(`${path}/`);
      spec[`${path}/`] = "";
    } else if (roll < 4)
      spec[path] = { link: random.pick(["./x", "a0/../y", `${"d/".repeat(60)}z`]) };
    else if (roll < 5) spec[path] = { run: `echo ${count}\n` };
    else spec[path] = Buffer.alloc(random.below(2000), `${path}\n`);
  }
  return spec;
}

/** What a pull of the artifact would unpack, by the project's own rules. */
export async function unpackArtifact(
  folder: string,
  artifact: PackedArtifact,
  selection: GivenSelection = {},
): Promise<{
  readonly entries: readonly TreeEntry[];
  readonly contentDigest: string;
  readonly staging: string;
}> {
  const manifest = manifestOf(artifact);
  const plan = planContent(manifest, "test", DEFAULT_LIMITS, selectionOf(selection));
  const staging = await mkdtemp(join(folder, "unpacked-"));
  const blobs = await mkdtemp(join(folder, "blobs-"));
  const files = new Map<string, string>();
  for (const [index, blob] of artifact.blobs.entries()) {
    const path = join(blobs, String(index));
    await pipeline(blob.open(), createWriteStream(path));
    files.set(blob.descriptor.digest, path);
  }
  const context = { limits: DEFAULT_LIMITS, signal: new AbortController().signal, report: SILENT };
  const fileOf = ({ digest }: { readonly digest: string }): { readonly path: string } => ({
    path: files.get(digest) ?? "",
  });
  const written = await unpack(plan, fileOf, staging, context, "test");
  const entries = written.map(({ facts: _facts, ...entry }) => entry);
  return { entries, contentDigest: contentDigest(entries), staging };
}

/** The artifact's manifest, as pulling reads it. */
export function manifestOf({ manifest }: PackedArtifact): ImageManifest {
  const parsed = parseManifest(manifest.bytes, undefined, "test", DEFAULT_LIMITS);
  if (parsed.kind !== "manifest") throw new Error("an index, where a manifest was awaited");
  return parsed;
}

/** The bytes of a blob. */
export async function bytesOf(blob: PackedArtifact["blobs"][number] | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of blob?.open() ?? []) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** What a test compares of entries: path → type, mode, content. */
export async function treeOnDisk(
  folder: string,
  entries: readonly TreeEntry[],
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const { path, type, mode, target } of entries) {
    const content =
      type === "file" ? (await readFile(join(folder, path))).toString("base64") : (target ?? "");
    found[path] = `${type} ${mode.toString(8)} ${content}`;
  }
  return found;
}

/** The same of a spec, by the rules of packing. */
export function treeOfSpec(spec: TreeSpec): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [path, content] of Object.entries(spec)) {
    const components = path.replace(/\/$/, "").split("/");
    const folders = path.endsWith("/") ? components.length : components.length - 1;
    for (let depth = 1; depth <= folders; depth += 1) {
      found[components.slice(0, depth).join("/")] = "directory 755 ";
    }
    if (path.endsWith("/")) continue;
    const base64 = (text: string | Buffer): string => Buffer.from(text).toString("base64");
    if (typeof content === "string" || Buffer.isBuffer(content))
      found[path] = `file 644 ${base64(content)}`;
    else if ("link" in content) found[path] = `symlink 777 ${content.link}`;
    else found[path] = `file 755 ${base64(content.run)}`;
  }
  return found;
}
