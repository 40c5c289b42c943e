/**
 * Tars in every dialect that people pack, with what is to be read in each: v7, ustar with its prefix, pax,
 * GNU's long names and numbers of base 256, global headers. Honest ones only.
 */
import { globalHeader, paxRecords, tar, type TarMember } from "../support/archives";
import { several, type Random } from "./random";

/** One entry, as a reader has to hand it on. */
export interface ModelEntry {
  readonly name: string;
  readonly type: "file" | "directory" | "symlink" | "hardlink";
  readonly mode: number;
  readonly seconds: number;
  readonly size: number;
  readonly target?: string;
  /** As latin1: texts are compared sooner than bytes. */
  readonly content: string;
}

/** The bytes of a tar and what is in it. */
export interface ModelTar {
  readonly bytes: Buffer;
  readonly entries: readonly ModelEntry[];
}

const STEMS = [
  "a",
  "values.yaml",
  ".hidden",
  "x y",
  "é",
  "日本",
  "🦊",
  "a..b",
  "-n",
  "n".repeat(60),
];

/** A member with the extension headers in front of it, beside what of it the reader is to find. */
interface Made {
  readonly members: readonly TarMember[];
  readonly entry: ModelEntry;
}

/** A tar that the numbers decide. */
export function modelTar(random: Random): ModelTar {
  const globalSeconds = random.oneIn(4) ? random.below(2 ** 31) : undefined;
  const files: string[] = [];
  const made = several(random, 0, 8, () => "").map((_, at) =>
    make(at, files, globalSeconds, random),
  );
  const entries = made.map(({ entry }) => entry);
  const header = globalHeader({ mtime: String(globalSeconds ?? 0), comment: "x" });
  const members = [
    ...(globalSeconds === undefined ? [] : [header]),
    ...made.flatMap(({ members: own }) => own),
  ];
  // What has nothing at all in it, not even an end, is no tar.
  const endBlocks = entries.length === 0 ? 2 : random.pick([0, 1, 2, 20]);
  return { bytes: tar(members, { endBlocks }), entries };
}

function make(
  at: number,
  files: string[],
  globalSeconds: number | undefined,
  random: Random,
): Made {
  const kind = kindOf(files, random);
  const stem = `${several(random, 1, 5, () => random.pick(STEMS)).join("/")}${at}`;
  const name = kind === "directory" && random.oneIn(2) ? `${stem}/` : stem;
  const target = targetOf(kind, files, random);
  if (kind === "file") files.push(name);
  const length = kind === "file" ? random.pick([0, 1, 511, 512, 513, 1300]) : 0;
  const mode = random.pick([0o644, 0o755, 0o400, 0o4755, 0]);
  const time = timeOf(globalSeconds, random);
  const entry: ModelEntry = {
    name,
    type: kind,
    mode,
    seconds: time.seconds,
    size: length,
    content: Buffer.alloc(length, name).toString("latin1"),
    ...(target === undefined ? {} : { target }),
  };
  const header = {
    mode: random.pick([octal(mode, 7), `${octal(mode, 6)} \0`, ` ${octal(mode, 6)} `]),
    size: numberOf(length, random),
    ...time.header,
  };
  return { members: named(entry, header, time.pax, random), entry };
}

function kindOf(files: readonly string[], random: Random): ModelEntry["type"] {
  const kind = random.pick(["file", "file", "file", "directory", "symlink", "hardlink"] as const);
  return kind === "hardlink" && files.length === 0 ? "file" : kind;
}

function targetOf(
  kind: ModelEntry["type"],
  files: readonly string[],
  random: Random,
): string | undefined {
  if (kind === "hardlink") return random.pick(files);
  if (kind !== "symlink") return undefined;
  return random.pick(["a", "../x", `${"d/".repeat(70)}z`, "é"]);
}

/** An old tar says by its name alone that something is a directory. */
function typeOf({ type, name }: ModelEntry, random: Random): string {
  if (type === "file") return random.pick(["0", "\0", "7"]);
  return type === "directory" && name.endsWith("/") ? random.pick(["directory", "0"]) : type;
}

/** The same name and target in one of the ways in which they can travel. */
function named(
  entry: ModelEntry,
  header: NonNullable<TarMember["header"]>,
  pax: Readonly<Record<string, string>>,
  random: Random,
): readonly TarMember[] {
  const { name, target = "", content } = entry;
  const split = splitOf(name);
  const way = random.pick([
    "pax",
    "gnu",
    ...(Buffer.byteLength(name) <= 100 ? ["plain", "v7"] : []),
    ...(split === undefined ? [] : ["prefix"]),
  ]);
  const isLongTarget = Buffer.byteLength(target) > 100;
  const linkWay = isLongTarget ? random.pick(["pax", "gnu"]) : "plain";
  const records = {
    ...pax,
    ...(way === "pax" ? { path: name } : {}),
    ...(linkWay === "pax" ? { linkpath: target } : {}),
  };
  const own = {
    ...header,
    ...(way === "v7" ? { magic: "" } : way === "prefix" ? split : {}),
  };
  const path = way === "plain" || way === "v7" ? name : "in another header";
  const link = target === "" ? {} : { link: isLongTarget ? "elsewhere" : target };
  return [
    ...(way === "gnu" ? [extension("L", `${name}\0`)] : []),
    ...(linkWay === "gnu" ? [extension("K", `${target}\0`)] : []),
    ...(Object.keys(records).length === 0
      ? []
      : [extension(random.oneIn(5) ? "X" : "x", paxRecords(records))]),
    {
      path,
      type: typeOf(entry, random),
      content: Buffer.from(content, "latin1"),
      header: own,
      ...link,
    },
  ];
}

function extension(type: string, content: string): TarMember {
  return { path: "././@LongLink", type, content };
}

/** Prefix and name of ustar, where the name can be split so. */
function splitOf(name: string): { readonly prefix: string; readonly name: string } | undefined {
  for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) {
    const [prefix, rest] = [name.slice(0, at), name.slice(at + 1)];
    if (rest === "" || Buffer.byteLength(rest) > 100) continue;
    return Buffer.byteLength(prefix) <= 155 ? { prefix, name: rest } : undefined;
  }
  return undefined;
}

/** A time of the entry's own, or the one that the archive gives to all. */
function timeOf(
  globalSeconds: number | undefined,
  random: Random,
): {
  readonly seconds: number;
  readonly header: { readonly mtime: string | Buffer };
  readonly pax: Readonly<Record<string, string>>;
} {
  const own = random.below(2 ** 31);
  const header = { mtime: numberOf(own, random) };
  if (random.oneIn(3)) return { seconds: own + 0.5, header, pax: { mtime: `${own}.5` } };
  return { seconds: globalSeconds ?? own, header, pax: {} };
}

/** Twelve bytes: octal digits, blanks around them, or GNU's base 256. */
function numberOf(value: number, random: Random): string | Buffer {
  if (random.oneIn(4)) {
    const bytes = Buffer.alloc(12);
    bytes[0] = 0x80;
    bytes.writeUIntBE(value, 6, 6);
    return bytes;
  }
  return random.pick([
    octal(value, 11),
    `${octal(value, 11)} `,
    value.toString(8).padStart(11, " "),
  ]);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
