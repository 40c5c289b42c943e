/**
 * The one door to the libraries of Sigstore: whoever verifies nothing loads none of them.
 */
import type { Context } from "../context";
import type { CandidateCheck } from "./check-candidate";
import type { VerifyPolicy } from "./policy";
import { trustedRoot, type Freshness } from "./trust";

/** The check for a policy, with the trusted root that it wants. @throws OciError TRUSTED_ROOT */
export async function loadCheck(
  policy: VerifyPolicy,
  freshness: Freshness,
  context: Context,
): Promise<CandidateCheck> {
  const root = await trustedRoot(policy.trust, freshness, context);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { candidateCheck } = require("./check-candidate") as typeof import("./check-candidate");
  return candidateCheck(policy, root);
}
