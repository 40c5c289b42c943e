/**
 * Which entries of a lock file are of the same artifact, and which are the same entry; finding,
 * putting and removing them. Pure: it knows names, not what they point to.
 */
import { posix } from "node:path";
import { effectiveTag, formatReference } from "../reference/format";
import { parseReference } from "../reference/parse";
import { isShortName } from "../settings/registries-conf/is-short-name";
import type { Reference } from "../types";
import { inSortedForm, type LockEntry, RANGE_NAMES } from "./lock-entry";

/** What is looked for. */
export type Wanted = Pick<LockEntry, "reference" | "inputs">;

/** Inputs that are no part of an entry's name: they say who has to have signed, not what is taken. */
const NOT_NAMING = ["verify"];

/**
 * The name of an artifact: all that decides its digest. Two spellings of a reference are one name, but
 * what names no registry stands for itself, since machines read it differently.
 */
export function artifactKey({ reference, inputs }: Wanted): string {
  const deciding = [...RANGE_NAMES, "referrer"].map((name) => [name, inputs[name]]);
  return JSON.stringify([referenceKey(reference), inSortedForm(Object.fromEntries(deciding))]);
}

/** The name of an entry: of the artifact, and of what is taken of it. */
export function entryKey({ reference, inputs }: Wanted): string {
  const taking = Object.entries(inputs).filter(([name]) => !NOT_NAMING.includes(name));
  const { subPath = "" } = parseReference(reference);
  return JSON.stringify([
    referenceKey(reference),
    subPath,
    inSortedForm(Object.fromEntries(taking)),
  ]);
}

/** The name of a reference alone: its digest does not count where it has a tag. */
export function referenceKey(text: string): string {
  const { digest, ...named } = withPlainPath(parseReference(text));
  const tag = effectiveTag({ ...named, ...(digest === undefined ? {} : { digest }) });
  const full = formatReference(
    tag === undefined ? { ...named, digest: digest ?? "" } : { ...named, tag },
  );
  return isShortName(text) ? `short name ${full}` : full;
}

/** "./media/bundle" is "media/bundle". */
function withPlainPath(reference: Reference): Reference {
  if (reference.layout === undefined) return reference;
  const path = posix.normalize(reference.layout);
  return { ...reference, repository: path, layout: path };
}

/** What a lock file says of an artifact. */
export type Found =
  | { readonly kind: "none" }
  /** Entries of the artifact disagree, and none of them is the very one that is wanted. */
  | { readonly kind: "several"; readonly digests: readonly string[] }
  | {
      readonly kind: "one";
      readonly entry: LockEntry;
      /** It is of the same content, not only of the same artifact. */
      readonly isSame: boolean;
    };

/** The entry for what is wanted: the very one, or one of the same artifact that takes other parts of it. */
export function findEntry(entries: readonly LockEntry[], wanted: Wanted): Found {
  const { byEntry, byArtifact } = namesOf(entries);
  const same = byEntry.get(entryKey(wanted));
  if (same !== undefined) return { kind: "one", entry: same, isSame: true };
  const alike = byArtifact.get(artifactKey(wanted)) ?? [];
  const [entry] = alike;
  if (entry === undefined) return { kind: "none" };
  const digests = [...new Set(alike.map(({ digest }) => digest))];
  return digests.length === 1
    ? { kind: "one", entry, isSame: false }
    : { kind: "several", digests };
}

/** A list of entries by their names. */
interface Names {
  /** The first of each name. */
  readonly byEntry: ReadonlyMap<string, LockEntry>;
  readonly byArtifact: ReadonlyMap<string, readonly LockEntry[]>;
}

/** Of lists that cannot change: hundreds of resources look into the same one. */
const known = new WeakMap<readonly LockEntry[], Names>();

function namesOf(entries: readonly LockEntry[]): Names {
  const before = known.get(entries);
  if (before !== undefined) return before;
  const byEntry = new Map(entries.toReversed().map((entry) => [entryKey(entry), entry]));
  const byArtifact = new Map<string, LockEntry[]>();
  for (const entry of entries) {
    const name = artifactKey(entry);
    const alike = byArtifact.get(name);
    if (alike === undefined) byArtifact.set(name, [entry]);
    else alike.push(entry);
  }
  const names = { byEntry, byArtifact };
  if (Object.isFrozen(entries)) known.set(entries, names);
  return names;
}

/** The entries with these in the place of those of the same name. */
export function withEntries(
  entries: readonly LockEntry[],
  put: readonly LockEntry[],
): readonly LockEntry[] {
  const names = new Set(put.map(entryKey));
  return [...entries.filter((entry) => !names.has(entryKey(entry))), ...put];
}

/** The entries of a reference, whatever range it stands with and whatever is taken of it. */
export function entriesOf(entries: readonly LockEntry[], reference: string): readonly LockEntry[] {
  const name = referenceKey(reference);
  return entries.filter((entry) => referenceKey(entry.reference) === name);
}
