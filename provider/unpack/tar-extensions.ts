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

function recordsProblem(
  records: readonly (readonly [string, string])[],
  read: ReadNames,
): string | undefined {
  for (const [key, value] of records) {
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
  // Values may be binary (xattrs); decoded they have other lengths, and the parser reads by lines.
  if (text.includes("\ufffd") && /(^|\n)\d+ [^=\n]+=/.test(text)) {
    return /(^|\n)\d+ (type|GNU\.sparse\.[^=\n]+)=/.test(text)
      ? "it is a sparse file or of a type of its own, which is not supported"
      : undefined;
  }
  const name = text.replace(/\0+$/, "");
  return name === read.path || name === read.linkpath
    ? undefined
    : "an extension header is damaged, or has two readings";
}

/** The records `<length> <key>=<value>\n`, or undefined where the text is anything else. */
function paxRecords(text: string): readonly (readonly [string, string])[] | undefined {
  const bytes = Buffer.from(text);
  const records: (readonly [string, string])[] = [];
  for (let position = 0; position < bytes.length;) {
    const space = bytes.indexOf(" ", position);
    const digits = bytes.toString("latin1", position, space);
    const end = position + Number(digits);
    if (space < 0 || !/^[1-9]\d{0,8}$/.test(digits) || end > bytes.length) return undefined;
    const record = bytes.toString("utf8", space + 1, end);
    const equals = record.indexOf("=");
    if (equals < 1 || !record.endsWith("\n")) return undefined;
    records.push([record.slice(0, equals), record.slice(equals + 1, -1)]);
    position = end;
  }
  return records;
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
