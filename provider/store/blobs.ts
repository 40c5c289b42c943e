/**
 * The cache of blobs and manifests, by digest, shared by all projects and processes of a user.
 * Nothing gets in that was not read to its end and matched its digest and size; who reads an
 * entry later checks it again. Knows nothing of registries and of trees.
 */
import { createReadStream, statSync, type BigIntStats } from "node:fs";
import type { Report } from "../context";
import { algorithmOf, DigestCheck, digestOf } from "../digest";
import { DEFAULT_CACHE_BYTES } from "../settings/settings";
import type { Descriptor } from "../types";
import { openBlobPlaces } from "./blob-places";
import { writeDraft } from "./draft";
import { openEvictor } from "./evict";
import { fillDraft, type ReadAlong } from "./fill-draft";
import { fileFacts, isSameContent, type FileFacts } from "./file-facts";
import { holdBlobs, type Release } from "./held-blobs";
import { readBytes } from "./small-steps";
import { HOUR_MS, markUsed } from "./use-mark";

/** The part of a descriptor that tells one blob from another. */
export type BlobKey = Pick<Descriptor, "digest" | "size">;

/** Gives the bytes of a blob, from the first one, each time it is called. */
export type BlobSource = () => AsyncIterable<Uint8Array>;

export interface BlobStore {
  /** Where the blob lies, or would lie. */
  file(digest: string): string;
  /** Whether a file of the right size is there; its bytes are checked by who reads them. */
  has(blob: BlobKey): Promise<boolean>;
  /** The bytes of a small document, checked; undefined where there is none or it is damaged. */
  read(digest: string): Promise<Buffer | undefined>;
  /** Stores a document that is in memory and already checked. */
  put(digest: string, bytes: Uint8Array): Promise<void>;
  /**
   * Reads the source to its end and stores it if digest and size are right. Once more from its
   * beginning where the cache takes no more of it, and a temporary folder does: then the report
   * gets one warning in the life of the store.
   * @param readAlong - Reads the drafts that it takes. Default: nobody does.
   * @throws OciError DIGEST_MISMATCH, and nothing is kept; STORE.
   */
  write(
    blob: BlobKey,
    source: BlobSource,
    subject: string,
    report: Report,
    readAlong?: ReadAlong,
  ): Promise<void>;
  /**
   * The facts of a blob that this very process has hashed while it wrote it, as they were right after
   * that: a file of which they still hold need not be hashed again. Undefined for all other blobs.
   */
  vouched(digest: string): FileFacts | undefined;
  /** Keeps these blobs, there or to come, from being evicted until it is released. */
  hold(digests: readonly string[]): Promise<Release>;
  /** Drops a damaged entry. */
  discard(digest: string): Promise<void>;
}

export interface BlobStoreOptions {
  /** Bytes of all blobs of the cache together. Default 10 GiB. */
  readonly maxBytes?: number;
  /**
   * Where blobs go, until the process ends, when the cache cannot be written. Default: nowhere, and
   * that it cannot be written is an error.
   */
  readonly temporaryDirectory?: string;
}

/** The blob store below the user's cache folder, which need not exist yet. */
export function openBlobs(cacheDirectory: string, options: BlobStoreOptions = {}): BlobStore {
  const places = openBlobPlaces(cacheDirectory, options.temporaryDirectory);
  const evictor = openEvictor(cacheDirectory, options.maxBytes ?? DEFAULT_CACHE_BYTES);
  const file = (digest: string): string => places.file(digest);
  const vouchers = new Map<string, FileFacts>();
  const place = async (
    blob: BlobKey,
    fill: (draft: string) => Promise<FileFacts>,
  ): Promise<void> => {
    let written: FileFacts | undefined;
    await places.publish(blob.digest, async (draft) => {
      written = await fill(draft);
    });
    const published = factsOf(file(blob.digest));
    // Another process may have been here since: then nobody knows more than of any other file.
    if (written !== undefined && published !== undefined && isSameContent(written, published)) {
      vouchers.set(blob.digest, published);
    }
    if (places.isCached(blob.digest)) await evictor.wrote(blob.size);
  };

  return Object.freeze({
    file,
    async has(blob: BlobKey) {
      const facts = statOf(file(blob.digest));
      if (facts?.isFile() !== true || facts.size !== BigInt(blob.size)) return false;
      return await markUsed(file(blob.digest), HOUR_MS);
    },
    async read(digest: string) {
      const bytes = await readBytes(file(digest));
      if (bytes === undefined || digestOf(bytes, algorithmOf(digest)) !== digest) return undefined;
      await markUsed(file(digest), HOUR_MS);
      return bytes;
    },
    async put(digest: string, bytes: Uint8Array) {
      await place({ digest, size: bytes.length }, (draft) => writeDraft(draft, [bytes]));
    },
    async write(
      blob: BlobKey,
      source: BlobSource,
      subject: string,
      report: Report,
      readAlong?: ReadAlong,
    ) {
      await place(blob, (draft) => fillDraft(draft, blob, source, subject, readAlong));
      const warning = places.takeWarning();
      if (warning !== undefined) report.warning(warning);
    },
    vouched: (digest: string) => vouchers.get(digest),
    async hold(digests: readonly string[]) {
      const release = await holdBlobs(cacheDirectory, digests);
      return async () => {
        await release();
        await evictor.released();
      };
    },
    discard: (digest: string) => places.remove(digest),
  });
}

/** Hashes a file of the store to its end; true where it is what its name says. */
export async function isWhole(store: BlobStore, blob: BlobKey): Promise<boolean> {
  return await isWholeFile(store.file(blob.digest), blob);
}

/** Hashes a file to its end; true where it holds the blob. */
export async function isWholeFile(file: string, blob: BlobKey): Promise<boolean> {
  const check = new DigestCheck(blob.digest);
  try {
    for await (const chunk of createReadStream(file)) {
      check.update(chunk as Buffer);
    }
  } catch {
    return false;
  }
  return check.bytes === blob.size && check.actual() === blob.digest;
}

function factsOf(path: string): FileFacts | undefined {
  const facts = statOf(path);
  return facts === undefined ? undefined : fileFacts(facts);
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
