/**
 * Which digest a check takes: one that is given, one that the preview of this run has shown, one
 * that was resolved ahead, or none: then the registry is asked. It asks nobody itself.
 */
import { digestProblem } from "../digest";
import { OciError } from "../errors";
import type { Report } from "../context";
import type { Confirmations } from "../store/confirmations";
import { keptDigest } from "../tag-moves";
import type { CheckedInputs } from "./inputs";
import type { Properties } from "./lifecycle";
import type { ReadInputs } from "./read-inputs";
import { isFingerprintOf, type RunOptions } from "./run-options";

export interface DigestChoice {
  readonly digest: string | undefined;
  /** It is what the preview of this run has shown. */
  readonly isConfirmed: boolean;
  /** What else the program found out ahead. */
  readonly tagDigest?: string | undefined;
  readonly served?: string | undefined;
  readonly outage?: OciError | undefined;
}

/** A given digest first, then what the preview of this run showed, then what was resolved ahead. */
export async function chooseDigest(
  read: ReadInputs,
  given: Properties,
  known: string | undefined,
  run: RunOptions | undefined,
  confirmations: Confirmations,
): Promise<DigestChoice> {
  const { inputs, reference } = read;
  const kept = keptDigest({ onTagMove: inputs.onTagMove, known });
  const pin = inputs.digest ?? reference.digest ?? kept;
  if (run === undefined || run.dependsOn) return { digest: pin, isConfirmed: false };
  if (pin === undefined && !run.preview) {
    const confirmed = await confirmations.confirmed(run.urn, inputs.reference);
    if (confirmed !== undefined) return { digest: confirmed, isConfirmed: true };
  }
  const { ahead } = run;
  if (ahead === undefined || !isFingerprintOf(ahead.fingerprint, given)) {
    return { digest: pin, isConfirmed: false };
  }
  return {
    digest: pin ?? ahead.digest,
    isConfirmed: false,
    tagDigest: ahead.tagDigest,
    served: ahead.served,
    outage: ahead.outage === undefined ? undefined : new OciError(ahead.outage),
  };
}

/** The digest that a state holds, if it is one. */
export function knownDigest(olds: Properties): string | undefined {
  const { digest } = olds;
  return typeof digest === "string" && digestProblem(digest) === undefined ? digest : undefined;
}

/** `ignoreChanges: ["digest"]` brings the old digest along, also to another reference. */
export function warnOfHonoredDigest(olds: Properties, inputs: CheckedInputs, report: Report): void {
  const { reference, digest } = olds;
  if (typeof reference !== "string" || reference === inputs.reference) return;
  if (inputs.digest === undefined || inputs.digest !== digest) return;
  report.warning(
    `the digest ${inputs.digest} came with ${reference} and is kept, although the reference is now ${inputs.reference}`,
  );
}
