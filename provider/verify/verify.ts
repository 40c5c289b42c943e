/**
 * Lets a resolved reference pass only if it satisfies the policy. Fetching takes nothing that did
 * not come through here, so "no policy" is a policy, too, and visible in the code.
 */
import type { OciError } from "../errors";
import type { Resolved, Verified } from "../types";
import type { VerifyPolicy } from "./policy";

export interface NoPolicy {
  readonly kind: "none";
}

/** What was asked for does not say who has to have signed: nothing passes. */
export interface UnclearPolicy {
  readonly kind: "unclear";
  readonly problem: OciError;
}

/** What must hold before a byte of the content is fetched. */
export type Policy = NoPolicy | UnclearPolicy | VerifyPolicy;

export const NO_POLICY: NoPolicy = Object.freeze({ kind: "none" });

/** Looks for a good signature, and says who has signed. @throws OciError where there is none. */
export type Prove = (policy: VerifyPolicy | UnclearPolicy) => Promise<readonly string[]>;

/** The same content, marked as let through by `policy`. @throws what `prove` throws. */
export async function verify(resolved: Resolved, policy: Policy, prove: Prove): Promise<Verified> {
  const signers = policy.kind === "none" ? [] : await prove(policy);
  return Object.freeze({ ...resolved, policy: policy.kind, signers }) as unknown as Verified;
}
