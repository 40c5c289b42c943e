/**
 * Writes an image layout, a folder: blobs that are missing, each by one rename when all of it was hashed;
 * then the index that lists them, by one rename as well. What lies in the folder already stays. It
 * removes nothing but its own drafts, and writes through no link.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
import { mkdir, readdir, realpath, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type JsonObject, parseJsonObject } from "../content/json";
import type { Context } from "../context";
import { OciError, systemCode } from "../errors";
import { checkedBytes } from "../store/checked-bytes";
import { isWholeFile } from "../store/blobs";
import { writeDraft } from "../store/draft";
import { observe } from "../store/observe";
import { rename } from "../store/rename";
import { removeTree, stagingPath, sweepStaging } from "../store/staging";
import { folderError } from "../store/store-error";
import { isDraft } from "../store/draft-name";
import { sweepDrafts, writeFileWhole } from "../store/write-file";
import type { Descriptor } from "../types";
import { folderFiles } from "./folder";
import { createOpener, readSmall } from "./open-layout";
import { damaged, layoutError, type Place, throwIfCancelled } from "./problems";
import { blobName } from "./read-document";
import { type LayoutEntry, NEW_INDEX, type NewEntries, withEntries } from "./write-entries";

/** Bytes to be written under their digest. */
export interface LayoutBlob {
  readonly descriptor: Descriptor;
  /** From the first to the last. */
  open(): AsyncIterable<Uint8Array>;
}

export interface LayoutWriter {
  /** The index as it is now. */
  readonly index: JsonObject;
  /** After this, the blob is there. Returns whether it was not. @throws OciError DIGEST_MISMATCH, STORE. */
  write(blob: LayoutBlob, context: Context): Promise<boolean>;
  /** After this, the index lists the entries: the last thing to do. */
  list(entries: readonly LayoutEntry[]): Promise<NewEntries>;
  /** Removes the folder of drafts. Whatever comes of it is no error. */
  close(): Promise<void>;
}

/** Drafts lie where one rename brings them into place. */
const STAGING = ".oci-artifact-new";

const VERSION = '{"imageLayoutVersion":"1.0.0"}';

/** What a folder may hold that is about to become a layout: what a killed run has left. */
const OF_NEW: ReadonlySet<string> = new Set([STAGING, "blobs", "oci-layout"]);

/** What is written beside the blobs, by drafts of its own. */
const WRITTEN = ["index.json", "oci-layout"];

const HINT = "make room or make the folder writable, and run again: what was copied stays";

/**
 * Opens the layout of the place for writing; it is made with its first blob.
 *
 * @throws OciError LAYOUT where something else is there, or a layout that is damaged; INVALID_INPUT for a tar.
 */
export async function openLayoutWriter(place: Place, context: Context): Promise<LayoutWriter> {
  const { layout: root = "" } = place.endpoint;
  await refuseTar(root, place);
  const area = join(root, STAGING);
  const orStoreError = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw folderError(error, root, HINT);
    }
  };
  return await orStoreError(async () => {
    await makeFolders(root);
    const index = await indexIn(root, place, context);
    await sweepStaging(area);
    for (const name of WRITTEN) await sweepDrafts(root, name);
    return Object.freeze({
      index,
      write: (blob: LayoutBlob, asking: Context) =>
        orStoreError(() => writeBlob(blob, { root, area, place }, asking)),
      list: (entries: readonly LayoutEntry[]) =>
        orStoreError(async () => {
          throwIfCancelled(place, context.signal);
          // Read anew: others may have listed something since.
          const current = await indexIn(root, place, context);
          const changed = withEntries(current, entries);
          if (changed.index !== current) await writeIndex(root, changed.index);
          return changed;
        }),
      async close() {
        await rmdir(area).catch(() => undefined);
      },
    });
  });
}

/** A tar is written at once or not at all, and nothing can be added to it. */
async function refuseTar(root: string, place: Place): Promise<void> {
  const found = await stat(root).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  if (found === undefined && !/\.tar$/i.test(root)) return;
  const { verb, subject } = place;
  throw new OciError({
    code: "INVALID_INPUT",
    verb,
    subject,
    fact: "an image layout is written as a folder, and this is a file",
    hint: "copy into a folder, and make a tar of it: tar -C FOLDER -cf FILE.tar .",
  });
}

/** @throws OciError LAYOUT where the folder holds something else, or a broken layout. */
async function indexIn(root: string, place: Place, context: Context): Promise<JsonObject> {
  const names = await readdir(root);
  if (names.includes("index.json")) {
    await createOpener()(place, context);
    const bytes = await readSmall(await folderFiles(root, place), "index.json", place, context);
    return bytes === undefined ? NEW_INDEX : parseJsonObject(bytes);
  }
  const isOurs = (name: string): boolean =>
    OF_NEW.has(name) || WRITTEN.some((file) => isDraft(name, file));
  const other = names.find((name) => !isOurs(name));
  if (other === undefined) return NEW_INDEX;
  const hint = "name a folder that is empty or not there, or an image layout";
  throw layoutError(place, {
    fact: `would lie in a folder that holds something else: ${other}`,
    hint,
  });
}

/** Where the bytes go. */
interface Ground {
  readonly root: string;
  readonly area: string;
  readonly place: Place;
}

async function writeBlob(
  blob: LayoutBlob,
  { root, area, place }: Ground,
  context: Context,
): Promise<boolean> {
  const { digest, size } = blob.descriptor;
  throwIfCancelled(place, context.signal);
  const target = join(root, blobName(digest));
  await makeFolder(dirname(target), root, place);
  if (observe(target)?.type === "file" && (await isWholeFile(target, { digest, size })))
    return false;
  const draft = stagingPath(area);
  try {
    await writeDraft(draft, checkedBytes({ digest, size }, blob.open(), place.subject));
    await rename(draft, target);
  } finally {
    await removeTree(draft).catch(() => undefined);
  }
  return true;
}

/** A link in its place would lead the blobs elsewhere. */
async function makeFolder(folder: string, root: string, place: Place): Promise<void> {
  await makeFolders(folder);
  const wanted = join(await realpath(root), folder.slice(root.length));
  if ((await realpath(folder)) !== wanted)
    throw damaged(place, `has a link at ${folder.slice(root.length + 1)}`);
}

/**
 * With all above it. Node's own `recursive` calls a read-only file system ENOENT, and never comes back from
 * one that makes no folders, like /proc.
 */
async function makeFolders(folder: string): Promise<void> {
  const failure = await failureToMake(folder);
  if (failure === undefined) return;
  if (systemCode(failure) !== "ENOENT" || dirname(folder) === folder) throw failure;
  await makeFolders(dirname(folder));
  const again = await failureToMake(folder);
  if (again !== undefined) throw again;
}

async function failureToMake(folder: string): Promise<Error | undefined> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") return error as Error;
  }
  return undefined;
}

/** Whoever finds the index finds a whole layout. */
async function writeIndex(root: string, index: JsonObject): Promise<void> {
  if (observe(join(root, "oci-layout")) === undefined) {
    await writeFileWhole(join(root, "oci-layout"), VERSION);
  }
  await writeFileWhole(join(root, "index.json"), JSON.stringify(index));
}
