/**
 * Looks for a signature of a digest that a policy asks for: one that is good is enough, wherever it
 * stands. It fetches signatures and never content, and what it cannot reach it does not call unsigned.
 */
import type { Context } from "../context";
import { asOciError, type OciError } from "../errors";
import type { CandidateCheck } from "./check-candidate";
import { evidenceOf, type Evidence } from "./evidence";
import { findBundles, findLayers, type Candidate, type SignatureSource } from "./find-candidates";
import { loadCheck } from "./load-check";
import type { VerifyPolicy } from "./policy";
import { refusal, Rejection, VERIFY, type Reason } from "./reasons";

/** Who has signed, and what proves it. */
export interface VerifiedSignatures {
  /** "https://github.com/acme/… (https://token.actions…)", or "key sha256:…". */
  readonly signers: readonly string[];
  readonly evidence: Evidence;
}

/**
 * @param digest - Of what the reference names; an index vouches for what it lists.
 * @throws OciError UNSIGNED, WRONG_SIGNER, BAD_SIGNATURE, UNTRUSTED_CERTIFICATE, NOT_LOGGED,
 * NO_TIMESTAMP, WRONG_ANNOTATION; TRUSTED_ROOT; and whatever the source throws.
 */
export async function verifySignatures(
  digest: string,
  policy: VerifyPolicy,
  source: SignatureSource,
  context: Context,
): Promise<VerifiedSignatures> {
  let check: Promise<CandidateCheck> | undefined;
  const reasons: Reason[] = [];
  const looked: string[] = [];
  const troubles: OciError[] = [];
  for (const find of [findBundles, findLayers]) {
    try {
      for await (const found of find(digest, source, context.limits)) {
        if (found.found === "nothing") looked.push(found.line);
        else if (found.found === "reason") reasons.push(found.reason);
        else if (found.found === "trouble") troubles.push(found.error);
        else {
          // Not before there is something to check: unsigned content needs no trusted root.
          check ??= loadCheck(policy, "fresh", context);
          const { candidate } = found;
          const judged = judge(await check, candidate, digest);
          if (typeof judged === "string") {
            const evidence = evidenceOf(candidate, digest);
            return Object.freeze({ signers: Object.freeze([judged]), evidence });
          }
          reasons.push(judged);
        }
      }
    } catch (error) {
      troubles.push(asOciError(error, VERIFY, source.subject));
    }
  }
  // A good one may lie where nobody could look.
  const [trouble = source.unanswered?.()] = troubles;
  const unheard = (source.unheard?.() ?? []).map((line) => `not asked: ${line}`);
  throw trouble ?? refusal(source.subject, reasons, [...looked, ...unheard], policy);
}

/** The signer, or why it is none. */
function judge(check: CandidateCheck, candidate: Candidate, digest: string): string | Reason {
  try {
    return check(candidate, digest);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return { kind: error.kind, place: candidate.place, fact: error.message };
  }
}
