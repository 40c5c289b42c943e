/**
 * Packs files and directories under titles, in the shape that ORAS reads: a file as it is, a directory
 * as tar+gzip that is unpacked under its title.
 */
import { basename, resolve } from "node:path";
import { contentDigest, sortedByPath } from "../content-digest";
import { hexOf } from "../digest";
import { DEFAULT_LIMITS } from "../limits";
import type { TreeEntry } from "../types";
import { artifactOf, spooledBlob, type PackedArtifact, type PackedBlob } from "./artifact";
import { checkEntries, checkName } from "./check-entries";
import { packTar } from "./pack-tar";
import type { PackOptions } from "./packed-tree";
import { quoted, unpackable } from "./problems";
import type { FileItem, FilesRequest, PackContext } from "./request";
import { readSource } from "./source";
import { isDirectory, spoolFile } from "./spool-file";
import { LAYER_TYPE, UNKNOWN_TYPE } from "./tree-shapes";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
export const TITLE = "org.opencontainers.image.title";

/** https://github.com/oras-project/oras-go/blob/v2.6.0/content/file/file.go */
export const UNPACK = "io.deis.oras.content.unpack";
export const TAR_DIGEST = "io.deis.oras.content.digest";

const FILE_TYPE = "application/octet-stream";

const SUBJECT = "files";

/** A layer, and what it is a part of the tree. */
interface PackedItem {
  readonly blob: PackedBlob;
  readonly entries: readonly TreeEntry[];
  readonly warnings: readonly string[];
}

/**
 * @throws OciError INVALID_INPUT for no files, titles that are no safe paths or meet one another, and
 * what cannot be read; LIMIT_EXCEEDED, STORE, CANCELLED
 */
export async function packFiles(
  request: FilesRequest,
  context: PackContext,
  options: PackOptions,
): Promise<PackedArtifact> {
  const { files, annotations = {}, artifactType = UNKNOWN_TYPE, config, subject } = request;
  if (files.length === 0) throw unpackable(SUBJECT, "there are none", "give at least one");
  const items: PackedItem[] = [];
  for (const item of files) items.push(await packItem(item, context, options));
  const entries = treeOf(items);
  checkEntries(SUBJECT, entries, context.limits ?? DEFAULT_LIMITS);
  const given = config && (await spoolFile(config.path, context.staging, context));
  return artifactOf({
    artifactType,
    ...(given === undefined || config === undefined
      ? {}
      : { config: spooledBlob(given, config.mediaType) }),
    layers: items.map(({ blob }) => blob),
    annotations,
    ...(subject === undefined ? {} : { subject }),
    contentDigest: contentDigest(entries),
    entries,
    warnings: items.flatMap(({ warnings }) => warnings),
  });
}

async function packItem(
  item: FileItem,
  context: PackContext,
  options: PackOptions,
): Promise<PackedItem> {
  const title = item.title ?? basename(resolve(item.path));
  checkName(item.path, title);
  if (title.split("/").some((component) => component === "" || component === ".")) {
    const hint = 'give a title without empty components and "."';
    throw unpackable(item.path, `${quoted(title)} is no title`, hint);
  }
  const isFolder = await isDirectory(item.path);
  return isFolder
    ? await packFolder(item, title, context, options)
    : await packFile(item, title, context);
}

async function packFolder(
  { path, mediaType = LAYER_TYPE, annotations = {}, entries = {} }: FileItem,
  title: string,
  { limits, signal }: PackContext,
  options: PackOptions,
): Promise<PackedItem> {
  const bounds = { ...(limits && { limits }), ...(signal && { signal }) };
  const source = await readSource(path, { ...entries, ...bounds });
  const tar = await packTar(source, options, title);
  const own = { [TITLE]: title, [UNPACK]: "true", [TAR_DIGEST]: tar.tarDigest };
  const blob = spooledBlob(tar.blob, mediaType, { ...annotations, ...own });
  return { blob, entries: tar.entries, warnings: [] };
}

async function packFile(
  { path, mediaType = FILE_TYPE, annotations = {} }: FileItem,
  title: string,
  context: PackContext,
): Promise<PackedItem> {
  const file = await spoolFile(path, context.staging, context);
  const blob = spooledBlob(file, mediaType, { ...annotations, [TITLE]: title });
  const sha256 = hexOf(file.digest);
  const entry = { path: title, type: "file", mode: 0o644, size: file.size, sha256 } as const;
  const warning = `a file with a title of its own is never executable: ${JSON.stringify(title)}; give the folder that it is in`;
  return { blob, entries: [entry], warnings: file.isExecutable ? [warning] : [] };
}

/** What all layers come to together, with the folders that titles imply. */
function treeOf(items: readonly PackedItem[]): readonly TreeEntry[] {
  const tree = new Map<string, TreeEntry>();
  for (const entry of items.flatMap(({ entries }) => entries)) {
    for (const entryOrFolder of [...parentsOf(entry.path), entry]) {
      const { path } = entryOrFolder;
      const other = tree.get(path);
      const isFolder = entryOrFolder.type === "directory";
      if (other !== undefined && !(isFolder && other.type === "directory")) {
        const hint = "give each a title of its own";
        throw unpackable(SUBJECT, `${quoted(path)} comes from two of them`, hint);
      }
      tree.set(path, entryOrFolder);
    }
  }
  return sortedByPath([...tree.values()]);
}

function parentsOf(path: string): readonly TreeEntry[] {
  const components = path.split("/").slice(0, -1);
  return components.map((_, index) => ({
    path: components.slice(0, index + 1).join("/"),
    type: "directory",
    mode: 0o755,
    size: 0,
  }));
}
