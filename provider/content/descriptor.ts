/**
 * Descriptors as the specs define them, from JSON to our type. It checks every member that something
 * later relies on, and fetches nothing.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
 */
import { digestProblem } from "../digest";
import type { Descriptor, Platform } from "../types";
import { JsonProblem, member, object, optionalString, stringMap, type JsonObject } from "./json";
import { isForeignType } from "./media-types";

/** The value as a descriptor; `what` names it in errors. Throws JsonProblem. */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const json = object(value, what);
  const artifactType = optionalString(json, "artifactType", what);
  const platform = parsePlatform(member(json, "platform"), what);
  return Object.freeze({
    mediaType: requiredString(json, "mediaType", what),
    digest: parseDigest(json, what),
    size: parseSize(json, what),
    annotations: stringMap(json, "annotations", what),
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(platform === undefined ? {} : { platform }),
  });
}

/** A descriptor whose content the registry itself must hold. */
export function parseLayer(value: unknown, what: string): Descriptor {
  const descriptor = parseDescriptor(value, what);
  const urls = member(object(value, what), "urls");
  const hasUrls = Array.isArray(urls) ? urls.length > 0 : urls !== undefined;
  // Fetching from a place that the publisher names would send requests wherever a manifest says.
  if (hasUrls || isForeignType(descriptor.mediaType)) {
    throw new JsonProblem(`${what} is a foreign layer, kept outside the registry`);
  }
  return descriptor;
}

function requiredString(json: JsonObject, name: string, what: string): string {
  const text = optionalString(json, name, what);
  if (text === undefined || text === "") throw new JsonProblem(`${what} has no "${name}"`);
  return text;
}

/** The digest becomes part of paths and URLs, so nothing but the grammar passes. */
function parseDigest(json: JsonObject, what: string): string {
  const digest = requiredString(json, "digest", what);
  const problem = digestProblem(digest);
  if (problem !== undefined) throw new JsonProblem(`"digest" of ${what} is wrong: ${problem}`);
  return digest;
}

function parseSize(json: JsonObject, what: string): number {
  const size = member(json, "size");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new JsonProblem(`"size" of ${what} is no number of bytes`);
  }
  return size;
}

/** Builders write a platform without names where they mean none. */
function parsePlatform(value: unknown, what: string): Platform | undefined {
  if (value === undefined) return undefined;
  const owner = `"platform" of ${what}`;
  const json = object(value, owner);
  const os = optionalString(json, "os", owner) ?? "";
  const architecture = optionalString(json, "architecture", owner) ?? "";
  if (os === "" || architecture === "") return undefined;
  const variant = optionalString(json, "variant", owner);
  const osVersion = optionalString(json, "os.version", owner);
  return Object.freeze({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
  });
}
