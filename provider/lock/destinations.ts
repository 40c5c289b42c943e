/**
 * Where `oci-artifact vendor` puts the entries of a lock file: folders below the lock file's own, none
 * of them in another one. Pure: it looks at names, never at a disk.
 */
import { pathComponents, pathKey, pathProblem } from "../content/path-rules";
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
  return pathKey(named);
}

/**
 * The entries with their folders, and a line for each two that are in each other's way: what is placed
 * in one folder would be foreign to the other. Two names that differ in case alone are one folder on
 * many machines.
 *
 * @param isWanted - Of two, one at least that matters. Default: all do
 * @param nameOf - What a line calls an entry. Default: its reference
 */
export function destinationsOf(
  entries: readonly LockEntry[],
  isWanted: (entry: LockEntry) => boolean = () => true,
  nameOf: (entry: LockEntry) => string = ({ reference }) => reference,
): {
  readonly destined: readonly Destined[];
  readonly clashes: readonly string[];
} {
  const destined = entries.map((entry) => ({ entry, folder: folderOf(entry) }));
  const clashes = overlaps(destined.map(({ folder }) => folder.toLowerCase())).flatMap(
    ([inner, outer]) => {
      const pair = [Math.min(inner, outer), Math.max(inner, outer)].flatMap((index) => {
        const { entry } = destined[index] ?? {};
        return entry ?? [];
      });
      if (!pair.some(isWanted)) return [];
      const [within = "", without = ""] = [destined[inner]?.folder, destined[outer]?.folder];
      return [`${pair.map(nameOf).join(" and ")}: ${relationOf(within, without)}`];
    },
  );
  return { destined, clashes };
}

/** Positions of each two folders of which one is, or lies in, the other: the inner one first. */
function overlaps(folders: readonly string[]): readonly (readonly [number, number])[] {
  const owners = new Map<string, number[]>();
  folders.forEach((folder, index) => {
    const others = owners.get(folder);
    if (others === undefined) owners.set(folder, [index]);
    else others.push(index);
  });
  const pairs = folders.flatMap((folder, inner) =>
    upwards(folder).flatMap((above) =>
      (owners.get(above) ?? [])
        .filter((outer) => above !== folder || inner < outer)
        .map((outer) => [inner, outer] as const),
    ),
  );
  return pairs.sort(
    ([a, b], [c, d]) => Math.min(a, b) - Math.min(c, d) || Math.max(a, b) - Math.max(c, d),
  );
}

/** The folder, and all that it lies in. */
function upwards(folder: string): readonly string[] {
  const components = folder.split("/");
  return components.map((_, index) => components.slice(0, index + 1).join("/"));
}

function relationOf(inner: string, outer: string): string {
  if (inner === outer) return `${inner} for both`;
  const isOne = inner.length === outer.length;
  return isOne ? `${inner} and ${outer} differ in case alone` : `${inner} lies in ${outer}`;
}
