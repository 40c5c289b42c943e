/**
 * What trees are called, and where in them a reference leads: the names behind the output `path`.
 * The same everywhere, so that a state holds on every machine. Pure.
 */
import type { Selection } from "./content/selection";
import { digestOf, hexOf } from "./digest";
import { OciError } from "./errors";
import { formatReference } from "./reference/format";
import { TREES_FOLDER, type TreeKey } from "./store/trees";
import type { Reference, Tree, TreeEntry } from "./types";

/** Repositories may be longer than a file name may; the digest in the name tells trees apart. */
const LONGEST_SEGMENT = 100;

/** How many folders an error names. */
const SHOWN_FOLDERS = 10;

/**
 * The `path` output: the tree, or the folder in it that the reference names.
 *
 * @throws OciError NOT_FOUND where the content has no such folder
 */
export function contentPath(reference: Reference, tree: Tree): string {
  const { subPath } = reference;
  withNamedFolder(tree.entries, reference);
  const root = `${TREES_FOLDER}/${tree.name}`;
  return subPath === undefined ? root : `${root}/${subPath}`;
}

/**
 * The entries, where the folder that the reference names is among them.
 *
 * @throws OciError NOT_FOUND where it is not
 */
export function withNamedFolder<Entry extends TreeEntry>(
  entries: readonly Entry[],
  reference: Reference,
): readonly Entry[] {
  const { subPath } = reference;
  if (subPath === undefined) return entries;
  const folders = entries.filter(({ type }) => type === "directory").map(({ path }) => path);
  if (folders.includes(subPath)) return entries;
  const shown = folders.slice(0, SHOWN_FOLDERS).map((path) => `//${path}`);
  throw new OciError({
    code: "NOT_FOUND",
    verb: "use",
    subject: `//${subPath} of ${formatReference(reference)}`,
    fact: "the content has no such folder",
    details: shown.length === 0 ? ["it has no folders at all"] : shown,
    hint: "correct the part of the reference behind //",
  });
}

/**
 * The key of a tree: all that decides its content. Its name holds 16 hex digits: of the manifest's
 * digest, so that a person finds it, or of the whole key where options choose other content from it.
 *
 * @param layout - of the plan: all that the kind and the names of a provider come to
 */
export function treeKey(
  segment: string,
  manifestDigest: string,
  { kind: _kind, providerSource: _source, ...selection }: Selection = {},
  layout?: string,
): TreeKey {
  const chosen = Object.keys(selection).length === 0 ? [] : [JSON.stringify(selection)];
  const isPlain = chosen.length === 0 && layout === undefined;
  const key = [manifestDigest, ...chosen, ...(layout === undefined ? [] : [layout])].join(" ");
  const hex = hexOf(isPlain ? manifestDigest : digestOf(key));
  return { name: `${segment.slice(0, LONGEST_SEGMENT)}-${hex.slice(0, 16)}`, key };
}

/** The name of the tree that a `path` output leads to. */
export function treeNameOf(path: string): string {
  return path.split("/")[1] ?? "";
}
