/**
 * The time of an entry of a zip: the most exact that its extra fields have, else that of MS-DOS. Pure.
 *
 * Format: https://pkware.cachefly.net/webdocs/APPNOTE/APPNOTE-6.3.10.TXT, 4.4.6 and 4.5.5
 */
import type { ZipEntry } from "./zip-central";

/** Info-ZIP's: flags, then the time of the last change where the first flag says so. */
const UNIX_TIME = 0x5455;
const HAS_CHANGE = 0x1;

/** In January of 2038. */
const LAST_SIGNED_SECONDS = 2 ** 31 - 1;

/** No zone is as far from UTC. */
const DAY_SECONDS = 86_400;

/** Windows's: one tag with three times, the first of which is that of the last change. */
const WINDOWS_TIMES = 0x000a;
const WINDOWS_BYTES = 32;
const WINDOWS_TICKS = 10_000_000;
/** From 1601 to 1970. */
const WINDOWS_EPOCH_SECONDS = 11_644_473_600;

/**
 * Seconds since 1970; undefined where there is no time, as in what Go packs without one. Times without a
 * zone are taken for UTC: the same on every machine.
 */
export function secondsOf(entry: ZipEntry): number | undefined {
  const dos = dosTime(entry);
  for (const { id, data } of entry.extraFields) {
    const found =
      id === UNIX_TIME ? unixTime(data, dos) : id === WINDOWS_TIMES ? windowsTime(data) : undefined;
    if (found !== undefined) return found;
  }
  return dos;
}

function dosTime({ date, time }: ZipEntry): number | undefined {
  const [month, day] = [(date >> 5) & 0xf, date & 0x1f];
  // Both count from 1.
  if (month === 0 || day === 0) return undefined;
  const [hour, minute, second] = [time >> 11, (time >> 5) & 0x3f, (time & 0x1f) * 2];
  return Date.UTC((date >> 9) + 1980, month - 1, day, hour, minute, second) / 1000;
}

/** A number with a sign, whose half below zero most writers go on with after 2038: MS-DOS's time tells which. */
function unixTime(data: Buffer, dos = 0): number | undefined {
  const isThere = data.length >= 5 && ((data[0] ?? 0) & HAS_CHANGE) !== 0;
  if (!isThere) return undefined;
  return dos > LAST_SIGNED_SECONDS - DAY_SECONDS ? data.readUInt32LE(1) : data.readInt32LE(1);
}

function windowsTime(data: Buffer): number | undefined {
  const isThere =
    data.length === WINDOWS_BYTES && data.readUInt16LE(4) === 1 && data.readUInt16LE(6) === 24;
  if (!isThere) return undefined;
  const ticks = data.readUInt32LE(8) + 2 ** 32 * data.readInt32LE(12);
  return ticks / WINDOWS_TICKS - WINDOWS_EPOCH_SECONDS;
}
