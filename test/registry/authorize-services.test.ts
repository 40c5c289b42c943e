/** Token services: with identity tokens, with faults, and those that must not be asked. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { challenge, open, TOKEN, trace } from "./authorize-world";
import { ambient, explicit, LOGIN, serve } from "./world";

describe("identity tokens", () => {
  const identityToken = "refresh-me-1234";
  const auth = { ...TOKEN, identityToken };
  const credential = { identityToken, source: "the test", explicit: true };

  test("are posted as OAuth2 wants it", async (t) => {
    const { get, registry } = await open(t, { auth, endpoint: { credential } });
    await get();
    assert.deepEqual(trace(registry), [
      "GET manifest none 401",
      "POST token none 200",
      "GET manifest bearer 200",
    ]);
    const form = new URLSearchParams(registry.matching({ kind: "token" })[0]?.form);
    assert.deepEqual(Object.fromEntries(form), {
      grant_type: "refresh_token",
      client_id: "pulumi-oci-artifact",
      service: "test-registry",
      scope: "repository:team/app:pull",
      refresh_token: identityToken,
    });
  });

  test("serve as the password where POST is not known", async (t) => {
    for (const status of [400, 401, 404, 405]) {
      const { get, registry } = await open(t, {
        auth: { ...TOKEN, password: identityToken },
        endpoint: { credential: { ...credential, username: LOGIN.username } },
      });
      registry.fault({
        kind: "token",
        method: "POST",
        when: "any",
        then: { kind: "status", status },
      });
      await get();
      assert.deepEqual(
        registry.matching({ kind: "token" }).map(({ method }) => method),
        ["POST", "GET"],
      );
    }
  });

  test("that are refused both ways fail with the first refusal", async (t) => {
    const { get, registry } = await open(t, { auth, endpoint: { credential } });
    const body = { error: "invalid_grant", error_description: "token has expired" };
    registry.fault({
      kind: "token",
      method: "POST",
      when: "any",
      then: { kind: "status", status: 400, body },
    });
    await assert.rejects(get(), {
      code: "UNAUTHORIZED",
      message: /the token service refuses the credentials[\s\S]*invalid_grant: token has expired/,
    });
  });

  test("that are refused where POST is not known are refused credentials, and no missing service", async (t) => {
    for (const status of [404, 405]) {
      const { get, registry } = await open(t, { auth, endpoint: { credential } });
      const then = { kind: "status", status } as const;
      registry.fault({ kind: "token", method: "POST", when: "any", then });
      await assert.rejects(get(), {
        code: "UNAUTHORIZED",
        message: /the token service refuses the credentials/,
      });
    }
  });

  test("go nowhere by redirect", async (t) => {
    const { get, registry } = await open(t, { auth, endpoint: { credential } });
    const elsewhere = await serve(t);
    const then = { kind: "redirect", location: `${elsewhere.url}/token` } as const;
    registry.fault({ kind: "token", when: "any", then });
    await assert.rejects(get(), { code: "REGISTRY" });
    assert.equal(elsewhere.requests.length, 0);
  });
});

describe("token services", () => {
  const faulty: readonly (readonly [string, string | object, RegExp])[] = [
    ["no JSON", "<html>", /no JSON object/],
    ["no object", "[]x", /no JSON object/],
    ["no token", {}, /without a usable token/],
    ["a token of another type", { token: 5 }, /without a usable token/],
    ["an empty token", { token: "" }, /without a usable token/],
    ["a token that would be two headers", { token: "a\r\nx: y" }, /without a usable token/],
  ];
  for (const [name, body, message] of faulty) {
    test(`with ${name} fail as such`, async (t) => {
      const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
      registry.fault({ kind: "token", then: { kind: "status", status: 200, body } });
      await assert.rejects(get(), { code: "REGISTRY", message });
      assert.equal(registry.count({ kind: "token" }), 1);
    });
  }

  test("may call it access_token", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const rename = (body: Uint8Array): Uint8Array =>
      Buffer.from(Buffer.from(body).toString().replace('"token"', '"nothing"'));
    registry.fault({ kind: "token", then: { kind: "body", bytes: rename } });
    await get();
  });

  test("may write the names of the fields in their own way", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const rename = (body: Uint8Array): Uint8Array =>
      Buffer.from(Buffer.from(body).toString().replace('"token"', '"Token"'));
    registry.fault({ kind: "token", then: { kind: "body", bytes: rename } });
    await get();
  });

  test("that are not there do not make it seem that the content is not there", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    registry.fault({ kind: "token", when: "any", then: { kind: "status", status: 404 } });
    await assert.rejects(get(), {
      code: "REGISTRY",
      message:
        /: the token service is not there\n[\s\S]*answered 404[\s\S]*hint: have the registry name/,
    });
  });

  test("are read up to a limit", async (t) => {
    const limits = { tokenBytes: 1_000 };
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient(), limits });
    registry.fault({ kind: "token", then: { kind: "endless" } });
    await assert.rejects(get(), { code: "LIMIT_EXCEEDED", message: /limits\.tokenBytes/ });
  });

  test("that are out of order are an outage, after five tries and no more", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    registry.fault({ kind: "token", when: "any", then: { kind: "status", status: 503 } });
    await assert.rejects(get(), {
      code: "UNREACHABLE",
      message: /the token service is out of order/,
    });
    assert.equal(registry.count({ kind: "token" }), 5);
    registry.clearFaults();
    registry.clearRequests();
    registry.fault({ kind: "token", when: "any", then: { kind: "reset" } });
    await assert.rejects(get(), { code: "UNREACHABLE" });
    assert.equal(registry.count({ kind: "token" }), 5);
  });

  test("on another port may be the registry's", async (t) => {
    const auth = { ...TOKEN, realm: "separate" } as const;
    const { get, registry } = await open(t, { auth, ambient: ambient() });
    await get();
    const [request] = registry.matching({ kind: "token" });
    assert.deepEqual([request?.server, request?.authorization], ["token", "basic"]);
  });

  test("elsewhere by redirect get no password", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
    const elsewhere = await serve(t);
    const then = { kind: "redirect", location: `${elsewhere.url}/token` } as const;
    registry.fault({ kind: "token", when: "any", then });
    await assert.rejects(get());
    assert.ok(elsewhere.requests.every(({ authorization }) => authorization === "none"));
  });

  test("at a bare address, or without TLS on another host, get no password", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential: explicit() } });
    for (const host of ["127.0.0.2", "localhost"]) {
      registry.clearRequests();
      challenge(registry, `Bearer realm="http://${host}:${registry.port}/token"`, 1);
      await assert.rejects(get());
      assert.ok(registry.requests.every(({ authorization }) => authorization === "none"));
    }
  });

  test("that get no password are why, in the error", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential: explicit() } });
    const realm = `http://localhost:${registry.port}/token`;
    challenge(registry, `Bearer realm="${realm}",service="test-registry"`, 1);
    await assert.rejects(get(), {
      code: "UNAUTHORIZED",
      message: /credentials: the input "credentials", withheld: .* has no TLS and is not the/,
    });
  });

  for (const realm of ["file:///etc/passwd", "ftp://x/token", "/token", ""]) {
    test(`named "${realm}" are not asked`, async (t) => {
      const { get, registry } = await open(t, { auth: TOKEN, ambient: ambient() });
      challenge(registry, `Bearer realm="${realm}"`);
      await assert.rejects(get(), { code: "UNAUTHORIZED", message: /the registry names/ });
      assert.equal(registry.count({ kind: "token" }), 0);
    });
  }
});
