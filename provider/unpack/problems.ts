/**
 * The errors of unpacking, each with the entry and the layer that it is about. It builds errors; it
 * never decides that something is one.
 */
import { basename, dirname } from "node:path";
import type { Allowances } from "../content/selection";
import { hintOfDisk } from "../disk-facts";
import { OciError, systemCode } from "../errors";
import { limitExceeded, type Limits } from "../limits";
import { exactBytes } from "../settings/byte-size";
import { diskFact, isRefusal } from "../store/store-error";
import type { PlannedLayer } from "../types";

const VERB = "unpack";

/** Longer names are cut in messages; the beginning is what a person searches for. */
const SHOWN_NAME = 200;

/** Where the content itself is what a disk cannot take. */
const NAME_HINT = "move the program to a folder with a shorter path, or lower limits.pathBytes";

/** What is being unpacked: a layer of the subject, and an entry as its archive calls it. */
export interface Place {
  /** The reference. */
  readonly subject: string;
  readonly layer: PlannedLayer;
  readonly entry?: string;
}

/** A thread that had a part in it is there no more. */
export function threadEnded(subject: string, fact: string): OciError {
  const hint = "run again; if it stays, the machine may lack memory";
  return new OciError({ code: "STORE", verb: VERB, subject, fact, hint });
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

/** Two layers have one path, which images may have and artifacts by consent. */
export function inTwoLayers(place: Place, fact: string): OciError {
  return new OciError({
    code: "BAD_ARCHIVE",
    verb: VERB,
    subject: place.subject,
    fact: `${placeName(place)} ${fact}`,
    hint: "set allowOverwrite: true to let the later layer win, or have the artifact pushed again; nothing of it was extracted",
  });
}

/** Two names of one folder, which only some file systems tell apart. */
export function nameClash(place: Place, name: string, twin: string): OciError {
  const names = `${quoted(name)} and ${quoted(twin)}`;
  return new OciError({
    code: "UNSAFE_ARCHIVE",
    verb: VERB,
    subject: place.subject,
    fact: `${placeName(place)} clashes with another: ${names} differ only in case or Unicode form`,
    hint: "set allowNameClashes: true where every machine has a file system that tells such names apart, or tell the publisher of the artifact; nothing of it was extracted",
  });
}

/** This file system is none that tells them apart. */
export function oneNameHere(subject: string, name: string, cause?: unknown): OciError {
  return new OciError({
    code: "STORE",
    verb: VERB,
    subject,
    fact: `this file system takes ${quoted(name)} for another name of the content: they differ only in case or Unicode form`,
    hint: "have the program lie on a file system that tells such names apart, or have the artifact pushed again with other names",
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
    details: [`wanted: ${digest}, ${exactBytes(size)}`, `found: ${actual}`],
    hint: "pull again; if it stays, the registry or a cache on the way serves wrong content",
  });
}

/** The signal asked for an end. */
export function cancelled(subject: string): OciError {
  return new OciError({ code: "CANCELLED", verb: VERB, subject, fact: "it was cancelled" });
}

/**
 * Whatever was thrown, as an error that a person can use.
 *
 * @param staging - The folder that was written to: where a disk refuses, it tells which one.
 */
export function asUnpackError(
  error: unknown,
  subject: string,
  { allowNameClashes = false }: Allowances = {},
  staging?: string,
): OciError {
  if (error instanceof OciError) return error;
  // The staging folder is ours, and the model knows what is in it: only a clash was let pass.
  if (allowNameClashes && systemCode(error) === "EEXIST") {
    return oneNameHere(subject, takenName(error), error);
  }
  if (isForbiddenLink(error)) return noLinksHere(subject, error);
  const code = systemCode(error) ?? "";
  const fact = diskFact(error) ?? (error instanceof Error ? error.message : String(error));
  const below = staging !== undefined && isRefusal(error) ? ` below ${dirname(staging)}` : "";
  return new OciError({
    code: "STORE",
    verb: VERB,
    subject: `${subject}${below}`,
    // The message of Node repeats the whole path.
    fact: code === "ENAMETOOLONG" ? "a path in it is longer than this disk takes here" : fact,
    hint: code === "ENAMETOOLONG" ? NAME_HINT : hintOfDisk(code),
    cause: error,
  });
}

/** Windows lets no plain account make symlinks; some file systems know none. */
function isForbiddenLink(error: unknown): boolean {
  const { syscall } = error instanceof Error && "syscall" in error ? error : {};
  return syscall === "symlink" && systemCode(error) === "EPERM";
}

function noLinksHere(subject: string, cause: unknown): OciError {
  return new OciError({
    code: "STORE",
    verb: VERB,
    subject,
    fact: "it has symlinks, and none may be made here (EPERM)",
    hint: "on Windows, turn on Developer Mode or run as administrator; else have the program lie on a file system with symlinks",
    cause,
  });
}

/** Which name was taken: of what is linked or copied, the new one. */
function takenName(error: unknown): string {
  const { path, dest = path } = error as { readonly path?: string; readonly dest?: string };
  return basename(dest ?? "");
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
