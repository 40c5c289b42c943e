/** Bearer tokens: one for each repository and scope, asked for once, and renewed when they end. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { challenge, open, TOKEN, trace } from "./authorize-world";
import { ambient, endpointAt, explicit, REPOSITORY } from "./world";

describe("tokens", () => {
  test("are asked for with service, own scope and the login, and remembered", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    await get();
    await get();
    assert.deepEqual(trace(registry), [
      "GET manifest none 401",
      "GET token basic 200",
      "GET manifest bearer 200",
      "GET manifest bearer 200",
    ]);
    const [request] = registry.matching({ kind: "token" });
    const query = new URL(request?.path ?? "", registry.url).searchParams;
    assert.deepEqual(
      [...query],
      [
        ["service", "test-registry"],
        ["scope", `repository:${REPOSITORY}:pull`],
      ],
    );
  });

  test("are anonymous where there is no credential", async (t) => {
    const { get, registry } = await open(t, { auth: { ...TOKEN, anonymousPull: true } });
    await get();
    assert.equal(registry.matching({ kind: "token" })[0]?.authorization, "none");
  });

  test("are each repository's own", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    await get();
    await get({ repository: "team/other" });
    assert.equal(registry.count({ kind: "token" }), 2);
  });

  test("are shared by many requests at the same time, without a murmur of Node", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const murmurs: Error[] = [];
    const listen = (murmur: Error): void => {
      murmurs.push(murmur);
    };
    process.on("warning", listen);
    t.after(() => process.off("warning", listen));
    await Promise.all(Array.from({ length: 40 }, () => get()));
    assert.equal(registry.count({ kind: "token" }), 1);
    assert.equal(registry.count({ kind: "manifest", status: 200 }), 40);
    assert.deepEqual(murmurs, []);
  });

  test("are not shared with another credential", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    await get();
    const credential = explicit({ password: "wrong" });
    await assert.rejects(get({ credential }), { code: "UNAUTHORIZED" });
    assert.equal(registry.count({ kind: "token", status: 401 }), 1);
  });

  test("that one caller gives up on still serve the other", async (t) => {
    const stop = new AbortController();
    const { client, context, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const endpoint = endpointAt(registry.host);
    const impatient = { ...context, signal: stop.signal };
    registry.fault({ kind: "token", when: "any", then: { kind: "delay", milliseconds: 50 } });
    const first = client.getManifest(endpoint, "1", impatient);
    const second = client.getManifest(endpoint, "1", context);
    while (registry.count({ kind: "token" }) === 0) await new Promise(setImmediate);
    stop.abort();
    await assert.rejects(first, { code: "CANCELLED" });
    await second;
    assert.equal(registry.count({ kind: "token" }), 1);
  });

  test("that were revoked are asked for anew, once", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    await get();
    registry.revokeTokens();
    await get();
    assert.equal(registry.count({ kind: "token" }), 2);
  });

  test("that a registry refuses without naming its token service again are asked for anew", async (t) => {
    for (const header of ['Bearer error="invalid_token"', 'Bearer scope="x"', ""]) {
      const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
      await get();
      registry.clearRequests();
      challenge(registry, header, 1);
      await get();
      assert.deepEqual(trace(registry), [
        "GET manifest bearer 401",
        "GET token basic 200",
        "GET manifest bearer 200",
      ]);
      const [request] = registry.matching({ kind: "token" });
      assert.match(request?.path ?? "", /[?&]service=test-registry&/);
    }
  });

  test("too narrow, where only that is said, are widened at the token service named before", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    await get();
    registry.clearRequests();
    challenge(registry, 'Bearer error="insufficient_scope",scope="repository:team/base:*"', 1);
    await get();
    const path = registry.matching({ kind: "token" })[0]?.path ?? "";
    assert.deepEqual(new URL(path, registry.url).searchParams.getAll("scope"), [
      "repository:team/app:pull",
      "repository:team/base:pull",
    ]);
  });

  test("are asked for by nobody with half a login, as Docker and podman do", async (t) => {
    for (const half of [{ username: "" }, { password: "" }]) {
      const { get, registry } = await open(t, {
        auth: { ...TOKEN, anonymousPull: true },
        ambient: ambient(half),
      });
      await get();
      assert.deepEqual(trace(registry), [
        "GET manifest none 401",
        "GET token none 200",
        "GET manifest bearer 200",
      ]);
    }
  });

  test("are refused to nobody: the error says which half of the login is missing", async (t) => {
    for (const [half, missing] of [
      [{ username: "" }, "user name"],
      [{ password: "" }, "password"],
    ] as const) {
      const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient(half) });
      await assert.rejects(get(), (error: Error) => {
        assert.match(error.message, new RegExp(`withheld: they have no ${missing}\\n`));
        assert.match(error.message, new RegExp(`or give credentials with a ${missing}$`));
        return true;
      });
      assert.ok(registry.requests.every(({ authorization }) => authorization === "none"));
    }
  });

  test("are asked for without an empty service, and with one in UTF-8 as it is", async (t) => {
    for (const [sent, asked] of [
      ["", []],
      ["gr\u00fcn", ["gr\u00fcn"]],
    ] as const) {
      const { get, registry } = await open(t, { auth: { ...TOKEN, anonymousPull: true } });
      const service = Buffer.from(sent, "utf8").toString("latin1");
      challenge(registry, `Bearer realm="${registry.url}/token",service="${service}"`, 1);
      await get().catch(() => undefined);
      const path = registry.matching({ kind: "token" })[0]?.path ?? "";
      assert.deepEqual(new URL(path, registry.url).searchParams.getAll("service"), asked);
    }
  });

  test("that have expired are not sent", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const body = { token: "short-lived", expires_in: 0.001 };
    registry.fault({ kind: "token", times: 1, then: { kind: "status", status: 200, body } });
    await assert.rejects(get(), { code: "UNAUTHORIZED" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    registry.clearRequests();
    await get();
    assert.equal(trace(registry)[0], "GET manifest none 401");
  });

  test("never ask for more than pull, whatever the challenge wants", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const scope = "repository:team/app:pull,push,delete repository:secret/other:pull";
    challenge(
      registry,
      `Bearer realm="${registry.url}/token",service="test-registry",scope="${scope}"`,
      1,
    );
    await get();
    const path = registry.matching({ kind: "token" })[0]?.path ?? "";
    assert.deepEqual(new URL(path, registry.url).searchParams.getAll("scope"), [
      "repository:team/app:pull",
    ]);
  });

  test("too narrow for the registry are widened once, by pull only", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const scope = "repository:team/base:pull,push repository:team/log:push registry:catalog:*";
    const headers = {
      "www-authenticate": `Bearer realm="${registry.url}/token",service="test-registry",error="insufficient_scope",scope="${scope}"`,
    };
    registry.fault({
      kind: "manifest",
      times: 1,
      then: { kind: "status", status: 401, headers },
    });
    await get();
    const scopes = registry
      .matching({ kind: "token" })
      .map(({ path }) => new URL(path, registry.url).searchParams.getAll("scope"));
    assert.deepEqual(scopes, [
      ["repository:team/app:pull"],
      ["repository:team/app:pull", "repository:team/base:pull"],
    ]);
  });

  test("what a challenge brings cannot become a parameter of its own", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const service = "x&scope=repository:a:push#y";
    challenge(registry, `Bearer realm="${registry.url}/token?tenant=a",service="${service}"`, 1);
    await assert.rejects(get(), { code: "UNAUTHORIZED" });
    const path = registry.matching({ kind: "token" })[0]?.path ?? "";
    assert.deepEqual(
      [...new URL(path, registry.url).searchParams],
      [
        ["tenant", "a"],
        ["service", service],
        ["scope", "repository:team/app:pull"],
      ],
    );
  });

  test("an endless 401 ends after one answer to it", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential: explicit() } });
    challenge(registry, `Bearer realm="${registry.url}/token",service="test-registry"`);
    await assert.rejects(get(), { code: "UNAUTHORIZED" });
    assert.equal(registry.count({ kind: "manifest" }), 2);
    assert.equal(registry.count({ kind: "token" }), 1);
  });

  test("a second challenge serves where the first cannot be answered", async (t) => {
    const { get, registry } = await open(t, { auth: { ...TOKEN, anonymousPull: true } });
    challenge(
      registry,
      `Negotiate, Basic realm="x", Bearer realm="${registry.url}/token",service="test-registry"`,
      1,
    );
    await get();
    assert.equal(registry.count({ kind: "token" }), 1);
  });

  test("a registry token is sent as it is, and only on a challenge", async (t) => {
    const credential = { registryToken: "given-token", source: "the test", explicit: true };
    const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential } });
    await assert.rejects(get(), { code: "UNAUTHORIZED" });
    assert.deepEqual(trace(registry), ["GET manifest none 401", "GET manifest bearer 401"]);
    assert.equal(registry.requests[1]?.headers.authorization, "Bearer given-token");
  });
});
