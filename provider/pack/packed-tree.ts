/**
 * What all ways to pack a source have in common: where to, with which time, and what comes of it.
 * Hashes what flows by; writes nothing.
 */
import { createHash } from "node:crypto";
import type { TreeEntry } from "../types";
import type { SourceEntry } from "./source";
import type { Spooled } from "./spool";

export interface PackOptions {
  /** Folder for the bytes of the blobs; they are the caller's to remove. */
  readonly staging: string;
  /** Time of each entry, in whole seconds since 1970, 0 to 2^33 - 1: SOURCE_DATE_EPOCH, or 0. */
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

export interface PackedTree {
  readonly blob: Spooled;
  /** What is in it, with the hash of each file. */
  readonly entries: readonly TreeEntry[];
}

/** Chunks that are hashed while they are taken. */
export interface Hashed {
  readonly chunks: AsyncIterable<Buffer>;
  /** Hex, when all were taken. Callable once. */
  readonly sha256: () => string;
}

export function hashed(chunks: AsyncIterable<Buffer>): Hashed {
  const hash = createHash("sha256");
  const taken = async function* (): AsyncGenerator<Buffer, void> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  return { chunks: taken(), sha256: () => hash.digest("hex") };
}

/** The entry without what is known of the file system alone. */
export function treeEntry({ path, type, mode, size, target }: SourceEntry): TreeEntry {
  return { path, type, mode, size, ...(target === undefined ? {} : { target }) };
}
