/** Ranges where not everybody answers: outages, refusals, mirrors, and names of a search list. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fingerprintOf } from "../../provider/pulumi/run-options";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { askedOf, filesOf, versionsWorld } from "./versions-world";

describe("in an outage", () => {
  test("what the state has goes on from the cache, with one warning", async (context) => {
    const { host, inputs, registry, digests } = await versionsWorld(context);
    const first = await host().check(inputs);
    await registry.stop();
    const { lifecycle, check, report } = host(null);
    const again = await check(inputs, {}, first.inputs);
    assert.deepEqual(again.inputs, first.inputs);
    assert.deepEqual(await lifecycle.diff("id", first.inputs, again.inputs), { changes: false });
    const [warning = "", ...more] = report.said("warning");
    assert.deepEqual(more, []);
    const going = `going on with 1.2.3 (${String(digests["1.2.3"])}) from the cache\n`;
    const words = `the registry cannot be asked which tag semver "^1.2" chooses now; ${going}`;
    assert.equal(warning.slice(0, words.length), words);
  });

  test("so it does where the tags are listed, and the newer one cannot be read", async (context) => {
    const { host, inputs, registry, publish } = await versionsWorld(context);
    const first = await host().check(inputs);
    publish(filesOf("1.3.0"), "1.3.0");
    const handle = ({ socket }: IncomingMessage): void => {
      socket.destroy();
      void registry.stop();
    };
    registry.fault({ kind: "manifest", then: { kind: "handler", handle } });
    const { check, report } = host(null);
    const again = await check(inputs, {}, first.inputs);
    assert.deepEqual(again.inputs, first.inputs, "and not the new version over the old content");
    assert.equal(report.said("warning").length, 1);
  });

  test("found ahead: nobody asks again", async (context) => {
    const { host, inputs, registry } = await versionsWorld(context);
    const first = await host().check(inputs);
    registry.clearRequests();
    const outage = { code: "UNREACHABLE", verb: "list", subject: "x", fact: "refused" } as const;
    const ahead = { fingerprint: fingerprintOf(inputs), outage };
    const again = await host().check(inputs, { preview: true, ahead }, first.inputs);
    assert.deepEqual(again.inputs, first.inputs);
    await assert.rejects(host().check(inputs, { preview: true, ahead }), { code: "UNREACHABLE" });
    assert.deepEqual(askedOf(registry), []);
  });

  test("nothing goes on without a state, for another range, or what the cache has not", async (context) => {
    const { host, inputs, registry, project, cache } = await versionsWorld(context);
    const first = await host().check(inputs);
    await registry.stop();
    const outage = { code: "UNREACHABLE" };
    await assert.rejects(host(null).check(inputs), outage);
    const other = { ...inputs, semver: "^1.1" };
    await assert.rejects(host(null).check(other, {}, first.inputs), outage);
    const empty = host(null, project, `${cache}-empty`);
    await assert.rejects(empty.check(inputs, {}, first.inputs), outage);
  });
});

for (const [status, code] of [
  [401, "UNAUTHORIZED"],
  [403, "FORBIDDEN"],
  [404, "NOT_FOUND"],
] as const) {
  test(`a list that is refused with ${status} is an error, cached or not`, async (context) => {
    const { host, inputs, registry } = await versionsWorld(context);
    const first = await host().check(inputs);
    registry.fault({ kind: "tags", then: { kind: "status", status } });
    await assert.rejects(host().check(inputs, {}, first.inputs), { code });
  });
}

describe("mirrors", () => {
  test("serve what the origin's list has chosen", async (context) => {
    const { host, inputs, registry } = await versionsWorld(context);
    const mirror = await registryFor(context);
    for (const tag of ["1.2.3", "1.9.0"]) publishFiles(mirror, filesOf(tag), tag, "team/app");
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const { check, report } = host();
    const { inputs: outputs } = await check({ ...inputs, mirrors });
    assert.equal(outputs["version"], "1.2.3", "and not a tag that the origin does not list");
    assert.deepEqual(askedOf(registry), ["GET tags"]);
    assert.deepEqual(askedOf(mirror), ["GET manifest 1.2.3", "GET blob"]);
    assert.deepEqual(report.said("warning"), []);
  });

  test("list where the origin cannot, which is said; what is on record still counts", async (context) => {
    const { host, inputs, registry, repository } = await versionsWorld(context);
    const mirror = await registryFor(context);
    publishFiles(mirror, filesOf("1.2.0"), "1.2.0", "team/app");
    const given = { ...inputs, mirrors: [{ location: mirror.host, plainHttp: true }] };
    const first = await host().check(given);
    await registry.stop();
    const { check, report } = host();
    const { inputs: outputs } = await check(given);
    assert.equal(outputs["version"], "1.2.0");
    const [said = ""] = report.said("warning");
    const known = `the tags of ${repository} are those that mirror ${mirror.url}/team/app knows: `;
    assert.equal(said.slice(0, known.length), known);
    assert.match(said, /gives no list, and newer ones may be missing$/);

    publishFiles(mirror, filesOf("1.2.3"), "1.2.3", "team/app");
    mirror.fault({
      kind: "tags",
      then: { kind: "status", status: 200, body: { name: "x", tags: ["1.2.0"] } },
    });
    const again = await host().check(given, {}, first.inputs);
    assert.equal(again.inputs["version"], "1.2.3", "a cache that does not list it yet has it");
  });
});

test("a name of a search list takes its version from the first registry that has one", async (context) => {
  const { project, host, registry, digests } = await versionsWorld(context);
  const [missing, older] = [await registryFor(context), await registryFor(context)];
  publishFiles(older, filesOf("0.9.0"), "0.9.0", "team/app");
  const hosts = [missing.host, older.host, registry.host];
  const tables = hosts.map((name) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`);
  const list = `unqualified-search-registries = ${JSON.stringify(hosts)}\n`;
  writeFileSync(join(project, "search.conf"), list + tables.join(""));
  const given = { reference: "team/app", semver: "^1.2", registriesConf: "search.conf" };
  const pinned = `${registry.host}/team/app@${String(digests["1.2.3"])}`;
  const { lifecycle, check } = host();
  const preview = await check(given, { preview: true });
  assert.deepEqual([preview.inputs["pinned"], preview.inputs["version"]], [pinned, "1.2.3"]);
  assert.deepEqual([askedOf(missing), askedOf(older)], [["GET tags"], ["GET tags"]]);
  const update = await host().check(given, { preview: false });
  assert.deepEqual(update.inputs, preview.inputs);
  const { outs } = await lifecycle.create(preview.inputs, new AbortController().signal);
  assert.equal(outs["version"], "1.2.3");
  const kept = await host(null).check({ ...given, onTagMove: "keep" }, {}, preview.inputs);
  assert.deepEqual(kept.inputs, preview.inputs);
});
