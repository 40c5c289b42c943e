/**
 * Makes OCI image layouts in the shapes in which tools write them, as a folder or as a tar, honest or
 * with anything broken in it afterwards. It reads none.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { algorithmOf, digestOf, hexOf } from "../../provider/digest";
import { tar, tarGz, type TarMember, type TarOptions } from "./archives";
import { type Artifact, type ArtifactContent, buildArtifact, MEDIA_TYPES } from "./artifacts";
import type { TestRepository } from "./registry-types";

export const REF_NAME = "org.opencontainers.image.ref.name";
export const IMAGE_NAME = "io.containerd.image.name";

/** What the layouts of tests hold unless a test says otherwise. */
export const LAYOUT_FILES: Readonly<Record<string, string>> = { "a.txt": "a", "b/c.txt": "c" };

/** An artifact with the files in its one layer. */
export function artifactOf(
  files: Readonly<Record<string, string>> = LAYOUT_FILES,
): ArtifactContent {
  return { layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }] };
}

/** An entry of `index.json`, as it stands there. */
export interface EntryDocument {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A layout in a folder, to which a test adds. What it adds is there at once. */
export interface LayoutFolder extends Pick<TestRepository, "putBlob" | "putManifest"> {
  readonly folder: string;
  /** The artifact with all below it, listed with these annotations; with `null`, not listed. */
  put(
    content: ArtifactContent | Artifact,
    annotations?: Readonly<Record<string, string>> | null,
  ): Artifact;
  /** Lists more, or the same again. */
  list(entry: EntryDocument): void;
  /** Writes any file of it. */
  write(name: string, content: string | Uint8Array): void;
  /** Name of a blob in it. */
  blobName(digest: string): string;
}

/** A layout without anything in it yet. */
export function layoutIn(folder: string): LayoutFolder {
  const entries: EntryDocument[] = [];
  const write = (name: string, content: string | Uint8Array): void => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const blobName = (digest: string): string => `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
  const list = (entry: EntryDocument): void => {
    entries.push(entry);
    write("index.json", JSON.stringify({ schemaVersion: 2, manifests: entries }));
  };
  const putBlob = (bytes: Uint8Array | string, digest = digestOf(bytes)): string => {
    write(blobName(digest), bytes);
    return digest;
  };
  const put: LayoutFolder["put"] = (content, annotations = {}) => {
    const artifact = "blobs" in content ? content : buildArtifact(content);
    for (const child of artifact.children) put(child, null);
    for (const [digest, bytes] of artifact.blobs) putBlob(bytes, digest);
    const { digest, manifest, mediaType, size } = artifact;
    putBlob(manifest, digest);
    const named =
      annotations === null || Object.keys(annotations).length === 0 ? {} : { annotations };
    if (annotations !== null) list({ mediaType, digest, size, ...named });
    return artifact;
  };
  write("oci-layout", '{"imageLayoutVersion":"1.0.0"}');
  write("index.json", '{"schemaVersion":2,"manifests":[]}');
  return {
    folder,
    put,
    list,
    write,
    blobName,
    putBlob,
    putManifest(document, { tag } = {}) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = putBlob(bytes);
      const annotations = tag === undefined ? {} : { annotations: { [REF_NAME]: tag } };
      list({ mediaType: MEDIA_TYPES.manifest, digest, size: bytes.length, ...annotations });
      return digest;
    },
  };
}

/** The members of a tar of the folder, with entries for its folders, as tools pack them. */
export function membersOf(folder: string, prefix = ""): readonly TarMember[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ entry, path }) =>
      entry.isDirectory()
        ? { path: `${prefix}${path}/`, type: "directory" }
        : { path: `${prefix}${path}`, content: readFileSync(join(folder, path)) },
    );
}

/** A tar of the folder. */
export function tarOfLayout(folder: string, prefix = "", options: TarOptions = {}): Buffer {
  return tar(membersOf(folder, prefix), options);
}
