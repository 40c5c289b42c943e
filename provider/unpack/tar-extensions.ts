/**
 * Watches over the extension headers of tar (pax records, GNU long names), which decide what the next
 * entry is called and how long it is. Where two readers of the format could come to different answers
 * the archive is refused, so that what we unpack is what everybody sees in it. Pure.
 *
 * Rules: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */

const BLOCK = 512;

/** Typeflags of headers whose content belongs to a later one. */
const EXTENSIONS = new Set(Buffer.from("xgXLKN"));

/** What the parser made of an entry and of the extension headers before it. */
export interface ReadNames {
  readonly path: string;
  readonly linkpath?: string | undefined;
  readonly size: number;
  /** Records of a global header that would rename or resize whatever follows. */
  readonly global?: {
    readonly path?: string | undefined;
    readonly linkpath?: string | undefined;
    readonly size?: number | undefined;
  };
}

/**
 * Why the entry cannot be trusted to be what it seems, or undefined.
 *
 * @param texts - contents of the extension headers before the entry, as the parser decoded them
 */
export function extensionProblem(texts: readonly string[], read: ReadNames): string | undefined {
  const { global } = read;
  if ((global?.path ?? global?.linkpath ?? global?.size) !== undefined) {
    return "a pax global header names or sizes other entries";
  }
  for (const text of texts) {
    const records = paxRecords(text);
    const problem =
      records === undefined ? longNameProblem(text, read) : recordsProblem(records, read);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function recordsProblem(records: readonly PaxRecord[], read: ReadNames): string | undefined {
  for (const { key, value, hidesOther } of records) {
    if (hidesOther) return "a pax record stands inside of another";
    if (key.startsWith("GNU.sparse.")) return "it is a sparse file, which is not supported";
    if (key === "type") return 'the pax record "type" is no standard one';
    if (key === "path" && value !== read.path) return 'the pax record "path" has two readings';
    if (key === "linkpath" && value !== read.linkpath) {
      return 'the pax record "linkpath" has two readings';
    }
    if (key === "size" && (!/^\d+$/.test(value) || Number(value) !== read.size)) {
      return 'the pax record "size" has two readings';
    }
  }
  return undefined;
}

/** What is no list of records must be the name that the entry got, ended by NULs. */
function longNameProblem(text: string, read: ReadNames): string | undefined {
  const name = text.replace(/\0+$/, "");
  return name === read.path || name === read.linkpath
    ? undefined
    : "an extension header is damaged, or has two readings";
}

interface PaxRecord {
  readonly key: string;
  readonly value: string;
  /** A line of the value looks like a record that decides something, and the parser reads by lines. */
  readonly hidesOther: boolean;
}

/** The parser takes any character between length and key. */
const DECISIVE = /^\d+.(path|linkpath|size|type|GNU\.sparse\.[^=]+)=/;

/** The records `<length> <key>=<value>\n`, or undefined where the text is anything else. */
function paxRecords(text: string): readonly PaxRecord[] | undefined {
  const lines = text.split("\n");
  if (lines.pop() !== "") return undefined;
  const records: PaxRecord[] = [];
  for (let start = 0; start < lines.length;) {
    const end = recordEnd(lines, start);
    if (end === undefined) return undefined;
    const record = lines.slice(start, end).join("\n");
    const space = record.indexOf(" ");
    const equals = record.indexOf("=", space);
    if (equals < space + 2) return undefined;
    records.push({
      key: record.slice(space + 1, equals),
      value: record.slice(equals + 1),
      hidesOther: lines.slice(start + 1, end).some((line) => DECISIVE.test(line)),
    });
    start = end;
  }
  return records;
}

/**
 * Behind which line the record ends that begins with the line at `start`, or undefined where none has
 * the length that it declares. Values may be binary (xattrs): each replacement character stands for
 * one to three bytes. Of several ends it is the last, so that nothing decisive is taken for the next.
 */
function recordEnd(lines: readonly string[], start: number): number | undefined {
  const declared = Number(/^\d{1,9}(?= )/.exec(lines[start] ?? "")?.[0]);
  let least = 0;
  let most = 0;
  let end: number | undefined;
  for (let next = start; next < lines.length && least < declared; next += 1) {
    const line = lines[next] ?? "";
    const bytes = Buffer.byteLength(line) + 1;
    most += bytes;
    least += bytes - 2 * (line.split("\ufffd").length - 1);
    if (least <= declared && declared <= most) end = next + 1;
  }
  return end;
}

/**
 * How much of the bytes, which begin at a block of the tar, may be handed to the parser at once: whole
 * blocks, and no extension header without all of its content. The parser decodes such a content piece
 * by piece, and a character that lies across two pieces would be lost, and the record with it.
 * A block of a file that only looks like such a header moves the cut, and nothing else.
 */
export function safeLength(bytes: Buffer): number {
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let header = 0; header < whole; header += BLOCK) {
    if (!EXTENSIONS.has(bytes[header + 156] ?? 0)) continue;
    if (bytes.toString("latin1", header + 257, header + 262) !== "ustar") continue;
    const size = Number.parseInt(bytes.toString("latin1", header + 124, header + 136), 8);
    const end = header + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (end > whole && size <= MOST_EXTENSION_BYTES) return header;
  }
  return whole;
}

/** The longest content of an extension header. */
export const MOST_EXTENSION_BYTES = 1024 ** 2;
