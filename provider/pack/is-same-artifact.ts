/**
 * Whether a manifest that a registry has says the same as one that was packed here, whatever made the
 * bytes of its archives. It compares documents; it fetches nothing, and trusts the annotation of a
 * manifest only as far as whoever pushed it.
 */
import { isArchiveType } from "../content/media-types";
import { isRecord } from "../settings/fields";
import { CONTENT_DIGEST } from "./artifact";

/**
 * True where pushing would change nothing that a reader could see: the bytes are the same; or both have
 * the same digest of their content, and differ only in digest and size of layers that are archives.
 *
 * @param passing - names of annotations that do not count: with those of PASSING_ANNOTATIONS, a commit
 * that leaves the content alone pushes nothing
 */
export function isSameArtifact(
  packed: Buffer,
  found: Buffer,
  passing: readonly string[] = [],
): boolean {
  if (packed.equals(found)) return true;
  const [one, other] = [parsed(packed), parsed(found)];
  if (!isRecord(one) || !isRecord(other)) return false;
  const digest = contentDigestOf(one);
  if (digest === undefined || digest !== contentDigestOf(other)) return false;
  return textOf(one, passing) === textOf(other, passing);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}

function contentDigestOf({ annotations }: Readonly<Record<string, unknown>>): unknown {
  return isRecord(annotations) ? annotations[CONTENT_DIGEST] : undefined;
}

/** The document with its members in one order, without what compression decides. */
function textOf(manifest: Readonly<Record<string, unknown>>, passing: readonly string[]): string {
  const { layers, annotations } = manifest;
  const counted = Object.entries(isRecord(annotations) ? annotations : {}).filter(
    ([name]) => !passing.includes(name),
  );
  const kept = Array.isArray(layers) ? layers.map(withoutSize) : layers;
  return JSON.stringify(
    sorted({ ...manifest, layers: kept, annotations: Object.fromEntries(counted) }),
  );
}

function withoutSize(layer: unknown): unknown {
  if (!isRecord(layer) || typeof layer["mediaType"] !== "string") return layer;
  if (!isArchiveType(layer["mediaType"])) return layer;
  const { digest: _digest, size: _size, ...rest } = layer;
  return rest;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}
