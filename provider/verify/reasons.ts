/**
 * Why a signature does not count, one kind for each thing that its reader does next, in one table.
 * It judges nothing; it makes one error of all reasons that were found.
 */
import { OciError, type ErrorCode } from "../errors";
import type { VerifyPolicy } from "./policy";

const SIGN_IT =
  "have it signed (cosign sign), or where this is a copy, have its signatures copied with it (oras copy -r for bundles, cosign copy for .sig tags); without verify, unsigned content passes";

interface ReasonRow {
  readonly code: ErrorCode;
  /** The one thing to do next. */
  readonly hint: string;
  /** The same where keys are asked for. */
  readonly keyedHint?: string;
}

/** Later ones come further: more of the signature held before something did not. */
const REASONS = {
  /** It is listed, and not in the registry. */
  missing: { code: "UNSIGNED", hint: SIGN_IT },
  /** It cannot be read as a signature. */
  format: { code: "BAD_SIGNATURE", hint: "have it signed again with a current cosign" },
  /** What is signed has other bytes, or nobody who is asked for has signed it. */
  signature: {
    code: "BAD_SIGNATURE",
    hint: "do not use this content: have it signed and pushed again by its publisher",
    keyedHint:
      "check that verify.keys holds the public key that it is signed with; if it does, do not use this content",
  },
  /** Made with a key where a certificate is asked for, or the reverse. */
  material: {
    code: "WRONG_SIGNER",
    hint: "ask for what it is signed with: verify.keys for a key, verify.identities for a certificate",
  },
  certificate: {
    code: "UNTRUSTED_CERTIFICATE",
    hint: "give the verify.trustedRoot of the Sigstore instance that it is signed with; where that has no log of certificates, set verify.ignoreSct",
  },
  tlog: {
    code: "NOT_LOGGED",
    hint: "give the verify.trustedRoot of the Sigstore instance that it is signed with; where that has no transparency log but a timestamp authority, set verify.ignoreTlog",
    keyedHint:
      "where signatures are made without a transparency log (cosign --tlog-upload=false), set verify.ignoreTlog; where the log is your own, give its verify.trustedRoot",
  },
  timestamp: {
    code: "NO_TIMESTAMP",
    hint: "have it signed with a timestamp authority that the trusted root names; where it is another one, give its verify.trustedRoot",
  },
  identity: {
    code: "WRONG_SIGNER",
    hint: "if this signer is to be trusted, add it to verify.identities; if not, do not use this content",
  },
  /** Good, for other content. */
  digest: {
    code: "BAD_SIGNATURE",
    hint: "do not use this content: its signature is a copy of another one's; have it signed",
  },
  /** Good, and a statement about the content that is no signature of it. */
  attestation: {
    code: "UNSIGNED",
    hint: "have it signed (cosign sign); where an attestation by the signer is enough, set verify.allowAttestations",
  },
  annotation: {
    code: "WRONG_ANNOTATION",
    hint: "correct verify.annotations, or have it signed with them: cosign sign -a name=value",
  },
} as const satisfies Readonly<Record<string, ReasonRow>>;

export type ReasonKind = keyof typeof REASONS;

const RANKS = Object.keys(REASONS);

/** Why one signature does not count. */
export interface Reason {
  readonly kind: ReasonKind;
  /** Where it lies: "tag sha256-….sig, layer 0". */
  readonly place: string;
  /** One clause. */
  readonly fact: string;
}

/** Thrown where a signature is looked at, and caught where the next one is taken. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly kind: ReasonKind;

  constructor(kind: ReasonKind, fact: string) {
    super(fact);
    this.kind = kind;
  }
}

/** The verb of all errors of this room. */
export const VERIFY = "verify";

/**
 * The error of content that no signature speaks for: with each reason, and the hint of the one that
 * came furthest.
 * @param looked - Where signatures were looked for and there was none, one line each.
 */
export function refusal(
  subject: string,
  reasons: readonly Reason[],
  looked: readonly string[],
  policy: VerifyPolicy,
): OciError {
  const [leading] = [...reasons].sort((a, b) => rankOf(b) - rankOf(a));
  if (leading === undefined) {
    return new OciError({
      code: "UNSIGNED",
      verb: VERIFY,
      subject,
      fact: "there is no signature of it",
      details: looked,
      hint: SIGN_IT,
    });
  }
  const row: ReasonRow = REASONS[leading.kind];
  const isOne = reasons.length === 1;
  const lines = reasons.map(({ kind, place, fact }) =>
    isOne ? `${place}: ${kind}` : `${place}: ${kind}: ${fact}`,
  );
  return new OciError({
    code: row.code,
    verb: VERIFY,
    subject,
    fact: isOne ? leading.fact : `none of ${reasons.length} signatures counts`,
    details: [...lines, ...looked],
    hint: (policy.kind === "keyed" ? row.keyedHint : undefined) ?? row.hint,
  });
}

/** Whether it is the error of content that no signature speaks for, and not one of the way there. */
export function isRefusal({ code }: OciError): boolean {
  return Object.values(REASONS).some((row) => row.code === code);
}

function rankOf({ kind }: Reason): number {
  return RANKS.indexOf(kind);
}
