/**
 * Where `oci-artifact vendor` puts the entries of a lock file: folders below the lock file's own, none
 * of them in another one. Pure: it looks at names, never at a disk.
 */
import { pathComponents, pathProblem } from "../content/path-rules";
import { lastSegment } from "../reference/format";
import { parseReference } from "../reference/parse";
import type { LockEntry } from "./lock-entry";

/** Where entries go that name no folder. */
const DEFAULT_FOLDER = "vendor";

/** An entry and its folder, relative to the lock file's. */
export interface Destined {
  readonly entry: LockEntry;
  readonly folder: string;
}

/** Why a text is no folder for an entry. What leads elsewhere on another machine is none. */
export function destinationProblem(text: string): string | undefined {
  const problem = pathProblem(text);
  if (problem !== undefined) return `as a folder below the lock file's, ${problem}`;
  return pathComponents(text).length === 0 ? "it is the lock file's own folder" : undefined;
}

/** The folder of an entry: the one that it names, or `vendor/` and the last name of the repository. */
export function folderOf({ reference, destination }: LockEntry): string {
  const named = destination ?? `${DEFAULT_FOLDER}/${lastSegment(parseReference(reference))}`;
  return pathComponents(named).join("/");
}

/**
 * The entries with their folders, and a line for each two that are in each other's way: what is placed
 * in one folder would be foreign to the other.
 *
 * @param isWanted - Of two, one at least that matters. Default: all do
 */
export function destinationsOf(
  entries: readonly LockEntry[],
  isWanted: (entry: LockEntry) => boolean = () => true,
): {
  readonly destined: readonly Destined[];
  readonly clashes: readonly string[];
} {
  const destined = entries.map((entry) => ({ entry, folder: folderOf(entry) }));
  const clashes = destined.flatMap((one, index) =>
    destined.slice(index + 1).flatMap((other) => {
      if (!isWanted(one.entry) && !isWanted(other.entry)) return [];
      const [inner, outer] = one.folder.length > other.folder.length ? [one, other] : [other, one];
      if (!`${inner.folder}/`.startsWith(`${outer.folder}/`)) return [];
      const names = `${one.entry.reference} and ${other.entry.reference}`;
      return inner.folder === outer.folder
        ? [`${names}: ${inner.folder} for both`]
        : [`${names}: ${inner.folder} lies in ${outer.folder}`];
    }),
  );
  return { destined, clashes };
}
