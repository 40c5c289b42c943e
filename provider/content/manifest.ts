/**
 * Turns the bytes of a manifest or an index into our types, or refuses them. One document has one
 * meaning: what could be read as either is refused (CVE-2021-41190). It never guesses past that.
 *
 * Rules: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md and image-index.md
 */
import { OciError } from "../errors";
import { limitExceeded, type Limits } from "../limits";
import type { Descriptor, ImageIndex, ImageManifest } from "../types";
import { parseDescriptor, parseLayer } from "./descriptor";
import {
  JsonProblem,
  member,
  optionalArray,
  optionalString,
  parseJsonObject,
  stringMap,
  type JsonObject,
} from "./json";
import { bareMediaType, MANIFEST_SHAPES, RETIRED_MANIFESTS } from "./media-types";

type Shape = "manifest" | "index";

const DEFAULT_TYPES: Readonly<Record<Shape, string>> = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
};

/**
 * The document that the bytes hold. The digest of the bytes is the caller's to check.
 *
 * @param contentType - header of the answer; generic types ("application/json") say nothing
 * @param subject - what errors call the document: its reference
 * @throws OciError UNSUPPORTED_MANIFEST, or LIMIT_EXCEEDED for `manifestBytes` and `layers`
 */
export function parseManifest(
  bytes: Buffer,
  contentType: string | undefined,
  subject: string,
  limits: Limits,
): ImageManifest | ImageIndex {
  const verb = "read the manifest of";
  if (bytes.length > limits.manifestBytes) {
    throw limitExceeded(limits, "manifestBytes", { verb, subject, found: bytes.length });
  }
  try {
    const json = parseJsonObject(bytes);
    const mediaType = mediaTypeOf(json, contentType);
    if (shapeOf(json) === "index") return parseIndex(json, mediaType);
    const layers = optionalArray(json, "layers") ?? [];
    if (layers.length > limits.layers) {
      throw limitExceeded(limits, "layers", { verb, subject, found: layers.length });
    }
    return parseImageManifest(json, mediaType, layers);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new OciError({
      code: "UNSUPPORTED_MANIFEST",
      verb,
      subject,
      fact: error.message,
      hint: "have it pushed again as an OCI image manifest or index, by a current tool",
    });
  }
}

function parseImageManifest(
  json: JsonObject,
  mediaType: string,
  layers: readonly unknown[],
): ImageManifest {
  const config = member(json, "config");
  return Object.freeze({
    kind: "manifest",
    mediaType,
    ...common(json),
    ...(config === undefined ? {} : { config: parseDescriptor(config, "the config") }),
    layers: Object.freeze(layers.map((layer, index) => parseLayer(layer, `layer ${index}`))),
  });
}

function parseIndex(json: JsonObject, mediaType: string): ImageIndex {
  const manifests = optionalArray(json, "manifests") ?? [];
  return Object.freeze({
    kind: "index",
    mediaType,
    ...common(json),
    manifests: Object.freeze(
      manifests.map((manifest, index) => parseDescriptor(manifest, `manifest ${index}`)),
    ),
  });
}

/** Members that manifests and indexes share. */
function common(json: JsonObject): {
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
} {
  const artifactType = optionalString(json, "artifactType", "the manifest");
  const subject = member(json, "subject");
  return {
    ...(artifactType === undefined || artifactType === "" ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject: parseDescriptor(subject, "the subject") }),
    annotations: stringMap(json, "annotations", "the manifest"),
  };
}

/** What the members say, whatever the types say. */
function shapeOf(json: JsonObject): Shape {
  const hasManifests = optionalArray(json, "manifests") !== undefined;
  const hasLayers = optionalArray(json, "layers") !== undefined;
  if (hasManifests && (hasLayers || member(json, "config") !== undefined)) {
    throw new JsonProblem("it could be read as a manifest and as an index");
  }
  if (hasManifests) return "index";
  if (hasLayers) return "manifest";
  if (Object.hasOwn(json, "fsLayers")) throw retired("a Docker schema 1 manifest");
  throw new JsonProblem('it has neither "layers" nor "manifests"');
}

/** The document's type, once its own word, the header and its members agree. */
function mediaTypeOf(json: JsonObject, contentType: string | undefined): string {
  const declared = optionalString(json, "mediaType", "the manifest");
  const served = specificType(contentType);
  for (const type of [declared, served]) {
    const name = type === undefined ? undefined : RETIRED_MANIFESTS.get(bareMediaType(type));
    if (name !== undefined) throw retired(name);
  }
  const version = member(json, "schemaVersion");
  if (version === 1) throw retired("a Docker schema 1 manifest");
  if (version !== undefined && version !== 2) throw new JsonProblem('its "schemaVersion" is not 2');
  if (declared !== undefined && served !== undefined && declared !== served) {
    throw new JsonProblem(`it calls itself ${declared}, but was served as ${served}`);
  }
  const shape = shapeOf(json);
  const type = declared ?? served ?? DEFAULT_TYPES[shape];
  const wanted = Object.hasOwn(MANIFEST_SHAPES, type) ? MANIFEST_SHAPES[type] : undefined;
  if (wanted === undefined) throw new JsonProblem(`its type ${type} is not supported`);
  if (wanted !== shape) throw new JsonProblem(`its type ${type} contradicts its members`);
  // Not the header's: the same bytes have to say the same whoever serves them, the cache included.
  return declared ?? DEFAULT_TYPES[shape];
}

/** Registries that do not know a type serve "application/json" or "text/plain": no statement. */
function specificType(contentType: string | undefined): string | undefined {
  const bare = bareMediaType(contentType ?? "");
  return bare.startsWith("application/vnd.") ? bare : undefined;
}

function retired(name: string): JsonProblem {
  return new JsonProblem(`it is ${name}, which is not supported`);
}
