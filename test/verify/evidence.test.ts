/** What is kept of a signature: enough to prove it again, and never a verdict by itself. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import {
  noEvidence,
  readEvidence,
  verifyEvidence,
  type Evidence,
} from "../../provider/verify/evidence";
import {
  policyOf,
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
} from "../support/sigstore-signing";
import { openSignedWorld, refused, type SignedWorld } from "./world";

const KEY = signingKey();
const POLICY = policyOf([KEY]);

/** As it comes back from a file. */
function stored(evidence: Evidence): Evidence {
  const read = readEvidence(JSON.parse(JSON.stringify(evidence)));
  assert.ok(read !== undefined);
  return read;
}

function sign({ repository, digest }: SignedWorld, isBundle: boolean): void {
  if (isBundle) putReferrer(repository, digest, signedBundle(KEY, digest));
  else putLayers(repository, digest, [signedLayer(KEY, digest, { env: "prod" })]);
}

for (const isBundle of [true, false]) {
  describe(`evidence of a ${isBundle ? "bundle" : "layer"}`, () => {
    test("proves the same without a request", async (t) => {
      const world = await openSignedWorld(t);
      sign(world, isBundle);
      const { evidence, signers } = await world.verify(POLICY);
      world.traffic();
      const again = verifyEvidence(stored(evidence), world.digest, POLICY, world.context);
      assert.deepEqual(await again, signers);
      assert.deepEqual(world.traffic(), []);
    });

    test("proves nothing of other content", async (t) => {
      const world = await openSignedWorld(t);
      sign(world, isBundle);
      const { evidence } = await world.verify(POLICY);
      const other = digestOf("other");
      const forged = stored({ ...evidence, digest: other });
      const error = await refused(verifyEvidence(forged, other, POLICY, world.context, "app:1"));
      assert.equal(error.code, "BAD_SIGNATURE");
      assert.match(error.message, /^cannot verify app:1: the signature is of sha256:/);
      assert.match(error.details[0] ?? "", /^the kept (?:referrer|tag) .*: digest$/);
    });

    test("is checked against the policy of now", async (t) => {
      const world = await openSignedWorld(t);
      sign(world, isBundle);
      const { evidence } = await world.verify(POLICY);
      for (const [policy, code] of [
        [policyOf([signingKey()]), "BAD_SIGNATURE"],
        [policyOf([KEY], { annotations: { env: "test" } }), "WRONG_ANNOTATION"],
      ] as const) {
        const work = verifyEvidence(stored(evidence), world.digest, policy, world.context);
        assert.equal((await refused(work)).code, code);
      }
    });

    test("that was changed proves nothing", async (t) => {
      const world = await openSignedWorld(t);
      sign(world, isBundle);
      const { evidence } = await world.verify(POLICY);
      const bytes = Buffer.from(evidence.bytes, "base64").toString();
      const changed = Buffer.from(
        bytes.replace("prod", "best").replace(/"sig":"..../, '"sig":"AAAA'),
      );
      const forged = stored({ ...evidence, bytes: changed.toString("base64") });
      const error = await refused(verifyEvidence(forged, world.digest, POLICY, world.context));
      assert.equal(error.code, "BAD_SIGNATURE");
    });
  });
}

test("what is no evidence is none", () => {
  const good: Evidence = {
    version: "1",
    digest: digestOf("x"),
    place: "tag x",
    kind: "layer",
    bytes: "",
    annotations: {},
  };
  assert.deepEqual(readEvidence(good), good);
  for (const bad of [
    undefined,
    null,
    [],
    "x",
    { ...good, version: "2" },
    { ...good, digest: "sha256:x" },
    { ...good, kind: "other" },
    { ...good, bytes: 7 },
    { ...good, place: undefined },
    { ...good, annotations: { a: 7 } },
    { ...good, annotations: null },
  ]) {
    assert.equal(readEvidence(bad), undefined, JSON.stringify(bad));
  }
});

test("content that is here, and whose signature is not, in an outage", () => {
  const outage = new OciError({
    code: "UNREACHABLE",
    verb: "list the referrers in",
    subject: "registry.example/app",
    fact: "nobody answers",
    hint: "start it",
  });
  const none = noEvidence("registry.example/app:1", outage);
  assert.equal(
    none.message,
    [
      "cannot verify registry.example/app:1: no signature of it is kept in the cache, and none can be asked for",
      "  nobody answers",
      "hint: run again when the registry can be reached: the signature is then kept beside the content",
    ].join("\n"),
  );
  assert.equal(none.code, "NO_EVIDENCE");
  assert.equal(none.cause, outage);
  const refusedNow = noEvidence("app:1", outage, outage);
  assert.match(refusedNow.fact, /the signature of it that is kept in the cache does not do, /);
});
