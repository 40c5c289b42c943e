/**
 * Writes the few ASN.1 values that a certificate is made of, in DER. Never reads any.
 *
 * Rule: https://www.itu.int/rec/T-REC-X.690
 */

/** Tag, length and content. */
function value(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff);
}

/** Values in this order. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return value(0x30, ...parts);
}

/** Values without an order; DER sorts them, so give one or sort before. */
export function set(...parts: readonly Uint8Array[]): Buffer {
  return value(0x31, ...parts);
}

/** True or false. */
export function boolean(truth: boolean): Buffer {
  return value(0x01, Buffer.of(truth ? 0xff : 0));
}

/** The bytes are the number, highest first; a first bit that is set makes it negative. */
export function integer(bytes: Uint8Array): Buffer {
  return value(0x02, bytes);
}

/** Bits, of which the last `unusedBits` do not count. */
export function bitString(unusedBits: number, ...bytes: readonly number[]): Buffer {
  return value(0x03, Buffer.of(unusedBits, ...bytes));
}

/** Bytes. */
export function octetString(bytes: Uint8Array): Buffer {
  return value(0x04, bytes);
}

/** Text. */
export function utf8String(text: string): Buffer {
  return value(0x0c, Buffer.from(text));
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return value(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime up to 2049, GeneralizedTime after, as RFC 5280 section 4.1.2.5 asks. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]|\.\d+Z$/g, "")}Z`;
  return date.getUTCFullYear() < 2050
    ? value(0x17, Buffer.from(digits.slice(2)))
    : value(0x18, Buffer.from(digits));
}

/** A context-specific tag in place of the value's own. */
export function context(tag: number, bytes: Uint8Array): Buffer {
  return value(0x80 | tag, bytes);
}

/** A context-specific tag around a whole value. */
export function explicit(tag: number, inner: Uint8Array): Buffer {
  return value(0xa0 | tag, inner);
}

/** Seven bits a byte, highest first, all but the last with the high bit set. */
function base128(number: number): readonly number[] {
  const low = number & 0x7f;
  const high = Math.floor(number / 0x80);
  return high === 0 ? [low] : [...base128(high).map((byte) => byte | 0x80), low];
}
