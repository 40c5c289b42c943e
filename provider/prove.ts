/**
 * Proves that a digest is signed as a policy asks: by evidence that was kept beside the content, and
 * otherwise by what the registry has; then that is kept. Loaded only where somebody asks for it.
 */
import type { Context } from "./context";
import { OciError, errorFacts } from "./errors";
import { formatReference } from "./reference/format";
import { isOutage } from "./registry/failure";
import type { ResolveRequest } from "./resolve";
import { signatureSource, type SourceRooms } from "./signature-source";
import type { EvidenceFolder } from "./store/evidence-folder";
import type { Endpoint, Reference } from "./types";
import { claimedIdentities } from "./verify/claimed-identities";
import { noEvidence, readEvidence, verifyEvidence } from "./verify/evidence";
import { policyFingerprint, type VerifyPolicy } from "./verify/policy";
import { isRefusal } from "./verify/reasons";
import { verifySignatures, type VerifiedSignatures } from "./verify/signatures";
import type { UnclearPolicy } from "./verify/verify";

export interface ProveRooms extends SourceRooms {
  readonly evidence: EvidenceFolder;
}

/** What is to be proven, and where signatures may lie. */
export interface Claim extends Pick<ResolveRequest, "outage" | "tagEndpoints"> {
  readonly reference: Reference;
  /** Of what the reference names; an index vouches for what it lists. */
  readonly digest: string;
  readonly endpoints: readonly Endpoint[];
  /** Nobody was asked for it: it is here from before. */
  readonly isCached: boolean;
}

/**
 * Who has signed.
 *
 * @throws OciError UNSIGNED and its like; NO_EVIDENCE where the registry cannot be asked; INVALID_INPUT
 * for an unclear policy, with the identities that signatures carry.
 */
export async function prove(
  claim: Claim,
  policy: VerifyPolicy | UnclearPolicy,
  rooms: ProveRooms,
  context: Context,
): Promise<readonly string[]> {
  if (policy.kind === "unclear") throw await unclear(claim, policy.problem, rooms, context);
  const { digest, outage } = claim;
  const subject = formatReference(claim.reference);
  const kept = await provenBefore(claim, policy, rooms, context);
  if (Array.isArray(kept)) return kept as readonly string[];
  const refused = kept instanceof OciError ? kept : undefined;
  if (outage !== undefined) throw noEvidence(subject, outage, refused);
  try {
    const { signers, evidence } = await look(claim, policy, rooms, context);
    await rooms.evidence.keep(digest, policyFingerprint(policy), evidence);
    return signers;
  } catch (error) {
    if (!claim.isCached || !(error instanceof OciError) || !isOutage(error)) throw error;
    throw noEvidence(subject, error, refused);
  }
}

/**
 * Looks where content is looked for. A mirror may be behind with signatures, so where none that it has
 * counts, the registry itself has the last word.
 */
async function look(
  claim: Claim,
  policy: VerifyPolicy,
  rooms: ProveRooms,
  context: Context,
): Promise<VerifiedSignatures> {
  const source = signatureSource(claim, rooms, context);
  try {
    return await verifySignatures(claim.digest, policy, source, context);
  } catch (refused) {
    const endpoints = claim.endpoints.filter(isOrigin);
    const isLast = !source.isOfMirror() || endpoints.length === 0;
    if (isLast || !(refused instanceof OciError) || !isRefusal(refused)) throw refused;
    const own = { ...claim, endpoints, tagEndpoints: claim.tagEndpoints?.filter(isOrigin) };
    const again = signatureSource(own, rooms, context);
    return await verifySignatures(claim.digest, policy, again, context);
  }
}

function isOrigin({ role }: Endpoint): boolean {
  return role === "origin";
}

/** The signers that kept evidence proves; why it does not; or undefined where none is kept. */
async function provenBefore(
  { digest, reference }: Claim,
  policy: VerifyPolicy,
  { evidence }: ProveRooms,
  context: Context,
): Promise<readonly string[] | OciError | undefined> {
  let refused: OciError | undefined;
  for (const json of await evidence.of(digest, policyFingerprint(policy))) {
    const found = readEvidence(json);
    if (found === undefined) continue;
    try {
      return await verifyEvidence(found, digest, policy, context, formatReference(reference));
    } catch (error) {
      if (!(error instanceof OciError) || context.signal.aborted) throw error;
      refused ??= error;
    }
  }
  return refused;
}

async function unclear(
  claim: Claim,
  problem: OciError,
  rooms: ProveRooms,
  context: Context,
): Promise<OciError> {
  const source = signatureSource(claim, rooms, context);
  const claimed = await claimedIdentities(claim.digest, source, context);
  const subject = formatReference(claim.reference);
  const lines = claimed.map(
    (one) =>
      `a signature of ${subject} claims to be by ${JSON.stringify(one)}; that is not checked yet`,
  );
  return new OciError({ ...errorFacts(problem), details: [...problem.details, ...lines] });
}
