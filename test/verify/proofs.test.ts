/**
 * What proves a signature beside its bytes: logs, times, certificates, and the root that is trusted for
 * them. On signed layouts, of which a part is changed, or the root is.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sigstoreText } from "../support/sigstore-layouts";
import { K1, keyed, keyIn, keyless, rootWith } from "./roots";
import { bundlesOf, editBundle, openSignedWorld } from "./world";

describe("the trusted root", () => {
  for (const [name, trustedRoot, words] of [
    ["no JSON", "trusted", /no valid JSON/],
    ["a list", "[]", /no JSON object/],
    ["empty", "{}", /its mediaType does not begin with application\/vnd\.dev\.sigstore\.trust/],
    ["of another kind", rootWith(() => ({ mediaType: "application/json" })), /its mediaType does/],
    [
      "one that issues no certificates",
      rootWith(() => ({ certificateAuthorities: [] })),
      /no cert/,
    ],
    [
      "one whose authority has no certificates",
      rootWith(() => ({ certificateAuthorities: [{ certChain: { certificates: [] } }] })),
      /no certificate authority/,
    ],
    ["one whose logs are no list", rootWith(() => ({ tlogs: {} })), /"tlogs" is no list/],
  ] as const) {
    test(`${name} says nothing about signatures`, async (t) => {
      const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
      const error = await world.refusal(keyless({ trustedRoot }));
      assert.equal(error.code, "TRUSTED_ROOT");
      assert.match(error.fact, words);
      assert.match(
        error.message,
        /^cannot use the trusted root: .*\nhint: give the trusted_root\.json/,
      );
    });
  }

  test("is not looked at where there is no signature", async (t) => {
    const world = await openSignedWorld(t);
    assert.equal((await world.refusal(keyless({ trustedRoot: "trusted" }))).code, "UNSIGNED");
  });

  test("may hold what this version does not know: that alone is not trusted", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    const trustedRoot = rootWith(({ tlogs, ...others }) => {
      const [log] = tlogs;
      const unknown = { ...log, publicKey: { ...log?.publicKey, keyDetails: "PKIX_FROM_2040" } };
      const broken = { ...log, publicKey: { ...log?.publicKey, rawBytes: "AAAA" } };
      const authorities = others["certificateAuthorities"] as object[];
      const rawBytes = Buffer.from([0x30, 0x00]).toString("base64");
      const odd = { certChain: { certificates: [{ rawBytes }] } };
      return {
        tlogs: [unknown, broken, null, ...tlogs],
        certificateAuthorities: [odd, ...authorities],
        timestampAuthorities: [odd],
        fromTheFuture: 7,
      };
    });
    await world.verify(keyless({ trustedRoot }));
  });
});

describe("transparency logs", () => {
  test("are known by the identifier that their entries have, whatever else the root calls them", async (t) => {
    const trustedRoot = rootWith(({ tlogs }) => ({
      tlogs: tlogs.map((log) => ({ ...log, checkpointKeyId: { keyId: "AAAAAA==" } })),
    }));
    for (const layout of ["keyless-bundle-rekor1-ok", "keyless-bundle-rekor2-ok"]) {
      const world = await openSignedWorld(t, { layout });
      await world.verify(keyless({ trustedRoot }));
    }
  });

  test("that are not trusted are no logs", async (t) => {
    const trustedRoot = sigstoreText("roots/no-rekor.json");
    for (const layout of ["keyless-bundle-rekor1-ok", "keyless-legacy-ok"]) {
      const world = await openSignedWorld(t, { layout });
      const error = await world.refusal(keyless({ trustedRoot }));
      assert.equal(error.code, "NOT_LOGGED");
      assert.equal(
        error.fact,
        "the signature is in no transparency log that the trusted root names",
      );
    }
  });

  test("where keys are asked for, the error names ignoreTlog", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyed-legacy-ok" });
    const error = await world.refusal(keyed());
    assert.equal(error.code, "NOT_LOGGED");
    assert.equal(error.fact, "the signature is in no transparency log");
    assert.match(error.message, /\nhint: .*set verify\.ignoreTlog; .*verify\.trustedRoot$/);
  });

  test("are not asked for with ignoreTlog, and then a certificate needs a timestamp", async (t) => {
    const plain = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    const error = await plain.refusal(keyless({ ignoreTlog: true }));
    assert.equal(error.code, "NO_TIMESTAMP");
    assert.equal(error.fact, "the signature has no signed timestamp");
    const stamped = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
    await stamped.verify(keyless({ ignoreTlog: true }));
  });

  test("an entry that occurs twice, or whose checkpoint has an odd name", async (t) => {
    const double = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    editBundle(double, ({ verificationMaterial: { tlogEntries } }) => {
      tlogEntries.push(...tlogEntries);
    });
    assert.match((await double.refusal(keyless())).fact, /the same log entry twice/);
    for (const name of ["(", "(a+)+$", "[", "lo*calhost", ".+.+.+.+localhosts"]) {
      const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
      editBundle(world, ({ verificationMaterial: { tlogEntries } }) => {
        const checkpoint = tlogEntries[0]?.inclusionProof?.checkpoint;
        assert.ok(checkpoint !== undefined);
        checkpoint.envelope = checkpoint.envelope.replace("\u2014 localhost", `\u2014 ${name}`);
      });
      const error = await world.refusal(keyless());
      assert.equal(error.code, "NOT_LOGGED");
      assert.match(error.fact, /checkpoint by a name that is none/);
    }
  });

  test("more entries or timestamps than any signature has are not compared with each other", async (t) => {
    const logged = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    editBundle(logged, ({ verificationMaterial: { tlogEntries } }) => {
      const [entry] = tlogEntries;
      assert.ok(entry !== undefined);
      for (let index = 0; index < 32; index += 1) {
        tlogEntries.push({ ...entry, canonicalizedBody: Buffer.from([index]).toString("base64") });
      }
    });
    const many = await logged.refusal(keyless());
    assert.equal(many.code, "NOT_LOGGED");
    assert.match(many.fact, /has 33 log entries, and 32 are the most/);
    const stamped = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
    editBundle(stamped, ({ verificationMaterial: { timestampVerificationData } }) => {
      const tokens = timestampVerificationData?.rfc3161Timestamps ?? [];
      tokens.push(...Array.from({ length: 32 }, () => tokens.slice(0, 1)).flat());
    });
    const often = await stamped.refusal(keyless());
    assert.equal(often.code, "NO_TIMESTAMP");
    assert.match(often.fact, /has 33 signed timestamps, and 32 are the most/);
  });

  test("an entry of another signature by the same key is none of this one", async (t) => {
    const logged = await openSignedWorld(t, { layout: "keyed-bundle-rekor2-ok" });
    const bundles = bundlesOf(logged).filter(({ verificationMaterial: { tlogEntries } }) =>
      Buffer.from(tlogEntries[0]?.canonicalizedBody ?? "", "base64").includes(keyIn(K1)),
    );
    assert.equal(bundles.length, 1);
    const world = await openSignedWorld(t, { layout: "keyed-bundle-fallback-tag-ok" });
    editBundle(world, ({ dsseEnvelope, verificationMaterial }) => {
      assert.equal(dsseEnvelope.payload, bundles[0]?.dsseEnvelope.payload);
      verificationMaterial.tlogEntries = bundles[0]?.verificationMaterial.tlogEntries ?? [];
    });
    const error = await world.refusal(keyed());
    assert.equal(error.code, "NOT_LOGGED");
    assert.match(error.fact, /signature mismatch/);
    await world.verify(keyed({ ignoreTlog: true }));
  });

  test("an entry that is broken is a reason, whatever breaks", async (t) => {
    const bodies = ["", "{", "null", '{"kind":"dsse","apiVersion":"0.0.1"}', "[[["];
    for (const body of bodies) {
      const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
      editBundle(world, ({ verificationMaterial: { tlogEntries } }) => {
        for (const entry of tlogEntries) {
          entry.canonicalizedBody = Buffer.from(body).toString("base64");
        }
      });
      assert.ok(["NOT_LOGGED", "BAD_SIGNATURE"].includes((await world.refusal(keyless())).code));
    }
    const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
    editBundle(world, ({ verificationMaterial: { tlogEntries } }) => {
      const checkpoint = tlogEntries[0]?.inclusionProof?.checkpoint;
      if (checkpoint !== undefined)
        checkpoint.envelope = "localhost\nmany\nAAAA\n\n\u2014 x AAAAAAAA\n";
    });
    assert.equal((await world.refusal(keyless())).code, "NOT_LOGGED");
  });
});

test("what was changed after it was signed and stamped is refused without a log as well", async (t) => {
  const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
  await world.verify(keyless({ ignoreTlog: true }));
  editBundle(world, ({ dsseEnvelope }) => {
    const payload = Buffer.from(dsseEnvelope.payload, "base64").toString();
    const changed = payload.replace('"annotations":{}', '"annotations":{"env":"prod"}');
    assert.notEqual(changed, payload);
    dsseEnvelope.payload = Buffer.from(changed).toString("base64");
  });
  const error = await world.refusal(keyless({ ignoreTlog: true, annotations: { env: "prod" } }));
  assert.equal(error.code, "BAD_SIGNATURE");
  assert.match(error.fact, /^the signature does not hold/);
});

describe("times", () => {
  test("of Rekor v2 are none, whatever is written there", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
    editBundle(world, ({ verificationMaterial }) => {
      delete verificationMaterial.timestampVerificationData;
      for (const entry of verificationMaterial.tlogEntries) entry.integratedTime = "1795261311";
    });
    assert.equal((await world.refusal(keyless())).code, "NO_TIMESTAMP");
  });

  test("that a log promises are checked with the promise", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    editBundle(world, ({ verificationMaterial }) => {
      for (const entry of verificationMaterial.tlogEntries) {
        entry.integratedTime = String(Number(entry.integratedTime) + 1);
      }
    });
    assert.equal((await world.refusal(keyless())).code, "NOT_LOGGED");
  });

  test("by an authority are needed where they are asked for", async (t) => {
    const plain = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    const error = await plain.refusal(keyless({ requireTimestamp: true }));
    assert.equal(error.code, "NO_TIMESTAMP");
    const withKey = await openSignedWorld(t, { layout: "keyed-legacy-ok" });
    const stamped = keyed({ ignoreTlog: true, requireTimestamp: true });
    assert.equal((await withKey.refusal(stamped)).code, "NO_TIMESTAMP");
  });

  test("by an authority that is trusted have to hold, by others they are passed over", async (t) => {
    const layout = "keyless-bundle-extra-timestamp-ok";
    const other = await openSignedWorld(t, { layout: "keyless-bundle-rekor2-ok" });
    let token = "";
    editBundle(other, ({ verificationMaterial: { timestampVerificationData } }) => {
      token = timestampVerificationData?.rfc3161Timestamps[0]?.signedTimestamp ?? "";
    });
    const world = await openSignedWorld(t, { layout });
    editBundle(world, ({ verificationMaterial: { timestampVerificationData } }) => {
      timestampVerificationData?.rfc3161Timestamps.splice(0, 9, { signedTimestamp: token });
    });
    const error = await world.refusal(keyless());
    assert.equal(error.code, "NO_TIMESTAMP");
    assert.match(error.fact, /^the time of the signature does not hold/);
    const trustedRoot = sigstoreText("roots/no-tsa.json");
    await world.verify(keyless({ trustedRoot }));
    for (const signedTimestamp of ["", "AAAA", "MAA="]) {
      const junk = await openSignedWorld(t, { layout });
      editBundle(junk, ({ verificationMaterial: { timestampVerificationData } }) => {
        timestampVerificationData?.rfc3161Timestamps.push({ signedTimestamp });
      });
      await junk.verify(keyless({ requireTimestamp: true }));
    }
  });
});
