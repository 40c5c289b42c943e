/** Signatures in the life of a resource: what is asked, what is kept, and what never passes. */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { serveLayout } from "../support/sigstore-layouts";
import { putReferrer, signedBundle, signedLayer } from "../support/sigstore-signing";
import { lifecycleWorld } from "./lifecycle-world";
import { KEY, kindsOf, OTHER, refused, signedWorld, treesIn } from "./signed-world";

describe("content that is signed", () => {
  test("passes, and says by whom; its signature is looked at before a blob is fetched", async (context) => {
    const world = await signedWorld(context);
    world.sign();
    const { inputs, failures } = await world.host().check(world.inputs());
    assert.deepEqual(failures, []);
    assert.match(String(inputs["signers"]), /^key sha256:[0-9a-f]{64}$/);
    // The last blob is the content; the one before, the signed payload.
    assert.deepEqual(kindsOf(world.registry), [
      "manifest",
      "referrers",
      "manifest",
      "blob",
      "blob",
    ]);
    // By whom it has to be signed is what was asked for, and stays in the state.
    assert.ok("verify" in inputs);
  });

  test("in a bundle, too, with the key in a file beside the program", async (context) => {
    const world = await signedWorld(context);
    const { digest } = world.artifact;
    putReferrer(world.registry.repository("team/app"), digest, signedBundle(KEY, digest));
    writeFileSync(join(world.project, "cosign.pub"), KEY.publicKey);
    const verify = { keys: ["cosign.pub"], ignoreTlog: true };
    const { failures, inputs } = await world.host().check({ ...world.inputs(), verify });
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs["verify"], verify);
  });

  test("is proven again by what was kept, without the registry", async (context) => {
    const world = await signedWorld(context);
    world.sign();
    const { inputs: olds } = await world.host().check(world.inputs());
    world.registry.clearRequests();
    const again = await world.host().check(world.inputs(), {}, olds);
    assert.deepEqual(again.inputs, olds);
    assert.deepEqual(kindsOf(world.registry), ["manifest"]);
    await world.registry.close();
    const offline = await world.host().check(world.inputs(), {}, olds);
    assert.deepEqual(offline.inputs, olds);
  });

  test("is fetched again, and not called unsigned, where the cache has a damaged signature", async (context) => {
    const world = await signedWorld(context);
    world.sign();
    await world.host().check(world.inputs());
    rmSync(join(world.cache, "evidence"), { recursive: true });
    const blobs = join(world.cache, "blobs", "sha256");
    const payload = readdirSync(blobs).find((name) =>
      readFileSync(join(blobs, name), "utf8").startsWith('{"critical"'),
    );
    assert.ok(payload !== undefined);
    const text = readFileSync(join(blobs, payload), "utf8");
    rmSync(join(blobs, payload));
    writeFileSync(join(blobs, payload), text.toUpperCase());
    const { failures } = await world.host().check(world.inputs());
    assert.deepEqual(failures, []);
    assert.equal(readFileSync(join(blobs, payload), "utf8"), text);
  });

  test("is asked for anew where another key is trusted, and the kept signature does not do", async (context) => {
    const world = await signedWorld(context);
    world.sign();
    const { inputs: olds } = await world.host().check(world.inputs());
    const error = await refused(world.host(), world.inputs(OTHER), olds);
    assert.equal(error.code, "BAD_SIGNATURE");
    world.sign(OTHER);
    const { failures } = await world.host().check(world.inputs(OTHER), {}, olds);
    assert.deepEqual(failures, []);
  });
});

test("who has signed what is not known yet is unknown, and absent where nobody asks", async (context) => {
  const world = await signedWorld(context);
  const unknown = { ...world.inputs(), reference: UNKNOWN };
  const { inputs: signed } = await world.host().check(unknown);
  assert.equal(signed["signers"], UNKNOWN);
  const { inputs } = await world.host().check({ ...unknown, verify: undefined });
  assert.equal("signers" in inputs, false);
});

test("what is wrong with verify itself is said at once, and nobody is asked", async (context) => {
  const world = await signedWorld(context);
  const verify = {
    keys: ["-----BEGIN PUBLIC KEY-----"],
    identities: [
      { certificateIdentityRegexp: "(", certificateOidcIssuer: "https://issuer.example" },
    ],
  };
  const error = await refused(world.host(), { ...world.inputs(), verify });
  assert.equal(error.code, "INVALID_INPUT");
  assert.match(error.message, /^cannot use input "verify": 3 of its options are wrong\n/);
  for (const name of [
    "verify",
    "verify\\.keys\\[0\\]",
    "verify\\.identities\\[0\\]\\.certificate",
  ]) {
    assert.match(error.message, new RegExp(`\n  cannot use input "${name}.*\n  hint: `));
  }
  assert.deepEqual(world.registry.requests, []);
});

describe("content that is not signed by who has to have", () => {
  test("fails the preview, and nothing of it is fetched or placed", async (context) => {
    const world = await signedWorld(context);
    const error = await refused(world.host(), world.inputs());
    assert.equal(error.code, "UNSIGNED");
    assert.match(error.message, /there is no tag sha256-[0-9a-f]{64}\.sig/);
    assert.ok(!kindsOf(world.registry).includes("blob"));
    assert.deepEqual(treesIn(world), []);
  });

  test("does not pass because it is in the cache, pulled without verify", async (context) => {
    const world = await signedWorld(context);
    const { verify: _verify, ...unverified } = world.inputs();
    const { inputs: olds } = await world.host().check(unverified);
    assert.equal("signers" in olds, false);
    assert.equal((await refused(world.host(), world.inputs(), olds)).code, "UNSIGNED");
  });

  test("is refused offline, with what would prove it", async (context) => {
    const world = await signedWorld(context);
    const { verify: _verify, ...unverified } = world.inputs();
    const { inputs: olds } = await world.host().check(unverified);
    await world.registry.close();
    const error = await refused(world.host(), world.inputs(), olds);
    assert.equal(error.code, "NO_EVIDENCE");
    assert.match(error.message, /run again when the registry can be reached/);
  });

  test("is not called unsigned where the registry is out of order", async (context) => {
    const world = await signedWorld(context);
    const then = { kind: "status", status: 503 } as const;
    world.registry.fault({ kind: "referrers", then });
    world.registry.fault({ reference: (name) => name.endsWith(".sig"), then });
    const error = await refused(world.host(), world.inputs());
    assert.notEqual(error.code, "UNSIGNED");
  });

  test("cannot be made to pass by what lies in the evidence folder", async (context) => {
    const world = await signedWorld(context);
    const name = world.artifact.digest.replace(":", "-");
    const folder = join(world.cache, "evidence", name);
    mkdirSync(folder, { recursive: true });
    const layer = signedLayer(OTHER, world.artifact.digest);
    const forged = {
      version: "1",
      digest: world.artifact.digest,
      place: "tag x, layer 0",
      kind: "layer",
      bytes: Buffer.from(layer.payload).toString("base64"),
      annotations: layer.annotations,
    };
    writeFileSync(join(folder, "0000000000000000.json"), JSON.stringify(forged));
    writeFileSync(join(folder, "1111111111111111.json"), "{");
    assert.equal((await refused(world.host(), world.inputs())).code, "UNSIGNED");
  });
});

test("an issuer alone is refused with the line to add, and the identity that is there", async (context) => {
  const world = await lifecycleWorld(context);
  serveLayout(world.registry.repository("team/app"), "layouts/keyless-bundle-rekor1-ok.tar.gz");
  const inputs = {
    reference: `${world.registry.host}/team/app:v1`,
    plainHttp: true,
    verify: {
      identities: [{ certificateOidcIssuer: "https://token.actions.githubusercontent.com" }],
    },
  };
  const error = await refused(world.host(), inputs);
  assert.equal(error.code, "INVALID_INPUT");
  assert.match(error.message, /verify\.identities\[0\]/);
  assert.match(
    error.message,
    /a signature of .* claims to be by \{"certificateIdentity":"https.*not checked yet/,
  );
});
