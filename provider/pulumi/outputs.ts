/**
 * The one table of outputs, and how they come from a pull. Each is a fact of the digest: it says
 * nothing of a machine, a mirror or a moment. Strings of the registry pass the gate here. Pure.
 */
import { effectiveTag, formatReference, pinnedReference } from "../reference/format";
import type { Pulled } from "../pull";
import type { Reference, TreeEntry } from "../types";
import { admitMap, admitText } from "./gate";

/** Up to so many entries, the names and hashes of the files are an output of their own. */
export const FILES_SHOWN = 100;

/** Hex digits of a file's hash in the output `files`: enough to tell versions apart by eye. */
const SHORT_HASH = 12;

export const OUTPUTS = {
  digest: "Digest of what the reference names; for an index, the index's",
  manifestDigest: "Digest of the manifest whose layers are the content",
  path: "Folder of the content, relative to the program's directory",
  pinned: "The reference by digest: `registry/repository@sha256:…`",
  tag: "The tag that was asked for; absent where the reference names a digest only",
  mediaType: "Media type of what the reference names",
  artifactType: "The manifest's `artifactType`, where it has one",
  annotations: "The manifest's annotations",
  contentDigest: "Digest over names, modes and contents of all files; the same on every machine",
  fileCount: "Number of files and links",
  size: "Bytes of all files",
  files: "`./path` → start of the file's sha256; absent above 100 files",
} as const satisfies Readonly<Record<string, string>>;

export type OutputName = keyof typeof OUTPUTS;

/** Values of the outputs; absent ones have no key. */
export interface OutputValues {
  readonly digest: string;
  readonly manifestDigest: string;
  readonly path: string;
  readonly pinned: string;
  readonly tag?: string;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly contentDigest: string;
  readonly fileCount: number;
  readonly size: number;
  readonly files?: Readonly<Record<string, string>>;
}

/** The outputs of a pull. */
export function outputsOf(reference: Reference, pulled: Pulled): OutputValues {
  const { manifest, tree } = pulled;
  const tag = effectiveTag(reference);
  const files = filesOf(tree.entries);
  return Object.freeze({
    digest: pulled.digest,
    manifestDigest: pulled.manifestDigest,
    path: pulled.path,
    pinned: pinnedReference(reference, pulled.digest),
    ...(tag === undefined ? {} : { tag }),
    mediaType: admitText(pulled.mediaType),
    ...(manifest.artifactType === undefined
      ? {}
      : { artifactType: admitText(manifest.artifactType) }),
    annotations: admitMap(manifest.annotations),
    contentDigest: tree.contentDigest,
    fileCount: tree.fileCount,
    size: tree.size,
    ...(tree.fileCount > FILES_SHOWN ? {} : { files: admitMap(files) }),
  });
}

/** `./path` → short hash, or the target of a link; folders are left out. */
export function filesOf(entries: readonly TreeEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries
      .filter((entry) => entry.type !== "directory")
      .map((entry) => [
        `./${entry.path}`,
        entry.type === "symlink"
          ? `-> ${entry.target ?? ""}`
          : (entry.sha256 ?? "").slice(0, SHORT_HASH),
      ]),
  );
}

/** What a preview says on the row when a tag has moved: "~ ./a, + ./b, - ./c". */
export function changedFiles(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    if (before[name] === after[name]) return [];
    if (before[name] === undefined) return [`+ ${name}`];
    return [after[name] === undefined ? `- ${name}` : `~ ${name}`];
  });
}

/** Names the subject of messages; the reference without anything secret. */
export function subjectOf(reference: Reference): string {
  return formatReference(reference);
}
