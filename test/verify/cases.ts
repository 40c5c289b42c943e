/**
 * The cases of test/data/sigstore with the verdicts of cosign 2.6 and 3.1, and what of ours is right
 * for each. Asks nobody.
 */
import * as assert from "node:assert/strict";
import { OciError, type ErrorCode } from "../../provider/errors";
import type { VerifyOptions } from "../../provider/verify/policy";
import { sigstoreText } from "../support/sigstore-layouts";

/** One signed layout, and what is asked of it. */
export interface Case {
  readonly name: string;
  readonly layout: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly verify: VerifyOptions;
  readonly expect: "ok" | "error" | "policy";
  /** Any of these is right. */
  readonly error?: readonly string[];
}

/** All of them. */
export const { cases: CASES } = JSON.parse(sigstoreText("cases.json")) as {
  readonly cases: readonly Case[];
};

/** What the data leaves to each verifier, or calls otherwise: the kinds of reasons here. */
const DECIDED: Readonly<Record<string, string>> = {
  // Who attests something about content has not signed it; `allowAttestations` takes it.
  "policy-attestation-only": "attestation",
  // An entry of a log that was changed is none, even where the rest of the bundle makes up for it.
  "keyed-bundle-rekor2-body-tampered": "tlog",
  "keyless-bundle-key-asked": "material",
  "keyless-legacy-key-asked": "material",
};

const CODES: Readonly<Record<string, ErrorCode>> = {
  unsigned: "UNSIGNED",
  attestation: "UNSIGNED",
  format: "BAD_SIGNATURE",
  signature: "BAD_SIGNATURE",
  digest: "BAD_SIGNATURE",
  material: "WRONG_SIGNER",
  identity: "WRONG_SIGNER",
  certificate: "UNTRUSTED_CERTIFICATE",
  tlog: "NOT_LOGGED",
  timestamp: "NO_TIMESTAMP",
  annotation: "WRONG_ANNOTATION",
};

/** The kinds of the reasons that the error lists; none means that there is no signature at all. */
function kindsOf({ details }: OciError): readonly string[] {
  const kinds = details.flatMap(
    (line) => /^(?:tag|referrer) .*?: (\w+)(?:$|: )/.exec(line)?.[1] ?? [],
  );
  return kinds.length === 0 ? ["unsigned"] : kinds;
}

/** That the work ends as the case says: with these signers, or with an error of this kind. */
export async function assertVerdict(
  vector: Case,
  work: Promise<{ readonly signers: readonly string[] }>,
): Promise<void> {
  if (vector.expect === "ok") {
    const { signers } = await work;
    assert.match(signers.join(), /^(key sha256:[0-9a-f]{64}|https:.* \(https:.*\))$/);
    return;
  }
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, "it was let pass");
  const decided = DECIDED[vector.name];
  const wanted = decided === undefined ? (vector.error ?? []) : [decided];
  const right = kindsOf(error).filter((kind) => wanted.includes(kind));
  assert.ok(
    right.some((kind) => CODES[kind] === error.code),
    error.message,
  );
}
