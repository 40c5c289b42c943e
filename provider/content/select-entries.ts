/**
 * Which entries of the whole content are wanted, and where each goes: leading components off, a
 * folder as the root, then globs. Pure; it moves nothing, and does not judge whether the entries go
 * together at their new places.
 */
import { OciError } from "../errors";
import type { TreeEntry } from "../types";
import { matcherOf } from "./globs";
import type { Allowances, EntrySelection } from "./selection";

const VERB = "extract";

/** How many folders an error names. */
const SHOWN_FOLDERS = 10;

/** An entry of the selected content, and its path in the whole. */
export interface SelectedEntry {
  readonly from: string;
  /** `path` is the new one. */
  readonly entry: TreeEntry;
}

/**
 * The selected entries, each folder before what is in it. A folder is there for what is in it; one
 * that is empty from the start is taken or left like a file. Several may come to one path.
 *
 * @param entries - by byte order of their paths, with all folders
 * @throws OciError NOT_FOUND without such a folder, NO_MATCHING_LAYER where nothing is left; neither
 * where that is allowed
 */
export function selectEntries(
  entries: readonly TreeEntry[],
  selection: EntrySelection,
  subject: string,
  { allowEmpty = false }: Pick<Allowances, "allowEmpty"> = {},
): readonly SelectedEntry[] {
  const stripped = rebased(entries, (path) => withoutLeading(path, selection.stripComponents ?? 0));
  const { subPath } = selection;
  if (subPath !== undefined) requireFolder(stripped, subPath, subject, allowEmpty);
  const rooted = rebased(stripped, (path) => below(path, subPath));
  const isWanted = matcherOf(selection);
  const folders = parentsOf(rooted);
  const wanted = rooted.filter(
    ({ entry: { type, path } }) => (type !== "directory" || !folders.has(path)) && isWanted(path),
  );
  if (wanted.length === 0 && !allowEmpty)
    throw nothingLeft({ entries, stripped, rooted }, selection, subject);
  const kept = parentsOf(wanted);
  const taken = new Set(wanted);
  return rooted.filter(
    (selected) =>
      taken.has(selected) || (selected.entry.type === "directory" && kept.has(selected.entry.path)),
  );
}

type Entries = readonly (TreeEntry | SelectedEntry)[];

function rebased(
  entries: Entries,
  rebase: (path: string) => string | undefined,
): readonly SelectedEntry[] {
  return entries.flatMap((item) => {
    const { from, entry } = "entry" in item ? item : { from: item.path, entry: item };
    const path = rebase(entry.path);
    return path === undefined ? [] : [{ from, entry: { ...entry, path } }];
  });
}

function withoutLeading(path: string, count: number): string | undefined {
  if (count === 0) return path;
  const rest = path.split("/").slice(count);
  return rest.length === 0 ? undefined : rest.join("/");
}

function below(path: string, folder: string | undefined): string | undefined {
  if (folder === undefined) return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

/** All folders that the entries lie in. */
function parentsOf(selected: readonly SelectedEntry[]): ReadonlySet<string> {
  const parents = new Set<string>();
  for (const { entry } of selected) {
    let end = entry.path.lastIndexOf("/");
    for (; end > 0; end = entry.path.lastIndexOf("/", end - 1)) {
      const parent = entry.path.slice(0, end);
      if (parents.has(parent)) break;
      parents.add(parent);
    }
  }
  return parents;
}

/** Where content may be empty, a folder that is not there is one; what is no folder never is. */
function requireFolder(
  entries: readonly SelectedEntry[],
  subPath: string,
  subject: string,
  allowEmpty: boolean,
): void {
  const folders = entries.flatMap(({ entry }) => (entry.type === "directory" ? [entry.path] : []));
  if (folders.includes(subPath)) return;
  if (allowEmpty && !entries.some(({ entry }) => entry.path === subPath)) return;
  const shown = [...new Set(folders)].slice(0, SHOWN_FOLDERS);
  throw new OciError({
    code: "NOT_FOUND",
    verb: VERB,
    subject: `subPath ${JSON.stringify(subPath)} of ${subject}`,
    fact: "the content has no such folder",
    details: shown.length === 0 ? ["it has no folders at all"] : shown,
    hint: "correct subPath; stripComponents counts first",
  });
}

interface Stages {
  readonly entries: readonly TreeEntry[];
  readonly stripped: readonly SelectedEntry[];
  readonly rooted: readonly SelectedEntry[];
}

function nothingLeft(stages: Stages, selection: EntrySelection, subject: string): OciError {
  const { stripComponents, subPath, include } = selection;
  const count = (entries: Entries): number =>
    entries.filter((item) => ("entry" in item ? item.entry : item).type !== "directory").length;
  const isIncluded = matcherOf({ ...(include === undefined ? {} : { include }) });
  const included = stages.rooted.filter(({ entry }) => isIncluded(entry.path));
  const details = [
    `the content has ${count(stages.entries)}`,
    ...(stripComponents === undefined
      ? []
      : [`stripComponents ${stripComponents} leaves ${count(stages.stripped)}`]),
    ...(subPath === undefined
      ? []
      : [`subPath ${JSON.stringify(subPath)} leaves ${count(stages.rooted)}`]),
    ...(include === undefined ? [] : [`include leaves ${count(included)}`]),
    ...(selection.exclude === undefined ? [] : ["exclude leaves 0"]),
  ];
  return new OciError({
    code: "NO_MATCHING_LAYER",
    verb: VERB,
    subject,
    fact: "none of its files and links is selected",
    details,
    hint: "correct the one that leaves none; globs are relative to what stripComponents and subPath leave; or set allowEmpty: true to take none",
  });
}
