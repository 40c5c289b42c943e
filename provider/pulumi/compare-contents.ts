/**
 * What differs between two contents, each named by a reference or a folder, by plain inputs as the
 * command line gives them. References are pulled into the cache and a temporary folder, which goes
 * afterwards; nothing is written to the program's.
 */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { factsBesideText } from "../compare-facts";
import { type ComparedFile, compareText } from "../compare-text";
import { compareTrees, type TreeComparison } from "../compare-trees";
import { asOciError, OciError, systemCode } from "../errors";
import { limitsWith } from "../limits";
import { readSource } from "../pack/source";
import { pull } from "../pull";
import { pinnedReference } from "../reference/format";
import { hashOf, whileReadable } from "../store/observe";
import { startSlices } from "../store/slices";
import { removeTree } from "../store/staging";
import { makeTemporaryFolder } from "../store/temporary";
import { openTrees } from "../store/trees";
import type { TreeEntry } from "../types";
import type { Properties } from "./lifecycle";
import { prepare, type SessionOptions, worldOf } from "./session";

/** What is compared: `pinned` of a reference, `directory` (absolute) of a folder. */
export type ComparedSide =
  { readonly pinned: string; readonly digest: string } | { readonly directory: string };

export interface Compared extends TreeComparison {
  readonly sides: readonly [before: ComparedSide, after: ComparedSide];
  /**
   * What differs inside, one text for each entry that does, in the order of their paths. Each is made when
   * it is asked for: all of them may be more than memory holds.
   */
  readonly texts: AsyncIterable<string>;
}

/** One of the two, as it lies on the disk. */
interface Content {
  readonly side: ComparedSide;
  readonly directory: string;
  readonly entries: readonly TreeEntry[];
}

/**
 * What leads from the first to the second. A folder is written with `./`, `../` or `/` in front.
 *
 * @param values - For both; what they say of a selection is said of references, `include` and `exclude` of
 * folders, too.
 * @param use - What is done with it while both contents are there.
 * @throws OciError INVALID_INPUT for a text that may be either, CANCELLED, and what pulling and reading a
 * folder throws.
 */
export async function compareInputs<T>(
  values: Properties,
  [before, after]: readonly [string, string],
  options: SessionOptions,
  use: (found: Compared) => Promise<T>,
): Promise<T> {
  const folder = makeTemporaryFolder(worldOf(options).settings.temporaryDirectory);
  try {
    const old = await contentOf(before, values, join(folder, "before"), options);
    const young = await contentOf(after, values, join(folder, "after"), options);
    const found = compareTrees(old.entries, young.entries);
    const sides = [old.side, young.side] as const;
    const texts = textsOf(found, old, young, options);
    return await use(Object.freeze({ ...found, sides, texts }));
  } finally {
    await removeTree(folder).catch(() => undefined);
  }
}

/** "." and "..", and whatever has a separator behind them or in front. */
const FOLDER = /^\.{0,2}(?:\/|$)/;

async function contentOf(
  text: string,
  values: Properties,
  folder: string,
  options: SessionOptions,
): Promise<Content> {
  const directory = resolve(options.directory, text);
  if (FOLDER.test(text)) return await folderContent(directory, values, options);
  refuseUnclear(text, directory);
  const { request, world, context } = await prepare({ ...values, reference: text }, options);
  const found = await pull(request, { ...world, trees: openTrees(folder) }, context);
  const { tree, digest, reference } = found;
  const below = reference.subPath === undefined ? "" : `${reference.subPath}/`;
  const entries = tree.entries.filter(({ path }) => path.startsWith(below));
  return {
    side: { pinned: pinnedReference(reference, digest), digest },
    directory: join(tree.directory, below),
    entries: entries.map((entry) => ({ ...entry, path: entry.path.slice(below.length) })),
  };
}

async function folderContent(
  directory: string,
  { include, exclude, limits }: Properties,
  { signal }: SessionOptions,
): Promise<Content> {
  refuseNoFolder(directory);
  const source = await readSource(directory, {
    ...(isTexts(include) ? { include } : {}),
    ...(isTexts(exclude) ? { exclude } : {}),
    ...(signal === undefined ? {} : { signal }),
    allowEmpty: true,
    limits: limitsWith(Object(limits) as Readonly<Record<string, unknown>>),
  });
  const entries: TreeEntry[] = [];
  // So that a signal gets its turn between small files.
  const slice = startSlices();
  for (const { facts: _facts, ...entry } of source.entries) {
    const isFile = entry.type === "file";
    const sha256 = isFile ? await hashOf(join(directory, entry.path), entry.size) : undefined;
    entries.push({ ...entry, ...(sha256 === undefined ? {} : { sha256 }) });
    await slice();
    throwIfCancelled(directory, signal);
  }
  return { side: { directory }, directory, entries };
}

function refuseNoFolder(subject: string): void {
  const found = statSync(subject, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "compare",
    subject,
    fact: found === undefined ? "it is not there" : "it is no folder",
    hint: "name a folder, or a reference to an artifact",
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/** "vendor/crds" may be a folder, and a repository of a registry that is the default. */
function refuseUnclear(text: string, directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "compare",
    subject: text,
    fact: "it may be a reference, and something of this name lies in the working directory",
    hint: `write ./${text} for the folder, or oci://${text} for the reference`,
  });
}

/** A folder is the user's, who may go on working in it. */
function changedMeanwhile(subject: string): OciError {
  const fact = "it changed while it was read";
  const hint = "run again when nothing writes there";
  return new OciError({ code: "INVALID_INPUT", verb: "compare", subject, fact, hint });
}

function throwIfCancelled(subject: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new OciError({ code: "CANCELLED", verb: "compare", subject, fact: "it was cancelled" });
}

async function* textsOf(
  { added, removed, changed }: TreeComparison,
  old: Content,
  young: Content,
  { signal }: SessionOptions,
): AsyncGenerator<string> {
  const pairs = [
    ...removed.map((before) => ({ path: before.path, before, after: undefined })),
    ...added.map((after) => ({ path: after.path, before: undefined, after })),
    ...changed,
  ].toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { path, before, after } of pairs) {
    throwIfCancelled(path, signal);
    try {
      const text = await whileOpen(before, old, () =>
        whileOpen(after, young, () => compareText(path, fileOf(before, old), fileOf(after, young))),
      );
      yield factsBesideText(path, before, after) + text;
    } catch (error) {
      throw systemCode(error) === "ENOENT"
        ? changedMeanwhile(path)
        : asOciError(error, "compare", path);
    }
  }
}

/** A file of an artifact may bar its owner from reading; the user's own stay as they are. */
async function whileOpen<T>(
  entry: TreeEntry | undefined,
  { side, directory }: Content,
  work: () => Promise<T>,
): Promise<T> {
  if (entry?.type !== "file" || !("pinned" in side)) return await work();
  return await whileReadable(join(directory, entry.path), entry, work);
}

function fileOf(entry: TreeEntry | undefined, { directory }: Content): ComparedFile | undefined {
  if (entry === undefined) return undefined;
  const { target } = entry;
  return target === undefined ? { file: join(directory, entry.path) } : { target };
}
