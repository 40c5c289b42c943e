/** What is said when nobody answers, and of mirrors that send other bytes. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createEndpointHealth } from "../../provider/endpoint-health";
import { isOutage } from "../../provider/registry/failure";
import { askAll, errorOf, M1, M2, ORIGIN } from "./asking";

describe("when nobody answers", () => {
  test("the only endpoint's error is the error", async () => {
    const error = await errorOf([ORIGIN], { origin: "TLS" });
    assert.equal(
      error.message,
      "cannot read app: origin failed\n  https://origin: reason\nhint: mend origin",
    );
  });

  test("each has a line, in the order of asking, and the origin leads", async () => {
    const health = createEndpointHealth();
    health.failed(M1);
    const codes = { m1: "NOT_FOUND", m2: "FORBIDDEN", origin: "UNAUTHORIZED" } as const;
    const error = await errorOf([M1, M2, ORIGIN], codes, health);
    assert.equal(error.code, "UNAUTHORIZED");
    assert.equal(error.status, 500);
    assert.equal(
      error.message,
      "cannot pull app:1: origin failed\n  https://m2: reason\n  https://origin: reason\n  https://m1: reason\nhint: mend origin",
    );
  });

  test("without an origin, the last of the configuration leads, whoever was asked last", async () => {
    const health = createEndpointHealth();
    health.failed(M1);
    const error = await errorOf([M1, M2], { m1: "NOT_FOUND", m2: "FORBIDDEN" }, health);
    assert.equal(error.code, "FORBIDDEN");
  });

  test("what one mirror lacks is no last word while another is out of reach", async () => {
    for (const [m1, m2] of [
      ["UNREACHABLE", "NOT_FOUND"],
      ["NOT_FOUND", "UNREACHABLE"],
    ] as const) {
      assert.ok(isOutage(await errorOf([M1, M2], { m1, m2 })));
    }
    const codes = { m1: "UNREACHABLE", origin: "NOT_FOUND" } as const;
    assert.ok(!isOutage(await errorOf([M1, ORIGIN], codes)), "the registry itself has it");
  });

  test("the origin leads wherever it stands", async () => {
    const error = await errorOf([ORIGIN, M1], { m1: "FORBIDDEN", origin: "NOT_FOUND" });
    assert.equal(error.code, "NOT_FOUND");
  });

  test("the hint of a mirror stays in its line where it names what is mended there", async () => {
    const codes = { m1: "PLAIN_HTTP", m2: "NOT_FOUND", origin: "NOT_FOUND" } as const;
    const error = await errorOf([M1, M2, ORIGIN], codes);
    assert.deepEqual(error.details, [
      "https://m1: reason; mend m1",
      "https://m2: reason",
      "https://origin: reason",
    ]);
  });

  test("each line once", async () => {
    const same = { ...ORIGIN, repository: "other" };
    const error = await errorOf([ORIGIN, same], { origin: "NOT_FOUND" });
    assert.deepEqual(error.details, ["https://origin: reason"]);
  });
});

describe("a mirror that sends other bytes", () => {
  test("is named once, not asked again in the run, and still has its line", async () => {
    const health = createEndpointHealth();
    const warnings: string[] = [];
    await askAll([M1, ORIGIN], { m1: "DIGEST_MISMATCH" }, health, warnings);
    const { asked } = await askAll([M1, ORIGIN], {}, health, warnings);
    assert.deepEqual(asked, ["origin full"]);
    assert.deepEqual(warnings, [
      "mirror https://m1/cache/team/app sends other bytes than it should for the tag 1; it is not asked again in this run",
    ]);
    const error = await errorOf([M1, ORIGIN], { origin: "NOT_FOUND" }, health, warnings);
    assert.equal(error.code, "NOT_FOUND");
    assert.deepEqual(error.details, [
      "https://m1: reason; not asked again in this run",
      "https://origin: reason",
    ]);
  });

  test("is not asked for other repositories either; another mirror behind the host is", async () => {
    const health = createEndpointHealth();
    await askAll([M1, ORIGIN], { m1: "DIGEST_MISMATCH" }, health);
    const elsewhere = { ...M1, repository: "cache/other" };
    assert.deepEqual((await askAll([elsewhere, ORIGIN], {}, health)).asked, ["origin full"]);
    const another = { ...elsewhere, namedBy: '[[registry]] "quay.io" of /etc/x.conf' };
    assert.deepEqual((await askAll([another, ORIGIN], {}, health)).asked, ["m1 short"]);
  });

  test("where all have, nobody is asked, and the last one's reason leads", async () => {
    const health = createEndpointHealth();
    await askAll([M1, M2], { m1: "DIGEST_MISMATCH", m2: "DIGEST_MISMATCH" }, health);
    const { asked } = await askAll([M1, M2], {}, health);
    assert.deepEqual(asked, []);
    const error = await errorOf([M1, M2], {}, health);
    assert.equal(error.code, "DIGEST_MISMATCH");
    assert.equal(error.fact, "m2 failed");
    assert.equal(error.details.length, 2);
  });

  test("the only endpoint is asked whatever it did, and an origin always", async () => {
    const health = createEndpointHealth();
    const warnings: string[] = [];
    await askAll([M1], { m1: "DIGEST_MISMATCH" }, health, warnings);
    assert.deepEqual((await askAll([M1], {}, health)).asked, ["m1 full"]);
    await askAll([M2, ORIGIN], { m2: "NOT_FOUND", origin: "DIGEST_MISMATCH" }, health, warnings);
    const { asked } = await askAll([M2, ORIGIN], { m2: "NOT_FOUND" }, health);
    assert.deepEqual(asked, ["m2 short", "origin full"]);
    assert.deepEqual(warnings, []);
  });
});
