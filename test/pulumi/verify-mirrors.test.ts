/** Signatures where there are mirrors: who is asked, whose word counts, and what an outage is. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor, type CleanUp } from "../support/registry-for-test";
import { putReferrer, signedBundle } from "../support/sigstore-signing";
import { FILES, KEY, kindsOf, OTHER, refused, signedWorld } from "./signed-world";

test("a signature is found at the registry where a mirror has the content alone", async (context) => {
  const world = await signedWorld(context);
  world.sign();
  const mirror = await registryFor(context);
  const layers = [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }];
  assert.equal(publish(mirror, "team/app", "1", { layers }).digest, world.artifact.digest);
  const mirrors = [{ location: mirror.host, plainHttp: true }];
  const { failures } = await world.host().check({ ...world.inputs(), mirrors });
  assert.deepEqual(failures, []);
  assert.equal(kindsOf(mirror).at(-1), "blob");
  assert.ok(kindsOf(world.registry).includes("blob"));
});

test("a mirror for digests alone is asked for the tag of a signature, where nobody else may be", async (context) => {
  const world = await signedWorld(context);
  world.sign();
  const { digest } = world.artifact;
  const location = world.registry.host;
  const inputs = {
    reference: `registry.example/team/app@${digest}`,
    mirrors: [{ location, plainHttp: true, pullFromMirror: "digest-only" }],
    fallback: false,
    verify: world.inputs()["verify"],
  };
  const { failures, inputs: checked } = await world.host().check(inputs);
  assert.deepEqual(failures, []);
  assert.match(String(checked["signers"]), /^key sha256:/);
});

describe("a mirror that is behind with signatures", () => {
  /** A mirror with the content, and another key's signature of it. */
  async function behind(context: CleanUp & { after(work: () => void): void }) {
    const world = await signedWorld(context);
    const mirror = await registryFor(context);
    const layers = [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }];
    publish(mirror, "team/app", "1", { layers });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    return { ...world, mirror, inputs: { ...world.inputs(), mirrors } };
  }

  test("does not hide that of the registry: a tag of before", async (context) => {
    const world = await behind(context);
    world.sign(OTHER, world.mirror);
    world.sign(KEY);
    const { failures, inputs } = await world.host().check(world.inputs);
    assert.deepEqual(failures, []);
    assert.match(String(inputs["signers"]), /^key sha256:/);
  });

  test("does not hide that of the registry: referrers of other kinds", async (context) => {
    const world = await behind(context);
    const { digest } = world.artifact;
    putReferrer(world.mirror.repository("team/app"), digest, "{}", "application/spdx+json");
    putReferrer(world.registry.repository("team/app"), digest, signedBundle(KEY, digest));
    const { failures } = await world.host().check(world.inputs);
    assert.deepEqual(failures, []);
  });

  test("leaves the last word to the registry, and an outage of that is no verdict", async (context) => {
    const world = await behind(context);
    const { digest } = world.artifact;
    putReferrer(world.mirror.repository("team/app"), digest, signedBundle(OTHER, digest));
    world.sign(OTHER, world.mirror);
    assert.equal((await refused(world.host(), world.inputs)).code, "UNSIGNED");
    await world.registry.stop();
    assert.equal((await refused(world.host(), world.inputs)).code, "UNREACHABLE");
  });
});

describe("with a dead mirror", () => {
  const dead = { location: "127.0.0.1:1", plainHttp: true };

  test("what the registry has not signed is unsigned, and the mirror is a line", async (context) => {
    const world = await signedWorld(context);
    const error = await refused(world.host(), { ...world.inputs(), mirrors: [dead] });
    assert.equal(error.code, "UNSIGNED");
    assert.match(error.message, /not asked: mirror http:\/\/127\.0\.0\.1:1\/team\/app: refuses/);
  });

  test("what another one lists is not called unsigned while the registry is silent", async (context) => {
    const world = await signedWorld(context);
    const mirror = await registryFor(context);
    const layers = [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }];
    publish(mirror, "team/app", "1", { layers });
    await world.registry.close();
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const error = await refused(world.host(), { ...world.inputs(), mirrors });
    assert.equal(error.code, "UNREACHABLE");
  });
});
