/**
 * What the file system says of a file, to tell later whether anybody has touched it. Compares facts;
 * reads no content.
 */
import { fstatSync, type BigIntStats } from "node:fs";

/**
 * As long as all of these hold, the file has the content that it had: each write sets `ctimeNs`, and
 * nobody can set that to a time of their choice. Only a write within the same tick of the clock, some
 * milliseconds at most, goes unseen.
 */
export interface FileFacts {
  readonly device: bigint;
  readonly inode: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Time of the last write, in nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Time of the last change of content, name, mode or times. */
  readonly ctimeNs: bigint;
}

/** The facts of an open file. */
export function factsOfOpen(descriptor: number): FileFacts {
  return fileFacts(fstatSync(descriptor, { bigint: true }));
}

export function fileFacts({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileFacts {
  return { device: dev, inode: ino, size, mtimeNs, ctimeNs };
}

/** Whether nobody has written between the two looks, nor renamed the file nor marked it. */
export function isUntouched(before: FileFacts, after: FileFacts): boolean {
  return before.ctimeNs === after.ctimeNs && isSameContent(before, after);
}

/** The same, but it may have got another name. */
export function isSameContent(before: FileFacts, after: FileFacts): boolean {
  return (
    before.device === after.device &&
    before.inode === after.inode &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs
  );
}
