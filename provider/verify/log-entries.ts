/**
 * Which entries of transparency logs, and which signed timestamps, of a bundle count at all: those of
 * logs and authorities that are trusted. Whether they hold is for the library to find out, and each of
 * those that stay has to.
 */
import type { Bundle, TransparencyLogEntry } from "@sigstore/bundle";
import { RFC3161Timestamp } from "@sigstore/core";
import type { TrustMaterial } from "@sigstore/verify";
import { Rejection } from "./reasons";

/** What of a bundle proves that and when it was signed. */
export interface Proofs {
  readonly entries: readonly TransparencyLogEntry[];
  /** DER of whole answers of timestamp authorities. */
  readonly timestamps: readonly Buffer[];
}

/** The proofs by logs and authorities that are trusted; others are passed over. */
export function trustedProofs(bundle: Bundle, trust: TrustMaterial): Proofs {
  const { timestampVerificationData } = bundle.verificationMaterial;
  const tlogEntries: readonly TransparencyLogEntry[] = bundle.verificationMaterial.tlogEntries;
  const tokens = timestampVerificationData?.rfc3161Timestamps ?? [];
  return {
    entries: tlogEntries.filter(({ logId }) =>
      trust.tlogs.some(({ logID }) => logID.equals(logId.keyId)),
    ),
    timestamps: tokens
      .map(({ signedTimestamp }) => signedTimestamp)
      .filter((token) => isOfAuthority(token, trust)),
  };
}

function isOfAuthority(token: Buffer, { timestampAuthorities }: TrustMaterial): boolean {
  let issuer: Buffer;
  let serialNumber: Buffer;
  try {
    const timestamp = RFC3161Timestamp.parse(Buffer.from(token));
    issuer = timestamp.signerIssuer;
    serialNumber = timestamp.signerSerialNumber;
  } catch {
    return false;
  }
  return timestampAuthorities.some(({ certChain: [signer] }) => {
    return signer?.issuer.equals(issuer) === true && signer.serialNumber.equals(serialNumber);
  });
}

/** Whether the entry says when it was logged, in a way that can be checked: those of Rekor v2 do not. */
export function hasTime({ integratedTime, inclusionPromise }: TransparencyLogEntry): boolean {
  return inclusionPromise !== undefined && integratedTime !== "" && integratedTime !== "0";
}

/** As many as sigstore-go takes. The library compares each with each before it believes any. */
const MOST_PROOFS = 32;

/** @throws Rejection for more entries or timestamps than any signature has. */
export function refuseManyProofs({ entries, timestamps }: Proofs): void {
  if (entries.length > MOST_PROOFS) {
    const fact = `the signature has ${entries.length} log entries, and ${MOST_PROOFS} are the most`;
    throw new Rejection("tlog", fact);
  }
  if (timestamps.length > MOST_PROOFS) {
    const fact = `the signature has ${timestamps.length} signed timestamps, and ${MOST_PROOFS} are the most`;
    throw new Rejection("timestamp", fact);
  }
}

/** @throws Rejection for an entry that occurs twice, or whose checkpoint's names are none. */
export function refuseOddEntries(entries: readonly TransparencyLogEntry[]): void {
  const known = new Set<string>();
  for (const { logId, canonicalizedBody, inclusionProof } of entries) {
    const text = `${logId.keyId.toString("hex")} ${canonicalizedBody.toString("base64")}`;
    if (known.has(text)) throw new Rejection("tlog", "the signature has the same log entry twice");
    known.add(text);
    // The library searches for these names as if each were a regular expression; without a sign that
    // repeats, none takes long. A name has no "+": https://github.com/C2SP/C2SP/blob/main/signed-note.md
    for (const [, name] of (inclusionProof?.checkpoint?.envelope ?? "").matchAll(/\u2014 (\S+)/g)) {
      if (name === undefined || !/^[\w.:/-]+$/.test(name)) {
        throw new Rejection(
          "tlog",
          "the log entry of the signature has a checkpoint by a name that is none",
        );
      }
    }
  }
}
