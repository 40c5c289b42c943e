/**
 * What differs inside of two files, as a unified diff; or in one sentence why it is not shown: they are
 * no text, or too large. It reads files that nobody changes meanwhile, within bounds.
 */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch, type StructuredPatchHunk } from "diff";
import { readFile, stat } from "node:fs/promises";
import { namesOf } from "./compare-facts";
import { formatByteSize } from "./settings/byte-size";

/** A version of a file: the content of a file, or what a link leads to. */
export type ComparedFile = { readonly file: string } | { readonly target: string };

/** Bytes of a file. */
const LARGEST_TEXT = 1024 ** 2;

/**
 * Lines that are added or removed: the time to find the fewest grows with their square. Beyond, all old
 * lines stand before all new ones, which is as true.
 */
const MOST_LINES = 2_000;

/** A NUL among so many first bytes makes a file binary, as for git. */
const LOOKED_AT = 8_000;

/**
 * The unified diff, its last line ended; "" where the bytes are the same.
 *
 * @param before - Absent where there was none; `after` where there is none any more.
 */
export async function compareText(
  path: string,
  before: ComparedFile | undefined,
  after: ComparedFile | undefined,
): Promise<string> {
  const names = namesOf(path, before, after);
  const [old, young] = [await textOf(before), await textOf(after)];
  const why = [old, young].find((text) => text.why !== undefined)?.why;
  if (why !== undefined) return `${names.join(" and ")} differ: ${why}\n`;
  if (old.text === young.text) return "";
  const hunks =
    structuredPatch("", "", old.text, young.text, "", "", { maxEditLength: MOST_LINES, context: 3 })
      ?.hunks ?? wholeHunk(old.text, young.text);
  return formatPatch(
    { oldFileName: names[0], newFileName: names[1], oldHeader: "", newHeader: "", hunks },
    FILE_HEADERS_ONLY,
  );
}

/** All of the one out, all of the other in. */
function wholeHunk(old: string, young: string): StructuredPatchHunk[] {
  const { hunks: out } = structuredPatch("", "", old, "");
  const { hunks: into } = structuredPatch("", "", "", young);
  const lines = [...out, ...into].flatMap((hunk) => hunk.lines);
  const count = (hunks: StructuredPatchHunk[], key: "oldLines" | "newLines"): number =>
    hunks.reduce((sum, hunk) => sum + hunk[key], 0);
  const [oldLines, newLines] = [count(out, "oldLines"), count(into, "newLines")];
  return [{ oldStart: 1, oldLines, newStart: 1, newLines, lines }];
}

interface Text {
  readonly text: string;
  /** Why it is not shown. */
  readonly why?: string;
}

async function textOf(version: ComparedFile | undefined): Promise<Text> {
  if (version === undefined) return { text: "" };
  // As git shows it.
  if ("target" in version) return { text: version.target };
  const { size } = await stat(version.file);
  if (size > LARGEST_TEXT) {
    const [found, most] = [size, LARGEST_TEXT].map(formatByteSize);
    return { text: "", why: `not shown, ${found ?? ""} are more than ${most ?? ""}` };
  }
  const bytes = await readFile(version.file);
  try {
    if (bytes.subarray(0, LOOKED_AT).includes(0)) return NO_TEXT;
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return NO_TEXT;
  }
}

const NO_TEXT: Text = { text: "", why: "no text" };
