/**
 * Reads one header block of a tar in any dialect: v7, ustar, pax, GNU, star. Pure; it knows nothing of
 * what stands before or behind the block, and judges no name.
 *
 * Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_14
 */

/** All of a tar comes in blocks of so many bytes. */
export const BLOCK = 512;

/** Begins the space in which the checksum itself stands, and counts as blanks. */
const CHECKSUM = 148;
const CHECKSUM_END = 156;

/** The magic of ustar, by bytes: to make a text of each would take longer than to compare them. */
const USTAR = Buffer.from("ustar\0");

const BLANK = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;

/** What a header says for itself; extension headers before it may say otherwise. */
export interface TarHeader {
  /** One character: "0", "5", "x"; "\0" of the oldest tars is "0". */
  readonly typeflag: string;
  readonly name: string;
  /** Target of a link; "" where there is none. */
  readonly link: string;
  /** These are undefined where the field holds no number, or one below zero. */
  readonly mode: number | undefined;
  /** Bytes of content. */
  readonly size: number | undefined;
  /** Since 1970. */
  readonly seconds: number | undefined;
}

/**
 * The header at `start`, where a whole block is; "zeros" for a block of nothing else, which ends an
 * archive; undefined where the checksum says that this is no header.
 */
export function readHeader(bytes: Buffer, start: number): TarHeader | "zeros" | undefined {
  const sum = sumOf(bytes, start);
  if (sum === 0) return isZero(bytes, start) ? "zeros" : undefined;
  if (!isChecksum(numberAt(bytes, start + CHECKSUM, 8), sum, bytes, start)) return undefined;
  const name = textAt(bytes, start, 100);
  const prefix = isUstar(bytes, start) ? textAt(bytes, start + 345, 155) : "";
  return {
    typeflag: String.fromCharCode(bytes[start + 156] || ZERO),
    name: prefix === "" ? name : `${prefix}/${name}`,
    link: textAt(bytes, start + 157, 100),
    mode: numberAt(bytes, start + 100, 8),
    size: sizeAt(bytes, start + 124, 12),
    seconds: numberAt(bytes, start + 136, 12),
  };
}

/** Whether a header of a tar begins there, which is not the end of one. */
export function isHeader(bytes: Buffer, start: number): boolean {
  const header = readHeader(bytes, start);
  return header !== undefined && header !== "zeros";
}

/** Of all bytes but those of the checksum itself. */
function sumOf(bytes: Buffer, start: number): number {
  let sum = 0;
  for (let at = start; at < start + CHECKSUM; at += 1) sum += bytes[at] ?? 0;
  for (let at = start + CHECKSUM_END; at < start + BLOCK; at += 1) sum += bytes[at] ?? 0;
  return sum;
}

/** Old tars added up bytes with a sign, which makes a difference for names beyond ASCII. */
function isChecksum(
  declared: number | undefined,
  sum: number,
  bytes: Buffer,
  start: number,
): boolean {
  const found = sum + BLANK * (CHECKSUM_END - CHECKSUM);
  if (declared === found) return true;
  let negative = 0;
  for (let at = start; at < start + BLOCK; at += 1) {
    const isOfChecksum = at >= start + CHECKSUM && at < start + CHECKSUM_END;
    if (!isOfChecksum && (bytes[at] ?? 0) >= 0x80) negative += 1;
  }
  return declared === found - 256 * negative;
}

function isZero(bytes: Buffer, start: number): boolean {
  return bytes.subarray(start + CHECKSUM, start + CHECKSUM_END).every((byte) => byte === 0);
}

/** GNU's own headers say "ustar" and a blank, and have other things in the place of the prefix. */
function isUstar(bytes: Buffer, start: number): boolean {
  for (let index = 0; index < USTAR.length; index += 1) {
    if (bytes[start + 257 + index] !== USTAR[index]) return false;
  }
  return true;
}

/** A field's text ends with the first NUL, or fills the field. */
function textAt(bytes: Buffer, start: number, length: number): string {
  let end = start;
  while (end < start + length && bytes[end] !== 0) end += 1;
  return end === start ? "" : bytes.toString("utf8", start, end);
}

/** Octal digits, with blanks before and a blank or a NUL behind; or GNU's numbers of base 256. */
function numberAt(bytes: Buffer, start: number, length: number): number | undefined {
  const first = bytes[start] ?? 0;
  if (first >= 0x80) return first === 0x80 ? binaryAt(bytes, start + 1, length - 1) : undefined;
  const end = start + length;
  let at = start;
  while (at < end && bytes[at] === BLANK) at += 1;
  const digits = at;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > SEVEN) break;
    value = value * 8 + byte - ZERO;
  }
  const isEnded = at === end || bytes[at] === 0 || bytes[at] === BLANK;
  return at > digits && isEnded ? value : undefined;
}

/** Where nothing was ever written to the field, all readers take that for 0. */
function sizeAt(bytes: Buffer, start: number, length: number): number | undefined {
  const size = numberAt(bytes, start, length);
  if (size !== undefined) return size;
  return bytes.subarray(start, start + length).every((byte) => byte === 0) ? 0 : undefined;
}

function binaryAt(bytes: Buffer, start: number, length: number): number | undefined {
  let value = 0;
  for (let at = start; at < start + length; at += 1) value = value * 256 + (bytes[at] ?? 0);
  return Number.isSafeInteger(value) ? value : undefined;
}
