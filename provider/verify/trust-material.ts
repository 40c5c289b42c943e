/**
 * A trusted root as the library takes it. What this version cannot read of it (a log with a key of a
 * kind to come) is left out and so not trusted, instead of making all of it useless.
 *
 * Format: https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_trustroot.proto
 */
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toTrustMaterial, type TrustMaterial } from "@sigstore/verify";
import { JsonProblem, member, object, optionalArray, parseJsonObject } from "../content/json";
import { OciError } from "../errors";
import { mayIssueSigners, mayStamp } from "./certificate-rules";

/** @returns what is never called: keys are ours, and never looked up by a hint */
const noKey = (): never => {
  throw new TypeError("keys are not looked up by their hints");
};

const PARTS = ["tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"] as const;

/** Whom nobody is trusted by; enough for keys without a log. */
const NOBODY: TrustMaterial = Object.freeze({
  certificateAuthorities: [],
  timestampAuthorities: [],
  tlogs: [],
  ctlogs: [],
  publicKey: noKey,
});

/**
 * The logs and authorities of the root.
 * @param text - Of a trusted_root.json; undefined for nobody.
 * @param needsAuthority - Certificates are asked for, so there has to be one that issues them.
 * @throws OciError TRUSTED_ROOT where the text is none, or trusts nobody who is needed.
 */
export function trustMaterial(text: string | undefined, needsAuthority: boolean): TrustMaterial {
  if (text === undefined) return NOBODY;
  try {
    const json = parseJsonObject(Buffer.from(text));
    const mediaType = member(json, "mediaType");
    if (typeof mediaType !== "string" || !mediaType.startsWith(MEDIA_TYPE)) {
      throw new JsonProblem(`its mediaType does not begin with ${MEDIA_TYPE}`);
    }
    const trust = PARTS.flatMap((part) =>
      (optionalArray(json, part) ?? []).map((one) => readPart(part, one)),
    ).reduce(merged, NOBODY);
    if (needsAuthority && trust.certificateAuthorities.length === 0) {
      const hasAny = (optionalArray(json, "certificateAuthorities") ?? []).length > 0;
      const why = hasAny
        ? ": one that is for other uses, or sets a condition that is not known here (limits to names are one), is left out"
        : "";
      throw new JsonProblem(
        `it has no certificate authority that may be used for signatures${why}`,
      );
    }
    return trust;
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new OciError({
      code: "TRUSTED_ROOT",
      verb: "use",
      subject: "the trusted root",
      fact: error.message,
      hint: "give the trusted_root.json of a Sigstore instance: `cosign trusted-root create` writes one",
    });
  }
}

const MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot";

/** A log is known by its own identifier, as in its entries: cosign asks for no other one, either. */
function readPart(part: (typeof PARTS)[number], one: unknown): TrustMaterial {
  try {
    const { checkpointKeyId: _, ...known } = object(one, "it");
    const material = toTrustMaterial(TrustedRoot.fromJSON({ [part]: [known] }), noKey);
    const { certificateAuthorities: issuers, timestampAuthorities } = material;
    const isUsable =
      [...issuers, ...timestampAuthorities].every(({ certChain }) => isReadable(certChain)) &&
      issuers.every(({ certChain }) => mayIssueSigners(certChain)) &&
      timestampAuthorities.every(({ certChain }) => mayStamp(certChain));
    return isUsable ? material : NOBODY;
  } catch {
    return NOBODY;
  }
}

/** The library reads certificates when it needs them, and would stop at the first that it cannot. */
function isReadable(chain: TrustMaterial["certificateAuthorities"][number]["certChain"]): boolean {
  return (
    chain.length > 0 &&
    chain.every(({ issuer, notAfter }) => issuer.length > 0 && notAfter.getTime() > 0)
  );
}

function merged(one: TrustMaterial, other: TrustMaterial): TrustMaterial {
  return {
    certificateAuthorities: [...one.certificateAuthorities, ...other.certificateAuthorities],
    timestampAuthorities: [...one.timestampAuthorities, ...other.timestampAuthorities],
    tlogs: [...one.tlogs, ...other.tlogs],
    ctlogs: [...one.ctlogs, ...other.ctlogs],
    publicKey: noKey,
  };
}
