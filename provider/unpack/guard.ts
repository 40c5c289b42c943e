/**
 * The one guard of every archive format: which names, links, modes and times may become part of a
 * tree. Pure; it refuses or answers, and never repairs what breaks a rule.
 */
import { exceededPathLimit, pathComponents, pathProblem } from "../content/path-rules";
import type { Limits } from "../limits";
import type { DirectoryNode, TreeNode } from "./nodes";
import { beyondLimit, unsafe, type Place } from "./problems";

/** As many links as Linux follows in one path. */
const MOST_HOPS = 40;

/** Steps that all links of a tree may take together; honest trees stay far below. */
export const MOST_LINK_STEPS = 20_000_000;

/** For entries without a time: 1980-01-01T00:00:00Z, the first that every archive format can hold. */
export const FIXED_SECONDS = 315_532_800;

/** The last second of the year 9999; later ones are no times. */
const LAST_SECONDS = 253_402_300_799;

/** The components of an entry's name; none for the root. Throws UNSAFE_ARCHIVE or LIMIT_EXCEEDED. */
export function entryPath(name: string, place: Place, limits: Limits): readonly string[] {
  const problem = pathProblem(name);
  if (problem !== undefined) throw unsafe(place, `has an unsafe name: ${problem}`);
  return withinLimits(pathComponents(name), place, limits);
}

/** The components, if no limit of paths is exceeded. */
export function withinLimits(
  components: readonly string[],
  place: Place,
  limits: Limits,
): readonly string[] {
  const exceeded = exceededPathLimit(components, limits);
  if (exceeded !== undefined) throw beyondLimit(place, limits, exceeded.name, exceeded.found);
  return components;
}

/** Refuses targets that lead outside wherever they stand. Relative ones are followed at the end. */
export function checkTarget(target: string, place: Place, limits: Limits): void {
  // ".." is what relative links are made of; all other rules of names hold for targets, too.
  const problem = pathProblem(target.replace(/(^|\/)\.\.(?=\/|$)/g, "$1."));
  if (problem !== undefined) throw unsafe(place, `links to an unsafe target: ${problem}`);
  withinLimits(target.split("/"), place, limits);
}

/** What following links has cost so far. */
export interface LinkBudget {
  steps: number;
}

/**
 * Why the symlink at `at` must not be, or undefined: it is followed component by component through
 * the complete tree, as a kernel would, so that chains and links through links are seen as they are.
 * A target that does not exist inside the tree is no problem.
 */
export function linkProblem(
  root: DirectoryNode,
  at: readonly string[],
  target: string,
  budget: LinkBudget,
): string | undefined {
  const pending = [...at.slice(0, -1), ...target.split("/")].reverse();
  const position: (TreeNode | undefined)[] = [root];
  let hops = 0;
  for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
    budget.steps += 1;
    if (budget.steps > MOST_LINK_STEPS) return "is one of too many long links";
    if (component === "" || component === ".") continue;
    if (component === "..") {
      position.pop();
      if (position.length === 0) return "links to a target outside of the tree";
      continue;
    }
    const directory = position.at(-1);
    const node = directory?.type === "directory" ? directory.children.get(component) : undefined;
    if (node?.type !== "symlink") {
      position.push(node);
      continue;
    }
    hops += 1;
    if (hops > MOST_HOPS) return "links to itself, or through too many links";
    pending.push(...node.target.split("/").reverse());
  }
  return undefined;
}

/**
 * The name as file systems may see it that ignore case and Unicode form: "Straße", "STRASSE" and
 * both ways to write "é" fall together.
 */
export function foldedName(name: string): string {
  // Most names; the rest takes ten times as long.

  if (/^[\0-\x7f]*$/.test(name)) return name.toUpperCase();
  return name.normalize("NFD").toLowerCase().toUpperCase().normalize("NFD");
}

/** Permission bits of a tree: no setuid, setgid, sticky; a directory is open to its owner. */
export function permissions(type: "file" | "directory", declared: number | undefined): number {
  if (type === "file") return (declared ?? 0o644) & 0o777;
  return ((declared ?? 0o755) & 0o777) | 0o700;
}

/** The archive's time in whole seconds, or the fixed one where it has none that makes sense. */
export function wholeSeconds(declared: number | undefined): number {
  const seconds = Math.floor(declared ?? Number.NaN);
  return seconds >= 0 && seconds <= LAST_SECONDS ? seconds : FIXED_SECONDS;
}
