/**
 * When something was used last: the time of change of its file. Access times cannot be had (mounts
 * switch them off), and a mark that is written at most once in a while costs next to nothing.
 */
import { statSync } from "node:fs";
import { utimes } from "node:fs/promises";
import { systemCode } from "../errors";

export const HOUR_MS = 60 * 60 * 1000;
export const DAY_MS = 24 * HOUR_MS;
export const WEEK_MS = 7 * DAY_MS;

/**
 * Whether the time of a file is further away than so many milliseconds. A time to come is: it is from a
 * clock that was wrong, and would never pass.
 */
export function isFarFrom(now: number, mtimeMs: number, milliseconds: number): boolean {
  return Math.abs(now - mtimeMs) > milliseconds;
}

/**
 * Whether a mark of use is from after then (milliseconds since 1970). One to come, by more than a day,
 * is from a clock that was wrong: whoever asks for the thing marks it anew.
 */
export function isUsedSince(usedAt: number, then: number): boolean {
  return usedAt > then && usedAt <= Date.now() + DAY_MS;
}

/**
 * Says that the file is used now, unless it was said less than `everyMs` ago.
 *
 * @returns False where the file is gone; a mark that cannot be written is no trouble.
 */
export async function markUsed(path: string, everyMs: number): Promise<boolean> {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return false;
    if (!isFarFrom(Date.now(), facts.mtimeMs, everyMs)) return true;
    const now = new Date();
    await utimes(path, now, now);
    return true;
  } catch (error) {
    return systemCode(error) !== "ENOENT";
  }
}
