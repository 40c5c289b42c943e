/** Which signatures by keys count: kinds of keys, what is signed, and forms that are none. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { OciError } from "../../provider/errors";
import type { VerifyOptions } from "../../provider/verify/policy";
import {
  BUNDLE_TYPE,
  policyOf,
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
  type BundleOptions,
  type SignedLayer,
} from "../support/sigstore-signing";
import { openSignedWorld } from "./world";

const KEY = signingKey();
const POLICY = policyOf([KEY]);
const OTHER_DIGEST = digestOf("other");

describe("keys", () => {
  for (const kind of ["P-256", "P-384", "P-521", "ed25519", 2_048, 3_072] as const) {
    test(`${kind}, in both formats`, async (t) => {
      const key = signingKey(kind);
      for (const isBundle of [true, false]) {
        const world = await openSignedWorld(t);
        const { repository, digest } = world;
        if (isBundle) putReferrer(repository, digest, signedBundle(key, digest));
        else putLayers(repository, digest, [signedLayer(key, digest)]);
        const { signers } = await world.verify(policyOf([signingKey(), key]));
        const { keys } = policyOf([key]) as { keys: readonly { fingerprint: string }[] };
        assert.deepEqual(signers, [`key ${keys[0]?.fingerprint ?? ""}`]);
        await assert.rejects(world.verify(policyOf([signingKey(kind)])), { code: "BAD_SIGNATURE" });
      }
    });
  }

  test("of Ed25519, what cosign makes cannot be checked, and the error says so", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    putLayers(repository, digest, [signedLayer(KEY, digest)]);
    const error = await world.refusal(policyOf([signingKey("ed25519")]));
    assert.match(error.fact, /prehashed one by an Ed25519 key cannot be checked/);
  });
});

/** The refusal of content with exactly this layer, or this bundle. */
async function refusalOf(
  t: TestContext,
  make: (digest: string) => SignedLayer | string,
  options: VerifyOptions = {},
): Promise<OciError> {
  const world = await openSignedWorld(t);
  const made = make(world.digest);
  if (typeof made === "string") putReferrer(world.repository, world.digest, made);
  else putLayers(world.repository, world.digest, [made]);
  return await world.refusal(policyOf([KEY], options));
}

describe("bundles that are none", () => {
  const FORMS: readonly (readonly [string, BundleOptions, RegExp])[] = [
    ["of another version", { mediaType: BUNDLE_TYPE.replace("3", "2") }, /no sigstore bundle of/],
    ["of no type", { mediaType: "" }, /no sigstore bundle of version 0\.3/],
    ["of another payload", { payloadType: "text/plain" }, /signs something else than .*in-toto/],
    ["with a payload that is no JSON", { payload: "{" }, /cannot be read: it is no valid JSON/],
    ["with no statement", { statement: { _type: "x" } }, /its type x is not known/],
    ["with no subject", { statement: { subject: [] } }, /is of nothing, not of this content/],
    [
      "with a subject that is null",
      { statement: { subject: [null] } },
      /element of "subject" of .* is no JSON/,
    ],
    ["with a subject without digest", { statement: { subject: [{}] } }, /is of sha256:nothing/],
    [
      "of other content",
      { statement: { subject: [{ digest: { sha256: OTHER_DIGEST.slice(7) } }] } },
      new RegExp(`is of ${OTHER_DIGEST}, not of this content`),
    ],
    [
      "with keys and no key",
      { material: { publicKey: undefined } },
      /verificationMaterial\.content/,
    ],
    [
      "with an entry that has no proof",
      { material: { tlogEntries: [{ logId: { keyId: "AA==" }, kindVersion: {} }] } },
      /inclusionProof/,
    ],
    [
      "with a certificate that is none",
      { material: { publicKey: undefined, certificate: { rawBytes: "AAAA" } } },
      /cannot be read as a signature/,
    ],
  ];
  for (const [name, options, words] of FORMS) {
    test(name, async (t) => {
      const error = await refusalOf(t, (digest) => signedBundle(KEY, digest, options));
      assert.equal(error.code, "BAD_SIGNATURE");
      assert.match(error.fact, words);
    });
  }

  test("bytes of all kinds", async (t) => {
    const deep = "[".repeat(100_000);
    const types = JSON.stringify({ mediaType: BUNDLE_TYPE, verificationMaterial: 7 });
    for (const bytes of ["", "null", "[]", deep, '"x"', '{"__proto__":{}}', types]) {
      const error = await refusalOf(t, () => bytes);
      assert.equal(error.code, "BAD_SIGNATURE", bytes.slice(0, 20));
    }
  });

  test("a signature of a message, which says nothing of its content", async (t) => {
    const messageDigest = { algorithm: "SHA2_256", digest: Buffer.alloc(32).toString("base64") };
    const bundle = {
      mediaType: BUNDLE_TYPE,
      verificationMaterial: { publicKey: { hint: "" }, tlogEntries: [] },
      messageSignature: { messageDigest, signature: "AAAA" },
    };
    const error = await refusalOf(t, () => JSON.stringify(bundle));
    assert.match(error.fact, /signs a message, and no statement/);
  });
});

describe("layers that are no signatures", () => {
  const signature = "dev.cosignproject.cosign/signature";
  const entry = "dev.sigstore.cosign/bundle";
  const stamp = "dev.sigstore.cosign/rfc3161timestamp";
  const chain = "dev.sigstore.cosign/chain";
  const body = Buffer.from("{}").toString("base64");
  const FORMS: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ["no base64", { [signature]: "AAA" }, /annotation \S+signature cannot be read/],
    ["an empty one", { [signature]: "" }, /annotation \S+signature cannot be read/],
    ["an entry that is no JSON", { [entry]: "{" }, /annotation \S+bundle cannot be read/],
    ["an entry without payload", { [entry]: '{"SignedEntryTimestamp":"AAAA"}' }, /Payload/],
    [
      "an entry without kind",
      { [entry]: JSON.stringify({ SignedEntryTimestamp: "AAAA", Payload: { body } }) },
      /annotation \S+bundle cannot be read/,
    ],
    [
      "a certificate that is none beside a signature by nobody",
      {
        [signature]: "AAAA",
        "dev.sigstore.cosign/certificate":
          "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
      },
      /cannot be read as a signature \(its encoding is broken\)$/,
    ],
    ["a timestamp that is none", { [stamp]: "{}" }, /has no annotation \S+rfc3161timestamp/],
  ];
  for (const [name, annotations, words] of FORMS) {
    test(name, async (t) => {
      const error = await refusalOf(t, (digest) => {
        const layer = signedLayer(KEY, digest);
        return { ...layer, annotations: { ...layer.annotations, ...annotations } };
      });
      assert.equal(error.code, "BAD_SIGNATURE");
      assert.match(error.fact, words);
    });
  }

  test("but a certificate beside a good one by a key has no say", async (t) => {
    const world = await openSignedWorld(t);
    const layer = signedLayer(KEY, world.digest);
    const certificate = { "dev.sigstore.cosign/certificate": "none", [chain]: "none" };
    const annotations = { ...layer.annotations, ...certificate };
    putLayers(world.repository, world.digest, [{ ...layer, annotations }]);
    await world.verify(POLICY);
  });

  test("a payload that names no digest, or another one", async (t) => {
    const error = await refusalOf(t, () => signedLayer(KEY, OTHER_DIGEST));
    assert.equal(error.fact, `the signature is of ${OTHER_DIGEST}, not of this content`);
    assert.match(error.message, /^hint: do not use this content/m);
  });

  test("a payload that was changed after it was signed", async (t) => {
    const error = await refusalOf(t, (digest) => ({
      ...signedLayer(KEY, OTHER_DIGEST),
      payload: signedLayer(KEY, digest).payload,
    }));
    assert.equal(error.fact, "the signature does not hold with the key");
    assert.match(error.message, /^hint: check that verify\.keys holds/m);
  });
});

describe("annotations", () => {
  test("those that are signed count, in both formats, and others beside them do no harm", async (t) => {
    const annotations = { env: "prod", team: "a" };
    const subject = (digest: string): object => ({
      subject: [{ digest: { sha256: digest.slice(7) }, annotations }],
    });
    for (const isBundle of [true, false]) {
      const world = await openSignedWorld(t);
      const { repository, digest } = world;
      const bundle = signedBundle(KEY, digest, { statement: subject(digest) });
      if (isBundle) putReferrer(repository, digest, bundle);
      else putLayers(repository, digest, [signedLayer(KEY, digest, annotations)]);
      await world.verify(policyOf([KEY], { annotations: { env: "prod" } }));
      const other = await world.refusal(policyOf([KEY], { annotations: { env: "test" } }));
      assert.equal(other.code, "WRONG_ANNOTATION");
      assert.equal(other.fact, "the signature says env=prod, and env=test is asked for");
      const none = await world.refusal(policyOf([KEY], { annotations: { constructor: "x" } }));
      assert.equal(
        none.fact,
        "the signature says nothing of constructor, and constructor=x is asked for",
      );
    }
  });

  test("of another subject of the same statement they do not count", async (t) => {
    const error = await refusalOf(
      t,
      (digest) => {
        const own = { digest: { sha256: digest.slice(7) } };
        const other = { digest: { sha256: OTHER_DIGEST.slice(7) }, annotations: { env: "prod" } };
        return signedBundle(KEY, digest, { statement: { subject: [other, own] } });
      },
      { annotations: { env: "prod" } },
    );
    assert.equal(error.code, "WRONG_ANNOTATION");
  });

  test("beside the signature they are not signed", async (t) => {
    const error = await refusalOf(
      t,
      (digest) => {
        const layer = signedLayer(KEY, digest);
        return { ...layer, annotations: { ...layer.annotations, env: "prod" } };
      },
      { annotations: { env: "prod" } },
    );
    assert.equal(error.code, "WRONG_ANNOTATION");
  });
});

describe("attestations", () => {
  const statement = { predicateType: "https://slsa.dev/provenance/v1" };

  test("are no signatures, unless they are asked for", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    putReferrer(repository, digest, signedBundle(KEY, digest, { statement }));
    const error = await world.refusal(POLICY);
    assert.equal(error.code, "UNSIGNED");
    assert.match(
      error.message,
      /an attestation \(https:\/\/slsa\.dev\/provenance\/v1\) is no sign/,
    );
    assert.match(error.message, /\nhint: .*verify\.allowAttestations$/);
    await world.verify(policyOf([KEY], { allowAttestations: true }));
  });

  test("by somebody else are nothing", async (t) => {
    const error = await refusalOf(
      t,
      (digest) => signedBundle(signingKey(), digest, { statement }),
      {
        allowAttestations: true,
      },
    );
    assert.equal(error.code, "BAD_SIGNATURE");
  });
});

test("what a registry writes into a signature cannot pose as a line of the error", async (t) => {
  const predicateType = "x\nhint: run this\u001b[2K";
  const error = await refusalOf(t, (digest) =>
    signedBundle(KEY, digest, { statement: { predicateType } }),
  );
  assert.equal(error.message.split("\n").filter((line) => line.startsWith("hint:")).length, 1);
  assert.ok(!error.message.includes("\u001b"));
});
