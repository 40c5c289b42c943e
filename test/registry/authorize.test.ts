import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Endpoint } from "../../provider/types";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";
import {
  ambient,
  endpointAt,
  explicit,
  LOGIN,
  openWorld,
  REPOSITORY,
  serve,
  type WorldOptions,
} from "./world";

const TOKEN = { kind: "token", ...LOGIN } as const;
const BASIC = { kind: "basic", ...LOGIN } as const;

interface Setup extends WorldOptions {
  readonly auth?: RegistryOptions["auth"];
  readonly endpoint?: Partial<Endpoint>;
}

async function open(t: TestContext, { auth, endpoint, ...options }: Setup) {
  const registry = await serve(t, auth === undefined ? {} : { auth });
  for (const name of [REPOSITORY, "team/other"]) {
    registry.repository(name).putManifest({ schemaVersion: 2 }, { tag: "1" });
  }
  const world = openWorld(t, options);
  return {
    ...world,
    registry,
    get: (more: Partial<Endpoint> = {}) =>
      world.client.getManifest(
        endpointAt(registry.host, { ...endpoint, ...more }),
        "1",
        world.context,
      ),
    head: () => world.client.headManifest(endpointAt(registry.host, endpoint), "1", world.context),
  };
}

/** "GET manifest none 401", in order. */
function trace(registry: TestRegistry): readonly string[] {
  return registry.requests.map(({ method, kind, authorization, status }) =>
    [method, kind, authorization, status].join(" "),
  );
}

/** Answers every manifest request with this challenge. */
function challenge(registry: TestRegistry, header: string, times = Infinity) {
  const headers = { "www-authenticate": header };
  registry.fault({
    kind: "manifest",
    when: "any",
    times,
    then: { kind: "status", status: 401, headers },
  });
}

describe("Basic", () => {
  test("goes out only when asked for, and is remembered", async (t) => {
    const { get, registry } = await open(t, { auth: BASIC, ambient: ambient() });
    await get();
    await get();
    assert.deepEqual(trace(registry), [
      "GET manifest none 401",
      "GET manifest basic 200",
      "GET manifest basic 200",
    ]);
  });

  test("is never sent where nobody asks", async (t) => {
    const { get, registry } = await open(t, { ambient: ambient() });
    await get();
    assert.deepEqual(trace(registry), ["GET manifest none 200"]);
  });

  test("works for HEAD", async (t) => {
    const { head, registry } = await open(t, { auth: BASIC, ambient: ambient() });
    assert.notEqual(await head(), undefined);
    assert.deepEqual(trace(registry), ["HEAD manifest none 401", "HEAD manifest basic 200"]);
  });

  test("of the user is final when it is refused, and named", async (t) => {
    const credential = explicit({ password: "wrong" });
    const { get, registry } = await open(t, {
      auth: { ...BASIC, anonymousPull: false },
      ambient: ambient(),
      endpoint: { credential },
    });
    await assert.rejects(get(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "UNAUTHORIZED");
      assert.match(error.message, /the registry refuses the credentials/);
      assert.match(error.message, /credentials: the input "credentials"/);
      return true;
    });
    assert.deepEqual(trace(registry), ["GET manifest none 401", "GET manifest basic 401"]);
  });

  test("is not sent to a challenge that does not want it", async (t) => {
    for (const header of ["Negotiate", "Digest realm=x", "", "Basic-like realm=x"]) {
      const { get, registry } = await open(t, { ambient: ambient() });
      challenge(registry, header);
      await assert.rejects(get(), { code: "UNAUTHORIZED" });
      assert.ok(registry.requests.every(({ authorization }) => authorization === "none"));
    }
  });

  test("without credentials the error says where they were looked for", async (t) => {
    const { get, registry } = await open(t, { auth: BASIC });
    await assert.rejects(get(), (error: Error) => {
      assert.match(error.message, /the registry asks for credentials/);
      assert.match(
        error.message,
        /no credentials for 127\.0\.0\.1:\d+ in \/nowhere\/\.docker\/config\.json/,
      );
      assert.match(
        error.message,
        /hint: log in \(docker login 127\.0\.0\.1:\d+\), or give credentials/,
      );
      return true;
    });
    assert.equal(registry.requests.length, 1);
  });
});

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

  test("go nowhere by redirect", async (t) => {
    const { get, registry } = await open(t, { auth, endpoint: { credential } });
    const elsewhere = await serve(t);
    const then = { kind: "redirect", location: `${elsewhere.url}/token` } as const;
    registry.fault({ kind: "token", when: "any", then });
    await assert.rejects(get(), { code: "REGISTRY" });
    assert.equal(elsewhere.requests.length, 0);
  });
});

describe("credentials of the machine that are refused", () => {
  const stale = ambient({ password: "stale password" });

  test("by the token service: what is public is pulled anonymously, from then on", async (t) => {
    const auth = { ...TOKEN, anonymousPull: true };
    const { get, registry } = await open(t, { auth, ambient: stale });
    await get();
    await get();
    assert.deepEqual(
      registry.matching({ kind: "token" }).map(({ authorization }) => authorization),
      ["basic", "none"],
    );
    assert.equal(trace(registry).at(-1), "GET manifest bearer 200");
  });

  test("by the registry: the same, also where it says 403", async (t) => {
    for (const status of [401, 403]) {
      const { get, registry } = await open(t, { ambient: stale });
      challenge(registry, 'Basic realm="x"', 1);
      registry.fault({ kind: "manifest", times: 1, then: { kind: "status", status } });
      await get();
      assert.deepEqual(
        registry.requests.map(({ authorization }) => authorization),
        ["none", "basic", "none"],
      );
    }
  });

  test("the error is that of the first refusal, and names their source", async (t) => {
    const { get, registry } = await open(t, { auth: TOKEN, ambient: stale });
    await assert.rejects(get(), (error: Error & { code?: string }) => {
      assert.equal(error.code, "UNAUTHORIZED");
      assert.match(error.message, /the token service refuses the credentials/);
      assert.match(error.message, /: http:\S+\/token: answered 401, UNAUTHORIZED/);
      assert.match(error.message, /credentials: \/home\/x\/\.docker\/config\.json \(auths\)/);
      assert.match(error.message, /hint: log in to 127\.0\.0\.1:\d+ again/);
      return true;
    });
    assert.equal(registry.count({ kind: "token" }), 2);
  });

  test("a registry that denies without asking for any starts no second try", async (t) => {
    const { get, registry } = await open(t, { ambient: stale });
    registry.fault({ kind: "manifest", then: { kind: "status", status: 403 } });
    await assert.rejects(get(), { code: "FORBIDDEN" });
    assert.equal(registry.requests.length, 1);
  });

  test("many requests at once all get through", async (t) => {
    const auth = { ...TOKEN, anonymousPull: true };
    const { get, registry } = await open(t, { auth, ambient: stale });
    await Promise.all([get(), get(), get()]);
    assert.equal(registry.count({ kind: "manifest", status: 200 }), 3);
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

test("no error shows a secret", async (t) => {
  const credential = explicit({ password: "hunter2-hunter2" });
  const { get, registry } = await open(t, { auth: TOKEN, endpoint: { credential } });
  const sent = Buffer.from(`${LOGIN.username}:hunter2-hunter2`).toString("base64");
  const body = { errors: [{ code: "DENIED", message: `Basic ${sent} is wrong` }] };
  registry.fault({ kind: "token", when: "any", then: { kind: "status", status: 401, body } });
  await assert.rejects(get(), (error: Error) => {
    assert.match(error.message, /DENIED: Basic \[secret\] is wrong/);
    return true;
  });
});
