/**
 * The entries of a layout's index, with others among them. What other tools have written stays as it is,
 * but for a name that goes to something else. Pure.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#indexjson-file
 */
import type { JsonObject } from "../content/json";
import type { Descriptor } from "../types";
import { REF_NAME } from "./entries";

/** What the index is to list. */
export interface LayoutEntry {
  readonly descriptor: Descriptor;
  /** Default: none; it is found by its digest. */
  readonly name?: string;
}

export interface NewEntries {
  /** The index as it is to be written; the very same object where all is in it. */
  readonly index: JsonObject;
  /** Names that name something else than before. */
  readonly named: readonly Named[];
}

export interface Named {
  readonly name: string;
  /** Digest of what it named; absent where it is new. */
  readonly before?: string;
}

export const NEW_INDEX: JsonObject = Object.freeze({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: [],
});

/** The index with the entries in it. */
export function withEntries(index: JsonObject, entries: readonly LayoutEntry[]): NewEntries {
  let manifests = listedIn(index);
  const named: Named[] = [];
  let isSame = true;
  for (const { descriptor, name } of entries) {
    const { digest } = descriptor;
    if (manifests.some((each) => each["digest"] === digest && isNamed(each, name))) continue;
    isSame = false;
    const before = manifests.find((each) => name !== undefined && nameOf(each) === name);
    if (before !== undefined) manifests = manifests.map((each) => withoutName(each, name));
    if (name !== undefined) {
      const old = before?.["digest"];
      named.push({ name, ...(typeof old === "string" ? { before: old } : {}) });
    }
    manifests = [...manifests, entryOf(descriptor, name)];
  }
  return { index: isSame ? index : { ...index, manifests }, named };
}

function listedIn(index: JsonObject): readonly JsonObject[] {
  const manifests = index["manifests"];
  // The reader has found it to be a list of descriptors.
  return Array.isArray(manifests) ? (manifests as readonly JsonObject[]) : [];
}

function isNamed(entry: JsonObject, name: string | undefined): boolean {
  return name === undefined || nameOf(entry) === name;
}

function nameOf(entry: JsonObject): unknown {
  return annotationsOf(entry)[REF_NAME];
}

function annotationsOf({ annotations }: JsonObject): JsonObject {
  return Object(annotations) as JsonObject;
}

/** It stays listed: what it names may be needed by its digest. */
function withoutName(entry: JsonObject, name: string | undefined): JsonObject {
  if (nameOf(entry) !== name) return entry;
  const { [REF_NAME]: _name, ...annotations } = annotationsOf(entry);
  return { ...entry, annotations };
}

function entryOf(
  { mediaType, digest, size, artifactType }: Descriptor,
  name: string | undefined,
): JsonObject {
  return {
    ...{ mediaType, digest, size },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(name === undefined ? {} : { annotations: { [REF_NAME]: name } }),
  };
}
