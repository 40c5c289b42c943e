/**
 * Which digest a check takes: one that is given, one that the preview of this run has shown, one
 * that was resolved ahead, or none: then the registry is asked. It asks nobody itself.
 */
import { digestProblem } from "../digest";
import { OciError } from "../errors";
import type { Report } from "../context";
import type { Confirmations } from "../store/confirmations";
import { keptDigest } from "../tag-moves";
import { type ChosenTag, readChosenTag } from "../versions/chosen-tag";
import { identityOf, shownIdentity } from "./identity";
import type { CheckedInputs } from "./inputs";
import type { Properties } from "./lifecycle";
import { namedDigest, type ReadInputs } from "./read-inputs";
import { isFingerprintOf, type RunOptions } from "./run-options";

export interface DigestChoice {
  readonly digest: string | undefined;
  /** What a range has come to with this digest, where that is on record. */
  readonly chosen?: ChosenTag | undefined;
  /** It is what the preview of this run has shown. */
  readonly isConfirmed: boolean;
  /** What else the program found out ahead. */
  readonly tagDigest?: string | undefined;
  readonly isJudged?: boolean | undefined;
  readonly served?: string | undefined;
  readonly outage?: OciError | undefined;
}

/** What a state says of the very same question. */
export interface Recorded {
  readonly digest: string;
  /** Where a range was asked for, and has come to this digest. */
  readonly chosen?: ChosenTag;
}

/** A given digest first, then what the preview of this run showed, then what was resolved ahead. */
export async function chooseDigest(
  read: ReadInputs,
  given: Properties,
  recorded: Recorded | undefined,
  run: RunOptions | undefined,
  confirmations: Confirmations,
): Promise<DigestChoice> {
  const { inputs } = read;
  const kept = keptDigest({ onTagMove: inputs.onTagMove, known: recorded?.digest });
  const pin = namedDigest(read) ?? kept;
  // Whoever holds on to the recorded digest holds on to its tag and version.
  const chosen = read.locked?.chosen ?? (pin === recorded?.digest ? recorded?.chosen : undefined);
  const pinned: DigestChoice = { digest: pin, chosen, isConfirmed: false };
  if (run === undefined || run.dependsOn) return pinned;
  if (pin === undefined && !run.preview) {
    const confirmed = await confirmations.confirmed(run.urn, identityOf({ ...inputs }));
    if (confirmed !== undefined) return { ...confirmed, isConfirmed: true };
  }
  const { ahead } = run;
  if (ahead === undefined || !isFingerprintOf(ahead.fingerprint, given)) return pinned;
  return {
    ...(pin === undefined
      ? { digest: ahead.digest, chosen: readChosenTag(ahead.chosen) }
      : { digest: pin, chosen }),
    isConfirmed: false,
    tagDigest: ahead.tagDigest,
    isJudged: ahead.isJudged,
    served: ahead.served,
    outage: ahead.outage === undefined ? undefined : new OciError(ahead.outage),
  };
}

/** The digest that a state holds, if it is one. */
export function knownDigest(olds: Properties): string | undefined {
  const { digest } = olds;
  return typeof digest === "string" && digestProblem(digest) === undefined ? digest : undefined;
}

/** What the state says, where its inputs have asked for the same. */
export function recordedFor(inputs: CheckedInputs, olds: Properties): Recorded | undefined {
  const digest = knownDigest(olds);
  if (digest === undefined || identityOf(olds) !== identityOf({ ...inputs })) return undefined;
  const chosen = inputs.semver === undefined ? undefined : readChosenTag(olds);
  return { digest, ...(chosen === undefined ? {} : { chosen }) };
}

/** `ignoreChanges: ["digest"]` brings the old digest along, also to another reference. */
export function warnOfHonoredDigest(olds: Properties, inputs: CheckedInputs, report: Report): void {
  const { reference, digest } = olds;
  const now = { ...inputs };
  if (typeof reference !== "string" || identityOf(olds) === identityOf(now)) return;
  if (inputs.digest === undefined || inputs.digest !== digest) return;
  report.warning(
    `the digest ${inputs.digest} came with ${shownIdentity(olds)} and is kept, although the reference is now ${shownIdentity(now)}`,
  );
}
