/**
 * Reads the extension headers of tar (pax records, GNU long names), which decide what the next entry
 * is called and how long it is. Where two readers of the format could come to different answers the
 * archive is refused, so that what we unpack is what everybody sees in it. Pure.
 *
 * Rules: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13
 */
import { isUtf8 } from "node:buffer";
import { exactBytes } from "../settings/byte-size";

/** The longest content of an extension header. */
export const MOST_EXTENSION_BYTES = 1024 ** 2;

/** What the headers with these typeflags hold; the last is that of old Solaris. */
const KINDS: ReadonlyMap<string, Extension["kind"]> = new Map([
  ["x", "records"],
  ["g", "global"],
  ["L", "name"],
  ["K", "link"],
  ["X", "records"],
]);

/** Looks back, so that a row of NULs that something follows is read once, and not once from each of them. */
const TRAILING_NULS = /(?<!\0)\0+$/;

const LINE_FEED = 0x0a;
const BLANK = 0x20;

/** An extension header with its content. */
export interface Extension {
  readonly kind: "records" | "global" | "name" | "link";
  readonly content: Buffer;
}

/** What extension headers say about the entry behind them; it goes before what its own header says. */
export interface Extended {
  readonly path?: string;
  readonly link?: string;
  /** Bytes. */
  readonly size?: number;
  /** Since 1970. */
  readonly seconds?: number;
  /** The same of all entries to come that do not say their own. */
  readonly globalSeconds?: number;
}

type Draft = { -readonly [Key in keyof Extended]: Extended[Key] };

/** How a size of an extension header is told that is too much, or no number at all. */
export function bytesText(size: number): string {
  return Number.isNaN(size) ? "a size that is no number" : exactBytes(size);
}

/** What kind of extension header a typeflag names; undefined where it names an entry. */
export function extensionKind(typeflag: string): Extension["kind"] | undefined {
  return KINDS.get(typeflag);
}

/** Whether they wait for an entry: all but global ones do, of which an empty `git archive` has one. */
export function isDangling(extensions: readonly Extension[]): boolean {
  return extensions.some(({ kind }) => kind !== "global");
}

/** What they say together; a clause about the entry where it cannot be trusted to be what it seems. */
export function readExtensions(extensions: readonly Extension[]): Extended | string {
  const found: Draft = {};
  for (const { kind, content } of extensions) {
    const problem =
      kind === "name" || kind === "link"
        ? takeLongName(content, kind === "name" ? "path" : "link", found)
        : takeRecords(content, kind === "global", found);
    if (problem !== undefined) return `is ambiguous: ${problem}`;
  }
  return found;
}

/** The content is a name, ended by NULs. */
function takeLongName(content: Buffer, field: "path" | "link", found: Draft): string | undefined {
  const name = content.toString().replace(TRAILING_NULS, "");
  if (name === "" || name.includes("\0") || (found[field] ?? name) !== name) return DAMAGED;
  found[field] = name;
  return undefined;
}

const DAMAGED = "an extension header is damaged, or has two readings";

function takeRecords(content: Buffer, isGlobal: boolean, found: Draft): string | undefined {
  const records = recordsOf(content);
  if (records === undefined) return DAMAGED;
  for (const { key, value, hidesOther } of records) {
    if (hidesOther) return "a pax record stands inside of another";
    if (key.startsWith("GNU.sparse.")) return "it is a sparse file, which is not supported";
    if (key === "type") return 'the pax record "type" is no standard one';
    const isDecisive = key === "path" || key === "linkpath" || key === "size";
    if (isGlobal && isDecisive) return "a pax global header names or sizes other entries";
    if (isDecisive && !take(key, value, found)) return `the pax record "${key}" has two readings`;
    if (key === "mtime") takeSeconds(value, isGlobal ? "globalSeconds" : "seconds", found);
  }
  return undefined;
}

/** False where others could read something else, in this record or in one before. */
function take(key: "path" | "linkpath" | "size", value: Buffer, found: Draft): boolean {
  const text = value.toString();
  if (key === "size") {
    if (!/^\d+$/.test(text) || (found.size ?? Number(text)) !== Number(text)) return false;
    found.size = Number(text);
    return true;
  }
  const field = key === "path" ? "path" : "link";
  // Some end a name at a NUL and a record at a line feed, and take an empty one for none.
  if (text === "" || /[\0\n]/.test(text) || !isUtf8(value)) return false;
  if ((found[field] ?? text) !== text) return false;
  found[field] = text;
  return true;
}

/** An empty value takes back what records before it have said. */
function takeSeconds(value: Buffer, field: "seconds" | "globalSeconds", found: Draft): void {
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- one of two names
  if (value.length === 0) delete found[field];
  else found[field] = Number(value.toString());
}

interface PaxRecord {
  readonly key: string;
  /** Mostly text; that of an extended attribute may be anything. */
  readonly value: Buffer;
  /** A line of it looks like a record that decides something, and some read by lines. */
  readonly hidesOther: boolean;
}

/** Some take any character between length and key. */
const DECISIVE = /\n\d+.(path|linkpath|size|type|GNU\.sparse\.[^=\n]+)=/;

/** The records `<length> <key>=<value>\n`, or undefined where the content is anything else. */
function recordsOf(content: Buffer): readonly PaxRecord[] | undefined {
  const records: PaxRecord[] = [];
  for (let start = 0; start < content.length;) {
    const blank = content.indexOf(BLANK, start);
    const digits = content.toString("latin1", start, Math.max(start, blank));
    const end = /^\d{1,9}$/.test(digits) ? start + Number(digits) : start;
    const equals = content.indexOf("=", blank);
    const isWhole = end <= content.length && content[end - 1] === LINE_FEED;
    if (!isWhole || equals < blank + 2 || equals >= end) return undefined;
    records.push({
      key: content.toString("latin1", blank + 1, equals),
      value: content.subarray(equals + 1, end - 1),
      hidesOther: DECISIVE.test(content.toString("latin1", start, end)),
    });
    start = end;
  }
  return records;
}
