/**
 * What proved a signature, kept beside the content so that it can be proven again without a registry.
 * It is no verdict: whoever reads it checks it in full, against the policy of then.
 */
import type { Context } from "../context";
import { isDigest } from "../digest";
import { OciError } from "../errors";
import { VERIFY, Rejection, refusal } from "./reasons";
import type { Candidate } from "./find-candidates";
import { loadCheck } from "./load-check";
import type { VerifyPolicy } from "./policy";

/** JSON without any value that is no text. */
export interface Evidence {
  readonly version: "1";
  /** What is signed. */
  readonly digest: string;
  /** Where the signature was found. */
  readonly place: string;
  readonly kind: Candidate["kind"];
  /** Base64 of the bundle, or of the signed payload. */
  readonly bytes: string;
  /** Of a layer. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** The evidence that a candidate is, once it was found good. */
export function evidenceOf(candidate: Candidate, digest: string): Evidence {
  const isLayer = candidate.kind === "layer";
  return Object.freeze({
    version: "1",
    digest,
    place: candidate.place,
    kind: candidate.kind,
    bytes: (isLayer ? candidate.payload : candidate.bytes).toString("base64"),
    annotations: Object.freeze(isLayer ? { ...candidate.annotations } : {}),
  });
}

/** The evidence that parsed JSON holds; undefined for anything else: it then has to be found anew. */
export function readEvidence(json: unknown): Evidence | undefined {
  if (!isRecord(json) || json["version"] !== "1") return undefined;
  const { digest, place, kind, bytes, annotations } = json;
  if (typeof digest !== "string" || !isDigest(digest)) return undefined;
  if (typeof place !== "string" || typeof bytes !== "string") return undefined;
  if ((kind !== "layer" && kind !== "bundle") || !isTexts(annotations)) return undefined;
  return Object.freeze({ version: "1", digest, place, kind, bytes, annotations });
}

/**
 * The signers that the evidence proves, under this policy. The registry is not asked, and a TUF
 * repository that cannot be reached is done without.
 * @param subject - What errors call the content. Default: the digest.
 * @throws OciError: the reason, as `verifySignatures` would give it; TRUSTED_ROOT.
 */
export async function verifyEvidence(
  evidence: Evidence,
  digest: string,
  policy: VerifyPolicy,
  context: Context,
  subject: string = digest,
): Promise<readonly string[]> {
  const check = await loadCheck(policy, "known", context);
  const candidate = candidateOf(evidence);
  try {
    return Object.freeze([check(candidate, digest)]);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    const { kind, message } = error;
    const reason = { kind, place: `the kept ${candidate.place}`, fact: message };
    throw refusal(subject, [reason], [], policy);
  }
}

/**
 * The error of content that is here, where the registry that could prove it cannot be reached.
 * @param outage - Why it cannot.
 * @param refused - Why the evidence that is kept does not do; absent where there is none.
 */
export function noEvidence(subject: string, outage: OciError, refused?: OciError): OciError {
  const fact =
    refused === undefined
      ? "no signature of it is kept in the cache, and none can be asked for"
      : "the signature of it that is kept in the cache does not do, and no other can be asked for";
  return new OciError({
    code: "NO_EVIDENCE",
    verb: VERIFY,
    subject,
    fact,
    details: [...(refused === undefined ? [] : [refused.fact]), outage.fact, ...outage.details],
    hint: "run again when the registry can be reached: the signature is then kept beside the content",
    cause: outage,
  });
}

function candidateOf({ kind, place, bytes, annotations }: Evidence): Candidate {
  const decoded = Buffer.from(bytes, "base64");
  return kind === "bundle"
    ? { kind, place, bytes: decoded }
    : { kind, place, payload: decoded, annotations };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}
