/**
 * Whether one candidate is a signature that the policy asks for. The cryptography is the library's;
 * here it is asked in the way that its traps do not matter, and what it says is put into words.
 * Nothing is read, dialled or remembered. Loads the libraries, so it is loaded late.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { toSignedEntity, VerificationError, Verifier, type TrustMaterial } from "@sigstore/verify";
import { member } from "../content/json";
import { refuseOddCheckpoints } from "./checkpoint";
import {
  byFirstName,
  identityOf,
  identityTest,
  identityText,
  leafOf,
} from "./certificate-identity";
import { refuseOddCertificate } from "./certificate-rules";
import { simpleSigningClaims, statementClaims, type Claims } from "./claims";
import type { Candidate } from "./find-candidates";
import {
  hasTime,
  refuseManyProofs,
  refuseOddEntries,
  trustedProofs,
  type Proofs,
} from "./log-entries";
import { refuseOtherSigners } from "./logged-key";
import type { KeyedPolicy, KeylessPolicy, VerifyPolicy } from "./policy";
import { certificateBeside, envelopeOf, readCandidate, unreadable } from "./read-candidate";
import { Rejection } from "./reasons";
import { signedContent, type SignedContent } from "./signed-content";
import { trustMaterial } from "./trust-material";
import { withoutScts, withTrustedScts } from "./scts";

/**
 * Says who has signed the digest, as the output `signers` names them.
 * @throws Rejection where that is nobody who counts
 */
export type CandidateCheck = (candidate: Candidate, digest: string) => string;

/**
 * The check for one policy.
 * @param root - Text of a trusted_root.json, where the policy needs one.
 * @throws OciError TRUSTED_ROOT
 */
export function candidateCheck(policy: VerifyPolicy, root: string | undefined): CandidateCheck {
  const trust = trustMaterial(root, policy.kind === "keyless");
  const checkSigner =
    policy.kind === "keyed" ? keyedCheck(policy, trust) : keylessCheck(policy, trust);
  return (candidate, digest) => {
    const { bundle, payload } = readCandidate(candidate, policy.kind === "keyed");
    const signer = rejecting(() => checkSigner(bundle, payload, candidate));
    const claims =
      payload === undefined
        ? statementClaims(envelopeOf(bundle).payload, digest)
        : simpleSigningClaims(payload, digest);
    refuseOtherClaims(claims, policy);
    return signer;
  };
}

/** Says who has signed, where that is somebody who is asked for. */
type SignerCheck = (bundle: Bundle, payload: Buffer | undefined, candidate: Candidate) => string;

function keyedCheck(policy: KeyedPolicy, trust: TrustMaterial): SignerCheck {
  const keys = policy.keys.map(({ pem, fingerprint }) => ({
    key: createPublicKey(pem),
    name: `key ${fingerprint}`,
  }));
  return (bundle, payload, candidate) => {
    const content = signedContent(bundle, payload);
    const signer = leafOf(bundle) === undefined && keys.find(({ key }) => content.isBy(key));
    if (signer === false || signer === undefined) throw byNoKey(keys, candidate);
    const proofs = neededProofs(bundle, policy, trust);
    const publicKey = (): { publicKey: KeyObject; validFor: () => boolean } => ({
      publicKey: signer.key,
      validFor: () => true,
    });
    runLibrary(bundle, content, proofs, policy, { ...trust, publicKey });
    const certificate = certificateBeside(candidate);
    refuseOtherSigners(proofs.entries, bundle.content.$case, { key: signer.key, certificate });
    return signer.name;
  };
}

function byNoKey(keys: readonly { readonly key: KeyObject }[], candidate: Candidate): Rejection {
  const certificate = certificateBeside(candidate);
  if (certificate !== undefined) {
    const who = identityText(identityOf(certificate));
    return new Rejection("material", `the signature is made with a certificate of ${who}`);
  }
  const which = keys.length === 1 ? "the key" : `any of the ${keys.length} keys`;
  const fact = `the signature does not hold with ${which}`;
  // What cosign makes with such keys is Ed25519ph, which neither it nor Node can check.
  return keys.some(({ key }) => key.asymmetricKeyType === "ed25519")
    ? new Rejection("signature", `${fact} (a prehashed one by an Ed25519 key cannot be checked)`)
    : new Rejection("signature", fact);
}

function keylessCheck(policy: KeylessPolicy, trust: TrustMaterial): SignerCheck {
  const isWanted = identityTest(policy.identities);
  return (bundle, payload) => {
    const leaf = leafOf(bundle);
    if (leaf === undefined) {
      throw new Rejection("material", "the signature is made with a key, and with no certificate");
    }
    refuseOddCertificate(leaf);
    const all = identityOf(leaf);
    const identity = payload === undefined ? byFirstName(all) : all;
    const proofs = neededProofs(bundle, policy, trust);
    const content = signedContent(bundle, payload);
    const { key } = runLibrary(bundle, content, proofs, policy, trust);
    refuseOtherSigners(proofs.entries, bundle.content.$case, { key, certificate: leaf });
    const name = identityText(identity);
    if (isWanted(identity)) return name;
    const fact = `the signature is by ${name}, whom verify.identities does not name`;
    throw new Rejection("identity", fact);
  };
}

/**
 * The proofs that have to hold, all of them. Without this, the library would stop at one of a log that
 * is not trusted, and tell of numbers where one is missing.
 */
function neededProofs(bundle: Bundle, policy: VerifyPolicy, trust: TrustMaterial): Proofs {
  const { entries, timestamps } = trustedProofs(bundle, trust);
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const logged = policy.ignoreTlog ? [] : entries;
  if (!policy.ignoreTlog && entries.length === 0) {
    const which = tlogEntries.length === 0 ? "" : " that the trusted root names";
    throw new Rejection("tlog", `the signature is in no transparency log${which}`);
  }
  refuseManyProofs({ entries: logged, timestamps });
  refuseOddEntries(logged);
  refuseOddCheckpoints(logged, trust);
  const needsTime = policy.kind === "keyless" && !logged.some(hasTime);
  if (timestamps.length === 0 && (policy.requireTimestamp || needsTime)) {
    const isOther = (timestampVerificationData?.rfc3161Timestamps.length ?? 0) > 0;
    const which = isOther
      ? " of an authority that the trusted root names, and that is for timestamps alone"
      : "";
    throw new Rejection("timestamp", `the signature has no signed timestamp${which}`);
  }
  return { entries: logged, timestamps };
}

/** @throws Rejection, or what the library throws at things that it does not expect. */
function runLibrary(
  bundle: Bundle,
  content: SignedContent,
  proofs: Proofs,
  policy: VerifyPolicy,
  trust: TrustMaterial,
): ReturnType<Verifier["verify"]> {
  const isKeyless = policy.kind === "keyless";
  const ignoresSct = isKeyless && policy.ignoreSct;
  const verifier = new Verifier(trust, {
    tlogThreshold: policy.ignoreTlog ? 0 : 1,
    ctlogThreshold: isKeyless && !ignoresSct ? 1 : 0,
    timestampThreshold: isKeyless || policy.requireTimestamp ? 1 : 0,
  });
  const entity = toSignedEntity(withProofs(bundle, proofs));
  const key = ignoresSct ? withoutScts(entity.key) : withTrustedScts(entity.key, trust);
  const signature = content.loggedAs(proofs.entries);
  return verifier.verify({ ...entity, key, signature });
}

function withProofs(bundle: Bundle, { entries, timestamps }: Proofs): Bundle {
  return {
    ...bundle,
    verificationMaterial: {
      ...bundle.verificationMaterial,
      tlogEntries: [...entries],
      timestampVerificationData: {
        rfc3161Timestamps: timestamps.map((signedTimestamp) => ({ signedTimestamp })),
      },
    },
  };
}

function refuseOtherClaims({ annotations, attestation }: Claims, policy: VerifyPolicy): void {
  if (attestation !== undefined && !policy.allowAttestations) {
    throw new Rejection("attestation", `an attestation (${attestation}) is no signature`);
  }
  for (const [name, wanted] of Object.entries(policy.annotations)) {
    const signed = member(annotations, name);
    if (signed === wanted) continue;
    const has = typeof signed === "string" ? `says ${name}=${signed}` : `says nothing of ${name}`;
    throw new Rejection("annotation", `the signature ${has}, and ${name}=${wanted} is asked for`);
  }
}

/** Whatever the work throws is a Rejection: strangers wrote what it works on. */
function rejecting<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Rejection) throw error;
    if (error instanceof VerificationError) throw libraryRejection(error);
    throw unreadable(error);
  }
}

function libraryRejection({ code, message }: VerificationError): Rejection {
  if (code === "CERTIFICATE_ERROR") {
    return new Rejection("certificate", `the signer's certificate does not hold (${message})`);
  }
  if (code === "TIMESTAMP_ERROR") {
    return new Rejection("timestamp", `the time of the signature does not hold (${message})`);
  }
  if (code.startsWith("TLOG")) {
    return new Rejection("tlog", `the log entry of the signature does not hold (${message})`);
  }
  return new Rejection("signature", `the signature does not hold (${message})`);
}
