/**
 * The one table of outputs, and how they come from a pull. Each is a fact of the digest: it says
 * nothing of a machine, a mirror or a moment. Strings of the registry pass the gate here. Pure.
 */
import type { ChartFacts } from "../content/chart";
import { effectiveTag, formatReference, pinnedReference } from "../reference/format";
import type { Located, Pulled } from "../pull";
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
  version: "The version that `semver` has chosen, as its tag writes it; absent without `semver`",
  subjectDigest: "Digest of the artifact that `referrer` refers to; absent without one",
  mediaType: "Media type of what the reference names",
  artifactType: "The manifest's `artifactType`, where it has one",
  annotations: "The manifest's annotations",
  chart: "Of a Helm chart: `{ name, version, appVersion }`, as its config says",
  contentDigest: "Digest over names, modes and contents of all files; the same on every machine",
  fileCount: "Number of files and links",
  size: "Bytes of all files",
  files: "`./path` → start of the file's sha256; absent above 100 files",
  signers: "Who has signed it, where `verify` asks for that",
  placedAt:
    "Where the copy of `destination` lies; unknown in a preview that will change it, absent without one",
} as const satisfies Readonly<Record<string, string>>;

export type OutputName = keyof typeof OUTPUTS;

/** Values of the outputs; absent ones have no key. */
export interface OutputValues {
  readonly digest: string;
  readonly manifestDigest: string;
  readonly path: string;
  readonly pinned: string;
  readonly tag?: string;
  readonly version?: string;
  readonly subjectDigest?: string;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly chart?: ChartFacts;
  readonly contentDigest: string;
  readonly fileCount: number;
  readonly size: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly signers?: readonly string[];
  readonly placedAt?: string;
}

/** The output `placedAt`: like `path`, it leads into the folder that the reference names, if any. */
export function placedAtOf({ subPath }: Reference, destination: string): string {
  return subPath === undefined ? destination : `${destination}/${subPath}`;
}

/** The outputs of a pull. */
export function outputsOf(reference: Reference, pulled: Pulled): OutputValues {
  return Object.freeze({ ...manifestOutputs(reference, pulled), ...contentOutputs(pulled) });
}

/** Those that the manifest tells. */
export function manifestOutputs(
  reference: Reference,
  { digest, manifestDigest, manifest, mediaType, signers, chosen, subjectDigest, chart }: Located,
): Omit<OutputValues, ContentOutput | "placedAt"> {
  const tag = effectiveTag(reference);
  return {
    digest,
    manifestDigest,
    pinned: pinnedReference(reference, digest),
    ...(tag === undefined ? {} : { tag: admitText(tag) }),
    ...(chosen?.version === undefined ? {} : { version: admitText(chosen.version) }),
    ...(subjectDigest === undefined ? {} : { subjectDigest }),
    mediaType: admitText(mediaType),
    ...(manifest.artifactType === undefined
      ? {}
      : { artifactType: admitText(manifest.artifactType) }),
    annotations: admitMap(manifest.annotations),
    ...(chart === undefined ? {} : { chart: admitChart(chart) }),
    ...(signers.length === 0 ? {} : { signers: signers.map(admitText) }),
  };
}

function admitChart({ name, version, appVersion }: ChartFacts): ChartFacts {
  return {
    name: admitText(name),
    version: admitText(version),
    ...(appVersion === undefined ? {} : { appVersion: admitText(appVersion) }),
  };
}

/** Outputs that only the content tells. */
export const CONTENT_OUTPUTS = ["path", "contentDigest", "fileCount", "size", "files"] as const;

type ContentOutput = (typeof CONTENT_OUTPUTS)[number];

function contentOutputs({ path, tree }: Pulled): Pick<OutputValues, ContentOutput> {
  return {
    path,
    contentDigest: tree.contentDigest,
    fileCount: tree.fileCount,
    size: tree.size,
    ...(tree.fileCount > FILES_SHOWN ? {} : { files: admitMap(filesOf(tree.entries)) }),
  };
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
