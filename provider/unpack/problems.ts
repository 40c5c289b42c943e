/**
 * The errors of unpacking, each with the entry and the layer that it is about. It builds errors; it
 * never decides that something is one.
 */
import { OciError, systemCode } from "../errors";
import { limitExceeded, type Limits } from "../limits";
import type { PlannedLayer } from "../types";

const VERB = "unpack";

/** Longer names are cut in messages; the beginning is what a person searches for. */
const SHOWN_NAME = 200;

/** What is being unpacked: a layer of the subject, and an entry as its archive calls it. */
export interface Place {
  /** The reference. */
  readonly subject: string;
  readonly layer: PlannedLayer;
  readonly entry?: string;
}

/** The content would reach outside of its tree, or make what no tree may have. */
export function unsafe(place: Place, fact: string): OciError {
  return new OciError({
    code: "UNSAFE_ARCHIVE",
    verb: VERB,
    subject: place.subject,
    fact: `${placeName(place)} ${fact}`,
    hint: "tell the publisher of the artifact; nothing of it was extracted",
  });
}

/** The archive breaks its format, or contradicts itself. */
export function broken(place: Place, fact: string, cause?: unknown): OciError {
  return new OciError({
    code: "BAD_ARCHIVE",
    verb: VERB,
    subject: place.subject,
    fact: `${placeName(place)} ${fact}`,
    hint: "have the artifact packed and pushed again; nothing of it was extracted",
    cause,
  });
}

/** A valid archive that is not unpacked here. */
export function unsupported(place: Place, fact: string): OciError {
  return new OciError({
    code: "BAD_ARCHIVE",
    verb: VERB,
    subject: place.subject,
    fact: `${placeName(place)} ${fact}, which is not supported`,
    hint: "have the artifact pushed as tar, tar+gzip, tar+zstd, or a zip of stored or deflated files",
  });
}

/** A limit that this entry, or all content up to it, goes beyond. */
export function beyondLimit(
  place: Place,
  limits: Limits,
  name: keyof Limits,
  found?: number,
): OciError {
  return limitExceeded(limits, name, {
    verb: VERB,
    subject: `${placeName(place)} of ${place.subject}`,
    found,
  });
}

/** The blob on disk is not what the descriptor names. */
export function digestMismatch(place: Place, actual: string): OciError {
  const { digest, size } = place.layer.descriptor;
  return new OciError({
    code: "DIGEST_MISMATCH",
    verb: VERB,
    subject: place.subject,
    fact: `the blob of layer ${place.layer.index} is not what its descriptor names`,
    details: [`wanted: ${digest}, ${size} bytes`, `found: ${actual}`],
    hint: "pull again; if it stays, the registry or a cache on the way serves wrong content",
  });
}

/** The signal asked for an end. */
export function cancelled(subject: string): OciError {
  return new OciError({ code: "CANCELLED", verb: VERB, subject, fact: "it was cancelled" });
}

/** Whatever was thrown, as an error that a person can use. */
export function asUnpackError(error: unknown, subject: string): OciError {
  if (error instanceof OciError) return error;
  const fact = error instanceof Error ? error.message : String(error);
  return new OciError({
    code: "STORE",
    verb: VERB,
    subject,
    fact,
    hint: systemCode(error) === "ENOSPC" ? "make room on the disk and try again" : undefined,
    cause: error,
  });
}

/** `entry "../x" of layer 2 (sha256:0123456789ab)`; quoted so that no name looks like our words. */
export function placeName({ layer, entry }: Place): string {
  const digest = layer.descriptor.digest;
  const short = digest.slice(0, digest.indexOf(":") + 13);
  const name = `layer ${layer.index} (${short})`;
  return entry === undefined ? name : `entry ${quoted(entry)} of ${name}`;
}

/** A name from an archive, on one line and of a bearable length. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name);
}
