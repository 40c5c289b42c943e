/**
 * What has to hold before content is taken, as plain, canonical data: it is compared, hashed and
 * stored. The options of the input that it is made from; no code that reads or dials.
 */
import { digestOf } from "../digest";

/** One signer that is trusted: who it is, and who says so; each exactly or by a regular expression. */
export interface IdentityOptions {
  readonly certificateIdentity?: string;
  /** RE2, found anywhere in the identity, as cosign does it: `^` and `$` are the user's. */
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
}

/** A TUF repository of one's own: where it is, and the root that its first metadata is checked with. */
export interface TufOptions {
  /** URL of its folder. */
  readonly mirror: string;
  /** Text of a root.json. */
  readonly root: string;
}

/** The input `verify`, with the texts of files in place of their paths. */
export interface VerifyOptions {
  /** PEM texts of public keys, one or many in each; a signature by one of them is enough. */
  readonly keys?: readonly string[];
  /** A signature by one of them is enough. */
  readonly identities?: readonly IdentityOptions[];
  /** Text of a trusted_root.json. Then nothing is asked of any TUF repository. */
  readonly trustedRoot?: string;
  readonly tuf?: TufOptions;
  /** Signatures need not be in a transparency log. Default false. */
  readonly ignoreTlog?: boolean;
  /** Certificates need not be in a log of certificates. Default false. */
  readonly ignoreSct?: boolean;
  /** The signature has to have a signed timestamp. Default false. */
  readonly requireTimestamp?: boolean;
  /** Any attestation by the signer counts as a signature, as for cosign. Default false. */
  readonly allowAttestations?: boolean;
  /** What the signed payload has to hold beside others. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A text that is wanted as it is, or that has to match. */
export type Matcher = { readonly exact: string } | { readonly regexp: string };

export interface WantedIdentity {
  readonly identity: Matcher;
  readonly issuer: Matcher;
}

export interface PublicKey {
  /** PEM, in the form that Node writes. */
  readonly pem: string;
  /** Of its SubjectPublicKeyInfo: "sha256:…". */
  readonly fingerprint: string;
}

/** Where the authorities and logs come from that a signature is checked with. */
export type TrustSource =
  /** Nothing is needed: keys, and neither a log nor a timestamp. */
  | { readonly kind: "none" }
  | { readonly kind: "root"; readonly text: string }
  | ({ readonly kind: "tuf" } & TufOptions)
  /** The public-good instance of Sigstore. */
  | { readonly kind: "public" };

/** What every policy says. */
export interface Demands {
  readonly trust: TrustSource;
  readonly ignoreTlog: boolean;
  readonly requireTimestamp: boolean;
  readonly allowAttestations: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface KeyedPolicy extends Demands {
  readonly kind: "keyed";
  readonly keys: readonly PublicKey[];
}

export interface KeylessPolicy extends Demands {
  readonly kind: "keyless";
  readonly identities: readonly WantedIdentity[];
  readonly ignoreSct: boolean;
}

/** Who has to have signed, and what of it has to be proven. */
export type VerifyPolicy = KeyedPolicy | KeylessPolicy;

/** The policy as one line of JSON, the same for all ways to write it. Holds no key, only fingerprints. */
export function policyText(policy: VerifyPolicy): string {
  const { kind, trust, annotations, ignoreTlog, requireTimestamp, allowAttestations } = policy;
  const signers =
    policy.kind === "keyed"
      ? { keys: sortedTexts(policy.keys.map(({ fingerprint }) => fingerprint)) }
      : { identities: sortedTexts(policy.identities.map((one) => JSON.stringify(one))) };
  return JSON.stringify({
    kind,
    ...signers,
    trust: trustText(trust),
    annotations: Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)),
    ignoreTlog,
    ignoreSct: policy.kind === "keyless" && policy.ignoreSct,
    requireTimestamp,
    allowAttestations,
  });
}

/** Tells one policy from another: the digest of its text. */
export function policyFingerprint(policy: VerifyPolicy): string {
  return digestOf(policyText(policy));
}

function trustText(trust: TrustSource): string {
  if (trust.kind === "root") return `root ${digestOf(trust.text)}`;
  if (trust.kind === "tuf") return `tuf ${trust.mirror} ${digestOf(trust.root)}`;
  return trust.kind;
}

function sortedTexts(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}
