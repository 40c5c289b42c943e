/**
 * Signed layouts with the verdicts of cosign 2.6 and 3.1: served over HTTP, and verified as a pull
 * would, by the fallback tag and by the referrers API. What passes is proven once more from what was
 * kept of it, with the registry gone.
 */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { OciError, type ErrorCode } from "../../provider/errors";
import { readEvidence, verifyEvidence } from "../../provider/verify/evidence";
import type { VerifyOptions } from "../../provider/verify/policy";
import { verifySignatures, type VerifiedSignatures } from "../../provider/verify/signatures";
import { endpointAt, openWorld, REPOSITORY, serve } from "../registry/world";
import { policyFrom, serveLayout, sigstoreText } from "../support/sigstore-layouts";
import { sourceAt } from "../support/sigstore-source";

interface Case {
  readonly name: string;
  readonly layout: string;
  /** A tag or a digest. */
  readonly reference: string;
  readonly verify: VerifyOptions;
  readonly expect: "ok" | "error" | "policy";
  /** Any of these is right. */
  readonly error?: readonly string[];
}

const { cases } = JSON.parse(sigstoreText("cases.json")) as { readonly cases: readonly Case[] };

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

async function verify(
  t: TestContext,
  vector: Case,
  omitReferrers: boolean,
): Promise<VerifiedSignatures> {
  const registry = await serve(t, { quirks: { omitReferrers } });
  serveLayout(registry.repository(REPOSITORY), vector.layout);
  const { client, context } = openWorld(t);
  const endpoint = endpointAt(registry.host);
  const { digest } = await client.getManifest(endpoint, vector.reference, context);
  const policy = policyFrom(vector.verify);
  const source = sourceAt(client, endpoint, context);
  const verified = await verifySignatures(digest, policy, source, context);
  await registry.close();
  const kept = readEvidence(JSON.parse(JSON.stringify(verified.evidence)));
  assert.ok(kept !== undefined);
  assert.deepEqual(await verifyEvidence(kept, digest, policy, context), verified.signers);
  return verified;
}

/** The kinds of the reasons that the error lists; none means that there is no signature at all. */
function kindsOf({ details }: OciError): readonly string[] {
  const kinds = details.flatMap(
    (line) => /^(?:tag|referrer) .*?: (\w+)(?:$|: )/.exec(line)?.[1] ?? [],
  );
  return kinds.length === 0 ? ["unsigned"] : kinds;
}

for (const omitReferrers of [true, false]) {
  describe(`as cosign says, by ${omitReferrers ? "the fallback tag" : "the referrers API"}`, () => {
    for (const vector of cases) {
      test(vector.name, async (t) => {
        const work = verify(t, vector, omitReferrers);
        if (vector.expect === "ok") {
          assert.match(
            (await work).signers.join(),
            /^(key sha256:[0-9a-f]{64}|https:.* \(https:.*\))$/,
          );
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
      });
    }
  });
}
