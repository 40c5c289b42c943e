/**
 * Signed layouts with the verdicts of cosign 2.6 and 3.1: served over HTTP, and verified as a pull
 * would, by the fallback tag and by the referrers API. What passes is proven once more from what was
 * kept of it, with the registry gone.
 */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { readEvidence, verifyEvidence } from "../../provider/verify/evidence";
import { verifySignatures, type VerifiedSignatures } from "../../provider/verify/signatures";
import { endpointAt, openWorld, REPOSITORY, serve } from "../registry/world";
import { policyFrom, serveLayout } from "../support/sigstore-layouts";
import { sourceAt } from "../support/sigstore-source";
import { assertVerdict, CASES, type Case } from "./cases";

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

for (const omitReferrers of [true, false]) {
  describe(`as cosign says, by ${omitReferrers ? "the fallback tag" : "the referrers API"}`, () => {
    for (const vector of CASES) {
      test(vector.name, (t) => assertVerdict(vector, verify(t, vector, omitReferrers)));
    }
  });
}
