import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { RegistryOptions, TestRegistry, TokenAuth } from "./registry";
import { registryFor } from "./registry-for-test";

const LOGIN = { username: "robot$x", password: "pass:word" };
const TOKEN: TokenAuth = { kind: "token", ...LOGIN };
const BASIC = `Basic ${Buffer.from("robot$x:pass:word").toString("base64")}`;
const WRONG = `Basic ${Buffer.from("robot$x:other").toString("base64")}`;

async function started(context: TestContext, options: RegistryOptions): Promise<TestRegistry> {
  const registry = await registryFor(context, options);
  registry.repository("team/a").putBlob("x");
  registry.repository("team/b").putBlob("x");
  return registry;
}

function get(url: string, authorization?: string): Promise<Response> {
  return fetch(url, { headers: authorization === undefined ? {} : { authorization } });
}

async function statusOf(url: string, authorization?: string): Promise<number> {
  return (await get(url, authorization)).status;
}

/** Parameters of a Bearer challenge. */
function challengeOf(response: Response): Readonly<Record<string, string>> {
  const header = response.headers.get("www-authenticate") ?? "";
  assert.match(header, /^Bearer /);
  const pairs = [...header.matchAll(/(\w+)="([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name ?? "", value ?? ""]));
}

function tokenUrl(registry: TestRegistry, ...scopes: readonly string[]): string {
  const query = new URLSearchParams([["service", "test-registry"]]);
  for (const scope of scopes) query.append("scope", scope);
  return `${registry.tokenUrl ?? ""}?${query.toString()}`;
}

interface TokenAnswer {
  readonly token?: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

async function tokenFor(registry: TestRegistry, scope: string, login?: string): Promise<string> {
  const response = await get(tokenUrl(registry, scope), login);
  assert.equal(response.status, 200);
  return `Bearer ${((await response.json()) as TokenAnswer).access_token}`;
}

describe("Basic", () => {
  test("asks for a login, and lets in only who has the right one", async (t) => {
    const registry = await started(t, { auth: { kind: "basic", ...LOGIN } });
    const url = `${registry.url}/v2/team/a/tags/list`;
    const challenged = await get(url);
    assert.equal(challenged.status, 401);
    assert.equal(challenged.headers.get("www-authenticate"), 'Basic realm="test registry"');
    assert.equal(await statusOf(url, WRONG), 401);
    assert.equal(await statusOf(url, BASIC), 200);
    assert.equal(await statusOf(`${registry.url}/v2/`), 401);
  });

  test("anonymous pulls do not open the way to push", async (t) => {
    const auth = { kind: "basic", ...LOGIN, anonymousPull: true } as const;
    const registry = await started(t, { auth });
    const url = `${registry.url}/v2/team/a`;
    assert.equal(await statusOf(`${url}/tags/list`), 200);
    assert.equal(await statusOf(`${url}/tags/list`, WRONG), 401, "a wrong login is refused");
    const upload = await fetch(`${url}/blobs/uploads/`, { method: "POST" });
    assert.equal(upload.status, 401);
  });

  test("a repository that is not the user's answers 403", async (t) => {
    const auth = { kind: "basic", ...LOGIN, repositories: ["team/a"] } as const;
    const registry = await started(t, { auth });
    assert.equal(await statusOf(`${registry.url}/v2/team/a/tags/list`, BASIC), 200);
    const denied = await get(`${registry.url}/v2/team/b/tags/list`, BASIC);
    assert.equal(denied.status, 403);
    assert.match(await denied.text(), /"code":"DENIED"/);
  });
});

describe("tokens", () => {
  for (const realm of ["same", "separate"] as const) {
    test(`challenge, token, pull: the flow with the realm on the ${realm} server`, async (t) => {
      const registry = await started(t, { auth: { ...TOKEN, realm } });
      const url = `${registry.url}/v2/team/a/tags/list`;
      const challenge = challengeOf(await get(url));
      assert.deepEqual(challenge, {
        realm: registry.tokenUrl,
        service: "test-registry",
        scope: "repository:team/a:pull",
      });
      assert.equal(registry.tokenUrl?.startsWith(registry.url), realm === "same");
      const token = await tokenFor(registry, challenge["scope"], BASIC);
      assert.equal(await statusOf(url, token), 200);
      const seen = registry.requests.map(({ authorization, server, status }) => [
        authorization,
        server,
        status,
      ]);
      assert.deepEqual(seen, [
        ["none", "registry", 401],
        ["basic", realm === "same" ? "registry" : "token", 200],
        ["bearer", "registry", 200],
      ]);
    });
  }

  test("the ping is challenged without a scope", async (t) => {
    const registry = await started(t, { auth: TOKEN });
    const challenge = challengeOf(await get(`${registry.url}/v2/`));
    assert.deepEqual(Object.keys(challenge), ["realm", "service"]);
  });

  test("a token opens the repository and the actions that it was asked for, no others", async (t) => {
    const registry = await started(t, { auth: TOKEN });
    const token = await tokenFor(registry, "repository:team/a:pull", BASIC);
    const other = await get(`${registry.url}/v2/team/b/tags/list`, token);
    assert.equal(other.status, 401);
    assert.equal(challengeOf(other)["error"], "insufficient_scope");
    const push = await fetch(`${registry.url}/v2/team/a/blobs/uploads/`, {
      method: "POST",
      headers: { authorization: token },
    });
    assert.equal(push.status, 401);
    assert.equal(challengeOf(push)["scope"], "repository:team/a:pull,push");
  });

  test("one token serves several scopes, repeated or in one field", async (t) => {
    const registry = await started(t, { auth: TOKEN });
    const scopes = ["repository:team/a:pull", "repository:team/b:pull,push"];
    for (const asked of [scopes, [scopes.join(" ")]]) {
      const response = await get(tokenUrl(registry, ...asked), BASIC);
      const token = `Bearer ${((await response.json()) as TokenAnswer).access_token}`;
      assert.equal(await statusOf(`${registry.url}/v2/team/a/tags/list`, token), 200);
      assert.equal(await statusOf(`${registry.url}/v2/team/b/tags/list`, token), 200);
    }
  });

  test("a user gets no token for a repository that is not theirs", async (t) => {
    const registry = await started(t, { auth: { ...TOKEN, repositories: ["team/a"] } });
    const token = await tokenFor(registry, "repository:team/b:pull", BASIC);
    assert.equal(await statusOf(`${registry.url}/v2/team/b/tags/list`, token), 401);
  });

  test("the token service refuses a wrong login, and nobody where pulls are not anonymous", async (t) => {
    const registry = await started(t, { auth: TOKEN });
    const url = tokenUrl(registry, "repository:team/a:pull");
    assert.equal(await statusOf(url, WRONG), 401);
    assert.equal(await statusOf(url), 401);
    assert.equal(await statusOf(`${registry.tokenUrl ?? ""}?service=other`, BASIC), 400);
  });

  test("an anonymous token pulls, and does not push", async (t) => {
    const registry = await started(t, { auth: { ...TOKEN, anonymousPull: true } });
    const token = await tokenFor(registry, "repository:team/a:pull,push");
    assert.equal(await statusOf(`${registry.url}/v2/team/a/tags/list`, token), 200);
    const push = await fetch(`${registry.url}/v2/team/a/blobs/uploads/`, {
      method: "POST",
      headers: { authorization: token },
    });
    assert.equal(push.status, 401);
  });

  test("a token ends by its time, or when all are revoked", async (t) => {
    let now = 1_000_000;
    const registry = await started(t, { auth: { ...TOKEN, expiresIn: 60 }, now: () => now });
    const url = `${registry.url}/v2/team/a/tags/list`;
    const first = await tokenFor(registry, "repository:team/a:pull", BASIC);
    now += 59_999;
    assert.equal(await statusOf(url, first), 200);
    now += 1;
    const expired = await get(url, first);
    assert.equal(expired.status, 401);
    assert.equal(challengeOf(expired)["error"], "invalid_token");

    const second = await tokenFor(registry, "repository:team/a:pull", BASIC);
    assert.equal(await statusOf(url, second), 200);
    registry.revokeTokens();
    assert.equal(await statusOf(url, second), 401);
  });

  test("OAuth2: a refresh token or a password buys an access token, and the form is logged", async (t) => {
    const registry = await started(t, { auth: { ...TOKEN, identityToken: "refresh-me" } });
    const post = (fields: Readonly<Record<string, string>>): Promise<Response> =>
      fetch(registry.tokenUrl ?? "", {
        method: "POST",
        body: new URLSearchParams({
          service: "test-registry",
          scope: "repository:team/a:pull",
          client_id: "test",
          ...fields,
        }),
      });
    const refresh = { grant_type: "refresh_token", refresh_token: "refresh-me" };
    const refreshed = (await (await post(refresh)).json()) as TokenAnswer;
    assert.deepEqual(Object.keys(refreshed), ["access_token", "expires_in", "issued_at"]);
    assert.equal(
      await statusOf(`${registry.url}/v2/team/a/tags/list`, `Bearer ${refreshed.access_token}`),
      200,
    );
    assert.match(registry.requests[0]?.form ?? "", /grant_type=refresh_token/);

    const password = { grant_type: "password", ...LOGIN, access_type: "offline" };
    const bought = (await (await post(password)).json()) as TokenAnswer;
    assert.equal(bought.refresh_token, "refresh-me");
    assert.equal((await post({ ...refresh, refresh_token: "stale" })).status, 401);
    assert.equal((await post({ ...password, password: "other" })).status, 401);
    assert.equal((await post({ grant_type: "client_credentials" })).status, 401);
  });
});
