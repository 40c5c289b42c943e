/**
 * Names without a registry over the whole road: whichever registry had the content gives it its name,
 * from the first preview on, and no login goes where this machine alone decides.
 */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { silentHost } from "../failover/world";
import { publishFiles } from "../support/manifests";
import { registryFor, type CleanUp } from "../support/registry-for-test";
import { lifecycleWorld } from "./lifecycle-world";

const FILES = { "a.txt": "a" };

/** Two registries in a search list; the second has the content. */
async function searched(context: CleanUp & { after(work: () => void): void }) {
  const world = await lifecycleWorld(context);
  const [first, second] = [await registryFor(context), await registryFor(context)];
  const { digest } = publishFiles(second, FILES, "1", "team/app");
  const search = (...hosts: readonly string[]): void => {
    const tables = hosts.map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`);
    const list = `unqualified-search-registries = ${JSON.stringify(hosts)}\n`;
    writeFileSync(join(world.project, "search.conf"), list + tables.join(""));
  };
  search(first.host, second.host);
  const inputs = { reference: "team/app:1", registriesConf: "search.conf" };
  const pinned = `${second.host}/team/app@${digest}`;
  return { ...world, first, second, digest, search, inputs, pinned };
}

describe("a name that the second registry of the list has", () => {
  test("is called the same by the preview, by its update, and where it was pulled ahead", async (context) => {
    const world = await searched(context);
    const { inputs, pinned, digest } = world;
    const preview = await world.host().check(inputs, { preview: true });
    assert.equal(preview.inputs["pinned"], pinned);
    const update = await world.host().check(inputs, { preview: false });
    assert.equal(update.inputs["pinned"], pinned);
    const byDigest = await world.host().check({ ...inputs, digest }, { preview: true });
    assert.equal(byDigest.inputs["pinned"], pinned);
    const inReference = { ...inputs, reference: `team/app@${digest}` };
    assert.equal((await world.host().check(inReference)).inputs["pinned"], pinned);
  });

  test("is called the same while the first is out of reach", async (context) => {
    const world = await searched(context);
    const { inputs, pinned, first } = world;
    const before = await world.host().check(inputs);
    await first.stop();
    const provider = world.host(null);
    const after = await provider.check(inputs, {}, before.inputs);
    assert.equal(after.inputs["pinned"], pinned);
    assert.deepEqual(provider.report.said("warning"), []);
  });

  test("comes from the cache while its own registry is out of reach", async (context) => {
    const world = await searched(context);
    const { inputs, pinned, second } = world;
    const before = await world.host().check(inputs);
    await second.stop();
    const provider = world.host(null);
    const after = await provider.check(inputs, {}, before.inputs);
    assert.equal(after.inputs["pinned"], pinned);
    assert.match(provider.report.said("warning").join(), /going on with sha256:\w+ from the cache/);
  });

  test("is refused once it has moved, also by a machine that does not know who had it", async (context) => {
    const world = await searched(context);
    for (const semver of [undefined, "^1"]) {
      const { inputs: given, second } = world;
      const ranged = { ...given, reference: "team/app", semver };
      const inputs = { ...(semver === undefined ? given : ranged), onTagMove: "error" };
      const { inputs: olds } = await world.host().check(inputs);
      publishFiles(second, { "a.txt": `new ${String(semver)}` }, "1", "team/app");
      const runner = world.host(undefined, world.project, `${world.cache} of a runner`);
      await assert.rejects(runner.check(inputs, {}, olds), { code: "TAG_MOVED" });
    }
  });

  test("is found although the first never answers", async (context) => {
    const world = await searched(context);
    const { inputs, pinned, search, second } = world;
    const silent = await silentHost(context);
    search(silent.host, second.host);
    const waits = { ...inputs, timeouts: { connect: 0.1, stall: 0.1 } };
    assert.equal((await world.host().check(waits)).inputs["pinned"], pinned);
  });
});

describe("what is for one registry", () => {
  const credentials = { username: "u", password: "geheim 42" };
  const inputs = { reference: "app:1", registriesConf: "short.conf" };

  test("is refused where this machine alone says which registry is meant", async (context) => {
    const world = await lifecycleWorld(context);
    const { project } = world;
    for (const conf of [
      '[aliases]\napp = "quay.example/x/app"\n',
      'unqualified-search-registries = ["quay.example"]\n',
    ]) {
      writeFileSync(join(project, "short.conf"), conf);
      for (const input of [{ credentials }, { plainHttp: true }, { skipTlsVerify: true }]) {
        const [name = ""] = Object.keys(input);
        await assert.rejects(world.host().check({ ...inputs, ...input }), (error: Error) => {
          const fact = `cannot use input "${name}": it is for one registry, and "app:1" leaves that to this machine`;
          assert.ok(error.message.startsWith(`${fact}\n  quay.example/`), error.message);
          assert.match(error.message, /hint: write the reference in full/);
          return true;
        });
      }
    }
  });
});
