/**
 * Makes zip archives for tests: valid, or with any field of any record forged. It writes bytes only;
 * it never reads an archive and never touches a file.
 */
import { crc32, deflateRawSync } from "node:zlib";

/** Fields that both headers of an entry have. */
export interface ZipFields {
  readonly name?: string | Buffer;
  readonly flags?: number;
  readonly method?: number;
  /** Time as MS-DOS has it, the date in the upper half. Default: 2023-11-14T22:13:20. */
  readonly dos?: number;
  readonly crc?: number;
  readonly compressedBytes?: number;
  readonly bytes?: number;
  readonly extra?: Buffer;
}

export interface ZipMember extends ZipFields {
  readonly path: string | Buffer;
  readonly content?: string | Buffer;
  /** Default: deflated. */
  readonly isStored?: boolean;
  /** Type and permission bits; undefined: made by MS-DOS. Default: a regular file with 0644. */
  readonly mode?: number | undefined;
  /** Bytes that stand in the archive in place of the content's. */
  readonly data?: Buffer;
  /** Sizes follow the content, as streaming writers do it. */
  readonly hasDescriptor?: boolean;
  /** Sizes are written as those of zip64. */
  readonly isZip64?: boolean;
  /** What only one of the headers says. */
  readonly local?: ZipFields;
  readonly central?: ZipFields & {
    readonly offset?: number;
    readonly attributes?: number;
    readonly maker?: number;
  };
}

export interface ZipOptions {
  /** Bytes in front; offsets count them. */
  readonly prefix?: string | Buffer;
  /** Bytes between the last content and the central directory. */
  readonly gap?: string | Buffer;
  /** Bytes behind the end. */
  readonly trailing?: string | Buffer;
  readonly comment?: string | Buffer;
  /** What the end record says. */
  readonly entries?: number;
  readonly centralOffset?: number;
  /** With an end record of zip64. */
  readonly isZip64?: boolean;
}

interface Written {
  readonly member: ZipMember;
  readonly fields: Required<ZipFields>;
  readonly offset: number;
}

const REGULAR = 0o100000;

/** 2023-11-14T22:13:20Z. */
const DOS_TIME = dosTime(1_700_000_000);

/** A time as MS-DOS has it, in steps of two seconds. */
export function dosTime(seconds: number): number {
  const time = new Date(seconds * 1000);
  const [year, month] = [time.getUTCFullYear() - 1980, time.getUTCMonth() + 1];
  const date = (year << 9) | (month << 5) | time.getUTCDate();
  const [hours, minutes] = [time.getUTCHours(), time.getUTCMinutes()];
  return ((date << 16) | (hours << 11) | (minutes << 5) | (time.getUTCSeconds() >> 1)) >>> 0;
}

/** An archive of the members in their order. */
export function zip(members: readonly ZipMember[], options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [Buffer.from(options.prefix ?? "")];
  const written: Written[] = [];
  const position = (): number => parts.reduce((sum, part) => sum + part.length, 0);
  for (const member of members) {
    const content = Buffer.from(member.content ?? "");
    const data = member.data ?? (member.isStored === true ? content : deflateRawSync(content));
    const fields = fieldsOf(member, content, data);
    written.push({ member, fields, offset: position() });
    parts.push(localHeader(member, fields), data);
    if (member.hasDescriptor === true) parts.push(descriptor(fields));
  }
  parts.push(Buffer.from(options.gap ?? ""));
  const start = position();
  parts.push(...written.map(centralHeader));
  const size = position() - start;
  const count = options.entries ?? members.length;
  const offset = options.centralOffset ?? start;
  if (options.isZip64 === true) parts.push(zip64End(count, size, offset, position()));
  parts.push(endRecord(count, size, offset, options), Buffer.from(options.trailing ?? ""));
  return Buffer.concat(parts);
}

/** A symlink, as Unix tools pack one. */
export function zipLink(path: string, target: string): ZipMember {
  return { path, content: target, mode: 0o120777, isStored: true };
}

function fieldsOf(member: ZipMember, content: Buffer, data: Buffer): Required<ZipFields> {
  return {
    name: member.name ?? member.path,
    flags: member.flags ?? 0x800 | (member.hasDescriptor === true ? 8 : 0),
    method: member.method ?? (member.isStored === true ? 0 : 8),
    dos: member.dos ?? DOS_TIME,
    crc: member.crc ?? crc32(content),
    compressedBytes: member.compressedBytes ?? data.length,
    bytes: member.bytes ?? content.length,
    extra: member.extra ?? Buffer.alloc(0),
  };
}

/** From "version needed" to the length of the extra field: 26 bytes, then names. */
function common(fields: Required<ZipFields>, isZip64: boolean): Buffer {
  const bytes = Buffer.alloc(26);
  const name = Buffer.from(fields.name);
  const extra = Buffer.concat([isZip64 ? zip64Extra(fields) : Buffer.alloc(0), fields.extra]);
  bytes.writeUInt16LE(isZip64 ? 45 : 20);
  bytes.writeUInt16LE(fields.flags, 2);
  bytes.writeUInt16LE(fields.method, 4);
  bytes.writeUInt32LE(fields.dos, 6);
  bytes.writeUInt32LE(fields.crc, 10);
  bytes.writeUInt32LE(isZip64 ? 0xffffffff : fields.compressedBytes, 14);
  bytes.writeUInt32LE(isZip64 ? 0xffffffff : fields.bytes, 18);
  bytes.writeUInt16LE(name.length, 22);
  bytes.writeUInt16LE(extra.length, 24);
  return Buffer.concat([bytes, name, extra]);
}

function localHeader(member: ZipMember, fields: Required<ZipFields>): Buffer {
  const later = { crc: 0, compressedBytes: 0, bytes: 0 };
  const own = { ...fields, ...(member.hasDescriptor === true ? later : {}), ...member.local };
  return Buffer.concat([Buffer.from("PK\x03\x04"), common(own, member.isZip64 === true)]);
}

function centralHeader({ member, fields, offset }: Written): Buffer {
  const { central, mode = "mode" in member ? undefined : REGULAR | 0o644 } = member;
  const own = common({ ...fields, ...central }, member.isZip64 === true);
  const maker = central?.maker ?? (mode === undefined ? 0 : 3);
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE(central?.attributes ?? ((mode ?? 0) << 16) >>> 0, 6);
  rest.writeUInt32LE(central?.offset ?? offset, 10);
  const start = Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, maker])]);
  return Buffer.concat([start, own.subarray(0, 26), rest, own.subarray(26)]);
}

function descriptor(fields: Required<ZipFields>): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write("PK\x07\x08", "latin1");
  bytes.writeUInt32LE(fields.crc, 4);
  bytes.writeUInt32LE(fields.compressedBytes, 8);
  bytes.writeUInt32LE(fields.bytes, 12);
  return bytes;
}

function zip64Extra(fields: Required<ZipFields>): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(1);
  bytes.writeUInt16LE(16, 2);
  bytes.writeBigUInt64LE(BigInt(fields.bytes), 4);
  bytes.writeBigUInt64LE(BigInt(fields.compressedBytes), 12);
  return bytes;
}

function zip64End(count: number, size: number, offset: number, position: number): Buffer {
  const bytes = Buffer.alloc(76);
  bytes.write("PK\x06\x06", "latin1");
  bytes.writeBigUInt64LE(44n, 4);
  bytes.writeBigUInt64LE(BigInt(count), 24);
  bytes.writeBigUInt64LE(BigInt(count), 32);
  bytes.writeBigUInt64LE(BigInt(size), 40);
  bytes.writeBigUInt64LE(BigInt(offset), 48);
  bytes.write("PK\x06\x07", 56, "latin1");
  bytes.writeBigUInt64LE(BigInt(position), 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}

function endRecord(count: number, size: number, offset: number, options: ZipOptions): Buffer {
  const bytes = Buffer.alloc(22);
  const comment = Buffer.from(options.comment ?? "");
  const isZip64 = options.isZip64 === true;
  bytes.write("PK\x05\x06", "latin1");
  bytes.writeUInt16LE(isZip64 ? 0xffff : count, 8);
  bytes.writeUInt16LE(isZip64 ? 0xffff : count, 10);
  bytes.writeUInt32LE(isZip64 ? 0xffffffff : size, 12);
  bytes.writeUInt32LE(isZip64 ? 0xffffffff : offset, 16);
  bytes.writeUInt16LE(comment.length, 20);
  return Buffer.concat([bytes, comment]);
}

/** Info-ZIP's extra field with a name of its own, for an entry with the other name. */
export function secondName(raw: string, name: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075);
  head.writeUInt16LE(5 + name.length, 2);
  head[4] = 1;
  head.writeUInt32LE(crc32(raw), 5);
  return Buffer.concat([head, Buffer.from(name)]);
}
