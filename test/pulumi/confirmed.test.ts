/** Which digest is taken: the one that the preview showed, the one resolved ahead, or a new one. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { fingerprintOf } from "../../provider/pulumi/run-options";
import { ownIdentity } from "../../provider/store/process-identity";
import { lifecycleWorld, URN } from "./lifecycle-world";

const FILES = { "dir/b.txt": "bravo", "a.txt": "alpha" };

describe("confirmed is applied", () => {
  const given = (reference: string): Properties => ({ reference, plainHttp: true });

  test("the update takes what its preview showed", async (context) => {
    const world = await lifecycleWorld(context);
    const shown = world.publish({ "a.txt": "shown" });
    await world.host().check(given(world.reference), { preview: true });
    world.publish({ "a.txt": "later" });
    world.registry.clearRequests();
    const { inputs } = await world.host().check(given(world.reference), { preview: false });
    assert.equal(inputs["digest"], shown.digest);
    assert.deepEqual(world.registry.requests, []);
  });

  const anew: readonly [
    string,
    (world: Awaited<ReturnType<typeof lifecycleWorld>>) => {
      readonly host?: ReturnType<typeof world.host>;
      readonly preview?: object;
      readonly update?: object;
    },
  ][] = [
    ["in another run of the CLI", (world) => ({ host: world.host({ ...ownIdentity(), pid: 1 }) })],
    ["where the CLI cannot be seen", (world) => ({ host: world.host(null) })],
    ["for another resource", () => ({ update: { urn: `${URN}-two` } })],
    ["with dependsOn in the update", () => ({ update: { dependsOn: true } })],
    ["with dependsOn in the preview", () => ({ preview: { dependsOn: true } })],
    ["in the next preview", () => ({ update: { preview: true } })],
    ["without a preview", () => ({ preview: { preview: false } })],
  ];
  for (const [name, differs] of anew) {
    test(`resolved anew ${name}`, async (context) => {
      const world = await lifecycleWorld(context);
      world.publish({ "a.txt": "shown" });
      const { host = world.host(), preview, update } = differs(world);
      await world.host().check(given(world.reference), { preview: true, ...preview });
      const later = world.publish({ "a.txt": "later" });
      const { inputs } = await host.check(given(world.reference), { preview: false, ...update });
      assert.equal(inputs["digest"], later.digest);
    });
  }

  test("resolved anew for another reference", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "one" }, "1");
    const two = world.publish({ "a.txt": "two" }, "2");
    await world.host().check(given(world.reference), { preview: true });
    const reference = `${world.registry.host}/team/app:2`;
    const { inputs } = await world.host().check(given(reference), { preview: false });
    assert.equal(inputs["digest"], two.digest);
  });
});

describe("what was resolved ahead", () => {
  test("counts for the very same inputs: nobody is asked for the tag again", async (context) => {
    const world = await lifecycleWorld(context);
    const early = world.publish({ "a.txt": "early" });
    const given = { reference: world.reference, plainHttp: true };
    await world.host().check(given);
    world.publish({ "a.txt": "late" });
    world.registry.clearRequests();
    const ahead = { fingerprint: fingerprintOf(given), digest: early.digest };
    const { inputs } = await world.host().check(given, { preview: true, ahead });
    assert.equal(inputs["digest"], early.digest);
    assert.deepEqual(world.registry.requests, []);
  });

  for (const [name, other, run] of [
    ["is nothing to other inputs (a transform)", { skipTlsVerify: true }, {}],
    ["is nothing with dependsOn", {}, { dependsOn: true }],
  ] as const) {
    test(name, async (context) => {
      const world = await lifecycleWorld(context);
      const early = world.publish({ "a.txt": "early" });
      const late = world.publish({ "a.txt": "late" });
      const given = { reference: world.reference, plainHttp: true };
      const ahead = { fingerprint: fingerprintOf(given), digest: early.digest };
      const host = world.host();
      const { inputs } = await host.check({ ...given, ...other }, { preview: true, ahead, ...run });
      assert.equal(inputs["digest"], late.digest);
    });
  }

  test("an outage: nobody asks again, the cache serves what is known, all else fails", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish(FILES);
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    world.registry.clearRequests();
    const facts = { code: "UNREACHABLE", verb: "pull", subject: "x", fact: "refused" } as const;
    const ahead = { fingerprint: fingerprintOf(given), outage: facts };
    const host = world.host();
    const { inputs } = await host.check(given, { preview: true, ahead }, first.inputs);
    assert.equal(inputs["digest"], digest);
    assert.match(host.report.said("warning").join(), /cannot be asked whether 1 has moved/);
    await assert.rejects(world.host().check(given, { preview: true, ahead }), {
      code: "UNREACHABLE",
      message: "cannot pull x: refused",
    });
    assert.deepEqual(world.registry.requests, []);
  });

  test("gives way to what the preview showed", async (context) => {
    const world = await lifecycleWorld(context);
    const shown = world.publish({ "a.txt": "shown" });
    const given = { reference: world.reference, plainHttp: true };
    await world.host().check(given, { preview: true });
    const late = world.publish({ "a.txt": "late" });
    const ahead = { fingerprint: fingerprintOf(given), digest: late.digest };
    const { inputs } = await world.host().check(given, { preview: false, ahead });
    assert.equal(inputs["digest"], shown.digest);
  });
});
