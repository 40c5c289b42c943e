/**
 * What no line of a unified diff shows: that a file has come or gone without a line in it, that it can be
 * executed now, or is a link. In one sentence, like what is said of files that are no text. Pure.
 */
import { isExecutable } from "./compare-trees";
import { inOneLine } from "./redact";
import type { TreeEntry } from "./types";

/**
 * The sentence, its line ended; "" where the lines say it all.
 *
 * @param before - Absent where there was none; `after` where there is none any more.
 */
export function factsBesideText(
  path: string,
  before: TreeEntry | undefined,
  after: TreeEntry | undefined,
): string {
  const why = factOf(before, after);
  return why === undefined ? "" : `${namesOf(path, before, after).join(" and ")} differ: ${why}\n`;
}

/** What the two versions of a file are called in a unified diff. */
export function namesOf(
  path: string,
  before: object | undefined,
  after: object | undefined,
): readonly [string, string] {
  const name = inOneLine(path);
  return [
    before === undefined ? "/dev/null" : `a/${name}`,
    after === undefined ? "/dev/null" : `b/${name}`,
  ];
}

function factOf(before: TreeEntry | undefined, after: TreeEntry | undefined): string | undefined {
  if (before === undefined || after === undefined) {
    const only = before ?? after;
    return only?.type === "file" && only.size === 0 ? "an empty file" : undefined;
  }
  if (before.type !== after.type)
    return after.type === "symlink" ? "now a link" : "no link any more";
  if (before.type === "symlink" || isExecutable(before) === isExecutable(after)) return undefined;
  return isExecutable(after) ? "now executable" : "no longer executable";
}
