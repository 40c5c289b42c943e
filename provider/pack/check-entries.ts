/**
 * Which entries may be packed: those that pulling would let pass on every machine, by the very rules
 * of pulling. Pure; it refuses or answers, and repairs nothing.
 */
import { exceededPathLimit, pathComponents, pathProblem } from "../content/path-rules";
import type { Limits } from "../limits";
import type { PlannedLayer, TreeEntry } from "../types";
import { foldedName, linkProblem } from "../unpack/guard";
import { directoryNode, type DirectoryNode, type TreeNode } from "../unpack/nodes";
import { badEntry, beyondLimit, quoted } from "./problems";

const RENAME = 'rename it, or leave it out by the input "exclude"';
const RELINK =
  'let it lead to something inside by a relative path, or leave it out by the input "exclude"';

/** Nodes of a tree name a layer, and following links asks nothing of it. */
const LAYER: PlannedLayer = Object.freeze({
  descriptor: Object.freeze({ mediaType: "", digest: "", size: 0, annotations: {} }),
  index: 0,
  form: Object.freeze({ kind: "archive", directory: "" }),
});

type Entry = Pick<TreeEntry, "path" | "type" | "size" | "target">;

/** Refuses a name that no tree may have. Throws INVALID_INPUT. */
export function checkName(subject: string, path: string): void {
  // A line feed ends what some readers take for a record of tar.
  const problem = path.includes("\n") ? "it has a line feed" : pathProblem(path);
  if (problem === undefined) return;
  throw badEntry(subject, path, `has a name that would be refused: ${problem}`, RENAME);
}

/**
 * Refuses entries that do not go together, or beyond a limit.
 *
 * @param entries - all of them, each folder before what is in it
 * @throws OciError INVALID_INPUT, LIMIT_EXCEEDED
 */
export function checkEntries(subject: string, entries: readonly Entry[], limits: Limits): void {
  const root = directoryNode(LAYER, 0o755, 0);
  let bytes = 0;
  for (const entry of entries) {
    checkPath(subject, entry.path, limits);
    if (entry.target !== undefined) checkTarget(subject, entry.path, entry.target);
    put(root, entry, subject);
    bytes += entry.size;
  }
  if (bytes > limits.extractedBytes) throw beyondLimit(subject, limits, "extractedBytes", bytes);
  checkLinks(subject, root, entries);
}

function checkPath(subject: string, path: string, limits: Limits): void {
  checkName(subject, path);
  const exceeded = exceededPathLimit(pathComponents(path), limits);
  if (exceeded === undefined) return;
  throw beyondLimit(`${quoted(path)} of ${subject}`, limits, exceeded.name, exceeded.found);
}

/** ".." is what relative links are made of; all other rules of names hold for targets, too. */
function checkTarget(subject: string, path: string, target: string): void {
  const problem = target.includes("\n")
    ? "it has a line feed"
    : pathProblem(target.replace(/(^|\/)\.\.(?=\/|$)/g, "$1."));
  if (problem === undefined) return;
  throw badEntry(subject, path, `links to ${quoted(target)}, which is refused: ${problem}`, RELINK);
}

/** Takes the entry into the tree, unless another name is the same for some file systems. */
function put(root: DirectoryNode, { path, type, target = "" }: Entry, subject: string): void {
  const components = path.split("/");
  const name = components.pop() ?? "";
  const parent = components.reduce<TreeNode>((node, component) => {
    return (node.type === "directory" ? node.children.get(component) : undefined) ?? root;
  }, root);
  if (parent.type !== "directory") return;
  const folded = foldedName(name);
  const twin = parent.folded.get(folded);
  if (twin !== undefined) {
    const fact = `clashes with ${quoted(twin)}: they differ only in case or Unicode form`;
    throw badEntry(subject, path, fact, RENAME);
  }
  parent.folded.set(folded, name);
  parent.children.set(name, nodeOf(type, target));
}

function nodeOf(type: Entry["type"], target: string): TreeNode {
  if (type === "directory") return directoryNode(LAYER, 0o755, 0);
  if (type === "symlink") return { type, layer: LAYER, seconds: 0, target };
  return { type, layer: LAYER, seconds: 0, mode: 0o644, size: 0, sha256: "" };
}

function checkLinks(subject: string, root: DirectoryNode, entries: readonly Entry[]): void {
  const budget = { steps: 0 };
  for (const { path, target } of entries) {
    if (target === undefined) continue;
    const problem = linkProblem(root, path.split("/"), target, budget);
    if (problem !== undefined) throw badEntry(subject, path, problem, RELINK);
  }
}
