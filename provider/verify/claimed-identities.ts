/**
 * Whom the signatures of a digest claim to be by. Nothing of it is checked: it is for the error that
 * tells a user which identity is missing in the policy, and decides nothing.
 */
import type { Context } from "../context";
import { findBundles, findLayers, type Candidate, type SignatureSource } from "./find-candidates";

/** What may be written into `verify.identities`, if it is to be trusted. */
export interface ClaimedIdentity {
  readonly certificateIdentity: string;
  readonly certificateOidcIssuer: string;
}

/** More would hide the hint. */
const MOST = 10;

/** Each once, in the order of the signatures; empty where there is none or nobody can be asked. */
export async function claimedIdentities(
  digest: string,
  source: SignatureSource,
  context: Context,
): Promise<readonly ClaimedIdentity[]> {
  const claimed = new Map<string, ClaimedIdentity>();
  for (const find of [findBundles, findLayers]) {
    try {
      for await (const found of find(digest, source, context.limits)) {
        const identity = found.found === "candidate" ? claimOf(found.candidate) : undefined;
        if (identity !== undefined) claimed.set(JSON.stringify(identity), identity);
        if (claimed.size === MOST) break;
      }
    } catch {
      // Whoever asks has an error to show already.
    }
  }
  return Object.freeze([...claimed.values()].slice(0, MOST));
}

function claimOf(candidate: Candidate): ClaimedIdentity | undefined {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads a library: only where there is something to read
  const { certificateBeside } = require("./read-candidate") as typeof import("./read-candidate");
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const reader = require("./certificate-identity") as typeof import("./certificate-identity");
  try {
    const certificate = certificateBeside(candidate);
    if (certificate === undefined) return undefined;
    const { names, issuer } = reader.identityOf(certificate);
    const [name] = names;
    if (name === undefined || issuer === undefined) return undefined;
    return Object.freeze({ certificateIdentity: name, certificateOidcIssuer: issuer });
  } catch {
    return undefined;
  }
}
