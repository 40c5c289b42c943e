/**
 * Policies with the trusted root of the signed layouts, or with one that differs in a part. Signs and
 * verifies nothing.
 */
import * as assert from "node:assert/strict";
import { parsePolicy } from "../../provider/verify/parse-policy";
import type { VerifyOptions, VerifyPolicy } from "../../provider/verify/policy";
import { sigstoreText } from "../support/sigstore-layouts";

/** Who has signed the layouts without a key. */
export const WORKFLOW =
  "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.0.0";
export const GITHUB = "https://token.actions.githubusercontent.com";
export const SIGNER = { certificateIdentity: WORKFLOW, certificateOidcIssuer: GITHUB };
const ROOT = sigstoreText("roots/root.json");
export const K1 = sigstoreText("keys/k1.pub");

export interface Root {
  [part: string]: unknown;
  tlogs: { publicKey: { keyDetails: string } }[];
}

/** The root with these members in the place of its own. */
export function rootWith(change: (root: Root) => object): string {
  const root = JSON.parse(ROOT) as Root;
  return JSON.stringify({ ...root, ...change(root) });
}

function policy(options: VerifyOptions): VerifyPolicy {
  const parsed = parsePolicy({ trustedRoot: ROOT, ...options });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.policy;
}

/** Asks for the signer. */
export const keyless = (more: VerifyOptions = {}): VerifyPolicy =>
  policy({ identities: [SIGNER], ...more });

/** Asks for the first key. */
export const keyed = (more: VerifyOptions = {}): VerifyPolicy => policy({ keys: [K1], ...more });

/** The key as it stands in an entry of a log: base64 without its frame. */
export function keyIn(pem: string): string {
  return pem.replace(/-----[^-]*-----|\s/g, "");
}
