/**
 * Which manifest a name means in a layout: reads its index, and the names that tools write beside the
 * entries. Where two entries could be meant, none is. Pure.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 */
import { UNNAMED } from "../reference/oci-layout";
import type { Descriptor } from "../types";

/** By the spec: a tag; some tools write the full name of an image. */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** By containerd and BuildKit: the full name of an image. */
const IMAGE_NAME = "io.containerd.image.name";

/** Tags under which registries without a referrers API keep what refers to a digest. */
const BESIDE_A_DIGEST = /^sha(?:256|512)-[0-9a-f]{64}/;

/** One entry; or all that could be meant, which is none or several. */
export type Choice = { readonly entry: Descriptor } | { readonly several: readonly Descriptor[] };

/**
 * The entry that a tag names: by its own name, or where none has that, by the tag in its full name.
 *
 * @param tag - `UNNAMED`: `latest`, or else the only one that has a name, or else the only one.
 */
export function chooseEntry(entries: readonly Descriptor[], tag: string): Choice {
  if (tag !== UNNAMED) return only(named(entries, tag));
  const latest = named(entries, "latest");
  if (latest.length > 0) return only(latest);
  const withName = entries.filter((entry) => isOfUser(tagOf(entry)));
  return only(
    withName.length > 0 ? withName : entries.filter((entry) => tagOf(entry) === undefined),
  );
}

/** The tags of the entries, each once, in their order. */
export function tagsIn(entries: readonly Descriptor[]): readonly string[] {
  return [...new Set(entries.flatMap((entry) => tagOf(entry) ?? []))];
}

/** "1.0 sha256:…" for each, without names that only lead from a digest to what refers to it. */
export function entryLines(entries: readonly Descriptor[]): readonly string[] {
  return entries
    .filter((entry) => tagOf(entry) === undefined || isOfUser(tagOf(entry)))
    .map((entry) => `${nameOf(entry) ?? "(no name)"} ${entry.digest}`);
}

function named(entries: readonly Descriptor[], tag: string): readonly Descriptor[] {
  const exact = entries.filter(({ annotations }) => annotations[REF_NAME] === tag);
  return exact.length > 0 ? exact : entries.filter((entry) => tagOf(entry) === tag);
}

/** Several entries with one digest are one. */
function only(found: readonly Descriptor[]): Choice {
  const [entry, ...others] = found;
  const isOne = entry !== undefined && others.every(({ digest }) => digest === entry.digest);
  return isOne ? { entry } : { several: found };
}

function isOfUser(tag: string | undefined): boolean {
  return tag !== undefined && !BESIDE_A_DIGEST.test(tag);
}

function nameOf({ annotations }: Descriptor): string | undefined {
  return annotations[REF_NAME] ?? annotations[IMAGE_NAME];
}

/** The name where it is a tag, else the tag in a full name: "1.0" of "ghcr.io/team/app:1.0". */
function tagOf({ annotations }: Descriptor): string | undefined {
  const name = annotations[REF_NAME];
  if (name !== undefined && TAG.test(name)) return name;
  return [name, annotations[IMAGE_NAME]].map(tagInName).find((tag) => tag !== undefined);
}

const TAG = /^\w[\w.-]{0,127}$/;

function tagInName(name: string | undefined): string | undefined {
  return name === undefined ? undefined : /:(\w[\w.-]{0,127})$/.exec(name)?.[1];
}
