/**
 * What is said of a mirror whose host is in trouble while another endpoint serves, and for how long it
 * is remembered: once a run, with the reason, and not for ever.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createEndpointHealth } from "../../provider/endpoint-health";
import { OciError } from "../../provider/errors";
import { buildArtifact } from "../support/artifacts";
import { askAll, failure, M1, M2, ORIGIN } from "./asking";
import { openSites } from "./blob-sites";
import { artifactOf, LAYER, mirrorAt, openPair, originAt } from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));
const HOUR = 60 * 60_000;

describe("a mirror whose host fails while another serves", () => {
  test("is told of once, however many repositories ask it at the same time", async (t) => {
    const { mirror, origin, endpoints, pull, report } = await openPair(t, ARTIFACT);
    await mirror.stop();
    const elsewhere = mirrorAt(mirror.host, { repository: "cache/other" });
    const ways = [endpoints, [elsewhere, originAt(origin.host)], endpoints];
    await Promise.all(ways.map((way) => pull(way)));
    const [warning = "", ...more] = report.said("warning");
    assert.match(
      warning,
      /^mirror http:\S+ cannot be used: refuses connections \(.*\); it is asked last from now on$/,
    );
    assert.deepEqual(more, []);
  });

  test("in a blob, and then for good: that something went on elsewhere is all that is said", async (t) => {
    const { sites, pull, report } = await openSites(t, 1);
    sites[0]?.fault({ kind: "blob", then: { kind: "reset", afterBytes: 100_000 } });
    await pull();
    await sites[0]?.stop();
    await pull();
    assert.equal(report.said("warning").length, 1);
    assert.match(report.said("warning").join(), /^went on at /);
  });

  test("says the option that mends it", async () => {
    const warnings: string[] = [];
    await askAll([M1, ORIGIN], { m1: "PLAIN_HTTP" }, undefined, warnings);
    assert.deepEqual(warnings, [
      "mirror https://m1/cache/team/app cannot be used: m1 failed; it is asked last from now on\nhint: mend m1",
    ]);
  });

  test("because its certificates here are broken, is not passed over in silence", async () => {
    const hint = "rename client.crt to client.cert: *.crt are authorities to trust";
    const facts = { verb: "use", subject: "/c/m1/client.key", fact: "there is no client.cert" };
    const unusable = new OciError({ code: "CONFIG", ...facts, hint });
    const warnings: string[] = [];
    const health = createEndpointHealth();
    await askAll([{ ...M1, unusable }, ORIGIN], {}, health, warnings);
    await askAll([{ ...M1, unusable }, ORIGIN], {}, health, warnings);
    assert.deepEqual(warnings, [
      `mirror https://m1/cache/team/app cannot be used: /c/m1/client.key: there is no client.cert\nhint: ${hint}`,
    ]);
  });

  test("is not told of where nobody serves, nor where it is the registry itself", async () => {
    const warnings: string[] = [];
    await askAll([M1, ORIGIN], { m1: "UNREACHABLE", origin: "NOT_FOUND" }, undefined, warnings);
    const health = createEndpointHealth();
    health.failed(M1);
    await askAll([M1, ORIGIN], { origin: "UNREACHABLE" }, health, warnings);
    assert.deepEqual(warnings, []);
  });
});

describe("after an hour, in a process that lives on", () => {
  test("a host that has failed is asked in its turn again, and told of again", async () => {
    let now = 0;
    const health = createEndpointHealth(() => now);
    const warnings: string[] = [];
    const codes = { m1: "UNREACHABLE" } as const;
    await askAll([M1, ORIGIN], codes, health, warnings);
    now += HOUR - 1;
    assert.deepEqual((await askAll([M1, ORIGIN], codes, health, warnings)).asked, ["origin full"]);
    assert.equal(warnings.length, 1);
    now += 1;
    const { asked } = await askAll([M1, ORIGIN], codes, health, warnings);
    assert.deepEqual(asked, ["m1 short", "origin full"]);
    assert.equal(warnings.length, 2);
  });

  test("a mirror that has lied is asked again", () => {
    let now = 0;
    const health = createEndpointHealth(() => now);
    const lie = failure("DIGEST_MISMATCH", "m2");
    assert.equal(health.lied(M2, lie), true);
    assert.equal(health.lied(M2, lie), false);
    now += HOUR - 1;
    assert.equal(health.lieOf(M2), lie);
    now += 1;
    assert.equal(health.lieOf(M2), undefined);
    assert.equal(health.lied(M2, lie), true);
  });
});

test("one cache behind a host is not blamed for another that is named first as well", async () => {
  const health = createEndpointHealth();
  const ghcr = { ...M1, repository: "ghcr/team/app", location: "m1/ghcr" };
  const quay = { ...M1, repository: "quay/team/app", location: "m1/quay" };
  await askAll([ghcr, ORIGIN], { m1: "DIGEST_MISMATCH" }, health);
  const other = { ...ghcr, repository: "ghcr/team/other", namedBy: "mirrors[1]" };
  assert.deepEqual((await askAll([other, ORIGIN], {}, health)).asked, ["origin full"]);
  assert.deepEqual((await askAll([quay, ORIGIN], {}, health)).asked, ["m1 short"]);
});
