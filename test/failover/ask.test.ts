/** Asking endpoints in order: who is asked when, how patiently, and what is learned from it. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { askInOrder, servingFirst } from "../../provider/ask";
import { createEndpointHealth, type EndpointHealth } from "../../provider/endpoint-health";
import { type ErrorCode, OciError } from "../../provider/errors";
import type { Endpoint } from "../../provider/types";
import { askAll, contextWith, errorOf, failure, INQUIRY, M1, M2, ORIGIN } from "./asking";

describe("who is asked", () => {
  test("the first answer counts, and nobody is asked after it", async () => {
    const result = await askAll([M1, M2, ORIGIN], { m1: "NOT_FOUND" });
    assert.ok("value" in result && result.value === "m2" && result.endpoint === M2);
    assert.deepEqual(result.asked, ["m1 short", "m2 short"]);
  });

  test("who cancels is obeyed at once, and a full disk is nobody else's", async () => {
    for (const code of ["CANCELLED", "STORE"] as const) {
      const { asked, ...result } = await askAll([M1, ORIGIN], { m1: code });
      assert.ok("error" in result && result.error instanceof OciError);
      assert.equal(result.error.code, code);
      assert.deepEqual(asked, ["m1 short"]);
    }
  });

  const others: readonly ErrorCode[] = [
    "NOT_FOUND",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "RATE_LIMITED",
    "UNREACHABLE",
    "TIMEOUT",
    "TLS",
    "PLAIN_HTTP",
    "REGISTRY",
    "DIGEST_MISMATCH",
    "LIMIT_EXCEEDED",
    "UNSUPPORTED_MANIFEST",
    "CONFIG",
  ];
  for (const code of others) {
    test(`after ${code}, the next one`, async () => {
      const { asked } = await askAll([M1, ORIGIN], { m1: code });
      assert.deepEqual(asked, ["m1 short", "origin full"]);
    });
  }

  test("nobody who cannot be asked", async () => {
    const unusable = new OciError({ code: "CONFIG", verb: "read", subject: "x.pem", fact: "no" });
    const { asked } = await askAll([{ ...M1, unusable }, ORIGIN], {});
    assert.deepEqual(asked, ["origin full"]);
    const alone = await askAll([M1, { ...ORIGIN, unusable }], {});
    assert.deepEqual(alone.asked, ["m1 full"]);
    const error = await errorOf([{ ...M1, unusable }, ORIGIN], { origin: "NOT_FOUND" });
    assert.deepEqual(error.details, [
      "mirror https://m1/cache/team/app: cannot read x.pem: no",
      "https://origin: reason",
    ]);
    assert.equal(await errorOf([{ ...ORIGIN, unusable }], {}), unusable);
  });

  test("nobody at all", async () => {
    assert.equal((await errorOf([], {})).code, "CONFIG");
  });

  test("servingFirst begins with who has just served", () => {
    assert.deepEqual(servingFirst([M1, M2, ORIGIN], M2), [M2, ORIGIN, M1]);
    assert.deepEqual(servingFirst([M1, M2, ORIGIN], M1), [M1, M2, ORIGIN]);
    assert.deepEqual(servingFirst([M1, ORIGIN], undefined), [M1, ORIGIN]);
    assert.deepEqual(servingFirst([M1], ORIGIN), [M1]);
  });
});

describe("who has failed as a host", () => {
  for (const code of ["UNREACHABLE", "TIMEOUT", "TLS", "PLAIN_HTTP", "RATE_LIMITED"] as const) {
    test(`${code}: is asked last from then on, with little patience`, async () => {
      const health = createEndpointHealth();
      await askAll([M1, M2, ORIGIN], { m1: code }, health);
      const { asked } = await askAll([M1, M2, ORIGIN], { m2: "NOT_FOUND", origin: code }, health);
      assert.deepEqual(asked, ["m2 short", "origin full", "m1 short"]);
    });
  }

  for (const code of ["NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "LIMIT_EXCEEDED"] as const) {
    test(`${code} says nothing of the host`, async () => {
      const health = createEndpointHealth();
      await askAll([M1, ORIGIN], { m1: code }, health);
      assert.deepEqual((await askAll([M1, ORIGIN], {}, health)).asked, ["m1 short"]);
    });
  }

  test("is well again once it answers, and be it with no", async () => {
    const health = createEndpointHealth();
    await askAll([M1, ORIGIN], { m1: "UNREACHABLE" }, health);
    const second = await askAll([M1, ORIGIN], { origin: "NOT_FOUND", m1: "NOT_FOUND" }, health);
    assert.deepEqual(second.asked, ["origin full", "m1 short"]);
    assert.deepEqual((await askAll([M1, ORIGIN], {}, health)).asked, ["m1 short"]);
  });

  test("where all have, the order is the first one, and the last gets all patience", async () => {
    const health = createEndpointHealth();
    const all = { m1: "UNREACHABLE", m2: "TLS", origin: "TIMEOUT" } as const;
    await askAll([M1, M2, ORIGIN], all, health);
    const { asked } = await askAll([M1, M2, ORIGIN], all, health);
    assert.deepEqual(asked, ["m1 short", "m2 short", "origin full"]);
  });

  test("the origin keeps its patience behind a mirror that only lacks it", async () => {
    const health = createEndpointHealth();
    health.failed(ORIGIN);
    const { asked } = await askAll([M1, ORIGIN], { m1: "NOT_FOUND" }, health);
    assert.deepEqual(asked, ["m1 full", "origin full"]);
  });

  test("whoever comes after patience that was in vain is a last look", async () => {
    const health = createEndpointHealth();
    health.failed(ORIGIN);
    const { asked } = await askAll([M1, ORIGIN], { m1: "UNREACHABLE" }, health);
    assert.deepEqual(asked, ["m1 full", "origin short"]);
  });

  test("the origin is the last resort, also where others come behind it", async () => {
    const order = [M2, ORIGIN, M1];
    const { asked } = await askAll(order, { m2: "UNREACHABLE", origin: "UNREACHABLE" });
    assert.deepEqual(asked, ["m2 short", "origin full", "m1 short"]);
  });

  test("who else uses the same host knows it, and another way to the host is another matter", async () => {
    const health = createEndpointHealth();
    await askAll([M1, ORIGIN], { m1: "UNREACHABLE" }, health);
    assert.equal(health.isWell({ ...M1, repository: "cache/other" }), false);
    assert.equal(health.isWell({ ...M1, tls: { ...M1.tls, skipVerify: true } }), true);
    assert.equal(health.isWell({ ...M1, plainHttp: true }), true);
    assert.equal(health.isWell({ ...M1, proxy: "none" }), true);
    assert.equal(health.isWell({ ...M1, host: "m1:444" }), true);
  });

  const learned: Readonly<Record<string, (health: EndpointHealth) => void>> = {
    fails: (health) => {
      health.failed(M2);
    },
    lies: (health) => health.lied(M2, failure("DIGEST_MISMATCH", "m2")),
  };
  for (const [what, learn] of Object.entries(learned)) {
    test(`who ${what} while another question is under way is skipped by it`, async () => {
      const health = createEndpointHealth();
      const asked: string[] = [];
      const question = ({ host }: Endpoint): Promise<string> => {
        asked.push(host);
        learn(health);
        return host === "m1" ? Promise.reject(failure("NOT_FOUND", host)) : Promise.resolve(host);
      };
      await askInOrder([M1, M2, ORIGIN], INQUIRY, { health }, contextWith(), question);
      assert.deepEqual(asked, ["m1", "origin"]);
    });
  }
});
