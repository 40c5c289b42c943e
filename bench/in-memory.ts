/**
 * Tells whether a folder lies in memory: who measures a disk there measures none. It reads only.
 */
import { statfsSync } from "node:fs";

/** Types of Linux's file systems, tmpfs and ramfs: https://man7.org/linux/man-pages/man2/statfs.2.html */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/** Elsewhere than on Linux nobody can tell, and it is taken for a disk. */
export function isInMemory(folder: string): boolean {
  return process.platform === "linux" && IN_MEMORY.has(statfsSync(folder).type);
}
