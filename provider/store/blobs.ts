/**
 * The cache of blobs and manifests, by digest, shared by all projects and processes of a user.
 * Nothing gets in that was not read to its end and matched its digest and size; who reads an
 * entry later checks it again. Knows nothing of registries and of trees.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { algorithmOf, DigestCheck, digestOf, hexOf } from "../digest";
import { OciError, systemCode } from "../errors";
import type { Descriptor } from "../types";
import { stagingPath, sweepStaging } from "./staging";

/** The part of a descriptor that tells one blob from another. */
export type BlobKey = Pick<Descriptor, "digest" | "size">;

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
   * Reads `source` to its end and stores it if digest and size are right.
   * @throws OciError DIGEST_MISMATCH, and nothing is kept.
   */
  write(blob: BlobKey, source: AsyncIterable<Uint8Array>, subject: string): Promise<void>;
  /** Drops a damaged entry. */
  discard(digest: string): Promise<void>;
}

/** The blob store below the user's cache folder, which need not exist yet. */
export function openBlobs(cacheDirectory: string): BlobStore {
  const staging = join(cacheDirectory, "staging");
  let swept: Promise<void> | undefined;
  const file = (digest: string): string =>
    join(cacheDirectory, "blobs", algorithmOf(digest), hexOf(digest));

  const publish = async (digest: string, fill: (draft: string) => Promise<void>): Promise<void> => {
    swept ??= sweepStaging(staging);
    await swept;
    const draft = await stagingPath(staging);
    try {
      await fill(draft);
      await mkdir(dirname(file(digest)), { recursive: true });
      await rename(draft, file(digest));
    } catch (error) {
      await rm(draft, { force: true });
      throw storeError(error, cacheDirectory);
    }
  };

  return Object.freeze({
    file,
    async has(blob: BlobKey) {
      const facts = await stat(file(blob.digest)).catch(() => undefined);
      return facts?.isFile() === true && facts.size === blob.size;
    },
    async read(digest: string) {
      const bytes = await readFile(file(digest)).catch(() => undefined);
      if (bytes === undefined) return undefined;
      return digestOf(bytes, algorithmOf(digest)) === digest ? bytes : undefined;
    },
    async put(digest: string, bytes: Uint8Array) {
      await publish(digest, (draft) => writeChunks(draft, [bytes]));
    },
    async write(blob: BlobKey, source: AsyncIterable<Uint8Array>, subject: string) {
      await publish(blob.digest, (draft) => writeChunks(draft, checked(blob, source, subject)));
    },
    async discard(digest: string) {
      await rm(file(digest), { force: true });
    },
  });
}

/** Hashes a file of the store to its end; true where it is what its name says. */
export async function isWhole(store: BlobStore, blob: BlobKey): Promise<boolean> {
  const check = new DigestCheck(blob.digest);
  try {
    for await (const chunk of createReadStream(store.file(blob.digest))) {
      check.update(chunk as Buffer);
    }
  } catch {
    return false;
  }
  return check.bytes === blob.size && check.actual() === blob.digest;
}

/** Passes chunks on while it hashes them, and fails at the end, or as soon as there are too many. */
async function* checked(
  blob: BlobKey,
  source: AsyncIterable<Uint8Array>,
  subject: string,
): AsyncGenerator<Uint8Array> {
  const check = new DigestCheck(blob.digest);
  const mismatch = (fact: string): OciError =>
    new OciError({
      code: "DIGEST_MISMATCH",
      verb: "fetch",
      subject,
      fact,
      hint: "the registry or something on the way to it serves wrong bytes; nothing was kept. Run again; if it stays so, tell the people who run it",
    });
  for await (const chunk of source) {
    check.update(chunk);
    if (check.bytes > blob.size) {
      throw mismatch(`blob ${blob.digest} is longer than the ${blob.size} bytes of its descriptor`);
    }
    yield chunk;
  }
  if (check.bytes < blob.size) {
    throw mismatch(`blob ${blob.digest} ended after ${check.bytes} of ${blob.size} bytes`);
  }
  const actual = check.actual();
  if (actual !== blob.digest) throw mismatch(`blob ${blob.digest} has the digest ${actual}`);
}

async function writeChunks(
  path: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await open(path, "wx", 0o644);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}

const STORE_FACTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "it may not be written",
  EPERM: "it may not be written",
  EROFS: "the file system is read-only",
  EMFILE: "too many files are open",
  EBUSY: "it is in use, or the place where something is mounted",
};

/** A system error of the cache or the project's folder in words, with what to do. */
export function storeError(error: unknown, directory: string): unknown {
  const code = systemCode(error);
  if (error instanceof OciError || code === undefined) return error;
  const fact = STORE_FACTS[code];
  if (fact === undefined) return error;
  return new OciError({
    code: "STORE",
    verb: "write below",
    subject: directory,
    fact: `${fact} (${code})`,
    hint: "make room or make the folder writable; OCI_ARTIFACT_CACHE moves the cache elsewhere. Nothing was left half-written",
    cause: error,
  });
}
