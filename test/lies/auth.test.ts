/**
 * Registries whose challenges lie: the password goes to the registry and its token service alone, the
 * conversation ends, and what is said of it holds no secret.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertFailed, assertPulled, REPOSITORY, trafficOf } from "../support/pulling";
import type { RegistryAuth, TestRegistry } from "../support/registry-types";
import {
  BASIC,
  bearer,
  BY_BASIC,
  BY_TOKEN,
  challenge,
  GIVEN,
  openAuthWorld,
  TOKEN,
  withScheme,
} from "./auth-world";

interface ChallengeCase {
  readonly lines: (registry: TestRegistry, stranger: TestRegistry) => readonly string[];
  readonly auth?: RegistryAuth;
  /** None: the pull succeeds. */
  readonly words?: RegExp;
  readonly traffic: readonly string[];
}

const REFUSED = ["manifest none 401"];
const CHALLENGES: Readonly<Record<string, ChallengeCase>> = {
  "no challenge at all": {
    lines: () => [],
    words: /names no way to log in/,
    traffic: REFUSED,
  },
  "an empty one": { lines: () => [""], words: /names no way to log in/, traffic: REFUSED },
  garbage: {
    lines: () => ['=,,"=\\"",\\ =realm', "\u00ff\u00fe ;;;"],
    words: /asks for credentials/,
    traffic: REFUSED,
  },
  "one of 8 KiB of commas and quotes": {
    lines: () => [`${'a="'.repeat(2_000)}${",".repeat(2_000)}`],
    words: /asks for credentials/,
    traffic: REFUSED,
  },
  "Negotiate alone": {
    lines: () => ["Negotiate"],
    words: /it asks for negotiate/,
    traffic: REFUSED,
  },
  "NTLM and Digest": {
    lines: () => ["NTLM TlRMTVNTUAAB", 'Digest realm="r", nonce="n", qop="auth"'],
    words: /it asks for ntlm, digest/,
    traffic: REFUSED,
  },
  "Negotiate and Basic in one line": {
    auth: BASIC,
    lines: () => ['Negotiate, Basic realm="r, s"'],
    traffic: BY_BASIC,
  },
  "Negotiate and Basic in two lines": {
    auth: BASIC,
    lines: () => ["Negotiate", 'Basic realm="r"'],
    traffic: BY_BASIC,
  },
  "Basic in other letters and without a realm": {
    auth: BASIC,
    lines: () => ["bASIC"],
    traffic: BY_BASIC,
  },
  "a Bearer that cannot be asked and one that can": {
    auth: TOKEN,
    lines: ({ tokenUrl }) => [`Bearer realm="", ${bearer(tokenUrl ?? "")}`],
    traffic: BY_TOKEN,
  },
  "a realm without quotes": {
    auth: TOKEN,
    lines: ({ tokenUrl }) => [`Bearer realm=${tokenUrl ?? ""},service=test-registry`],
    traffic: BY_TOKEN,
  },
  "a realm with a login of its own": {
    auth: TOKEN,
    lines: ({ tokenUrl = "" }) => [bearer(tokenUrl.replace("//", "//admin:geheim@"))],
    traffic: BY_TOKEN,
  },
  ...Object.fromEntries(
    [
      "",
      "/token",
      "token",
      "file:///etc/passwd",
      "ftp://127.0.0.1/token",
      "javascript:alert(1)",
      "http://",
    ].map((realm): [string, ChallengeCase] => [
      `the realm "${realm}"`,
      { lines: () => [bearer(realm)], words: /names (no|a) token service/, traffic: REFUSED },
    ]),
  ),
};

describe("a challenge with", () => {
  for (const [name, { lines, auth, words, traffic }] of Object.entries(CHALLENGES)) {
    test(name, async (t) => {
      const { registry, stranger, pull } = await openAuthWorld(t, auth);
      challenge(registry, lines(registry, stranger), words === undefined ? 1 : Infinity);
      const result = await pull();
      if (words === undefined) assertPulled(result);
      else assertFailed(result, "UNAUTHORIZED", words);
      assert.deepEqual(trafficOf(registry, withScheme), traffic);
    });
  }

  for (const address of ["127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"]) {
    test(`the bare address ${address} as its realm: no login goes there`, async (t) => {
      const { registry, stranger, sandbox } = await openAuthWorld(t);
      challenge(registry, [bearer(`http://${address}:${stranger.port}/token`)]);
      const body = { token: "for-anybody" };
      stranger.fault({ kind: "token", then: { kind: "status", status: 200, body } });
      const reference = `${registry.localhost}/${REPOSITORY}:1`;
      const words = /credentials: the input "credentials", withheld: .* bare address/;
      assertFailed(await sandbox.pull({ ...GIVEN, reference }), "UNAUTHORIZED", words);
      assert.deepEqual(trafficOf(stranger, withScheme), ["token none 200"]);
    });
  }

  test("a wider scope than pull: the token is for pull alone", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    challenge(
      registry,
      [
        `${bearer(registry.tokenUrl ?? "")},scope="repository:${REPOSITORY}:pull,push,delete registry:catalog:*"`,
      ],
      1,
    );
    assertPulled(await pull());
    assert.deepEqual(scopes(registry), [[`repository:${REPOSITORY}:pull`]]);
  });

  test("a scope of another repository: the token is for the one that is pulled", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    const scope = "repository:secret/app:pull";
    challenge(registry, [`${bearer(registry.tokenUrl ?? "")},scope="${scope}"`], 1);
    assertPulled(await pull());
    assert.deepEqual(scopes(registry), [[`repository:${REPOSITORY}:pull`]]);
  });

  test("parameters inside its parameters: they stay inside", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    const service = "test-registry&scope=repository:secret/app:pull#";
    challenge(registry, [`Bearer realm="${registry.tokenUrl ?? ""}?scope=a",service="${service}"`]);
    assertFailed(await pull(), "UNAUTHORIZED", /the token service/);
    const { searchParams } = new URL(
      registry.matching({ kind: "token" })[0]?.path ?? "",
      registry.url,
    );
    assert.deepEqual(searchParams.getAll("service"), [service]);
    assert.deepEqual(searchParams.getAll("scope"), ["a", `repository:${REPOSITORY}:pull`]);
  });

  test("insufficient_scope, again and again", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    const scope = `repository:${REPOSITORY}:pull,push repository:other/app:pull`;
    const error = `error="insufficient_scope",scope="${scope}"`;
    challenge(registry, [`${bearer(registry.tokenUrl ?? "")},${error}`]);
    assertFailed(await pull(), "UNAUTHORIZED", /refuses the credentials/);
    assert.equal(registry.count({ kind: "manifest" }), 3);
    for (const asked of scopes(registry).flat()) assert.match(asked, /^repository:[a-z/]+:pull$/);
  });
});

/** The scopes of each token request. */
function scopes(registry: TestRegistry): readonly (readonly string[])[] {
  return registry
    .matching({ kind: "token" })
    .map(({ path }) => new URL(path, registry.url).searchParams.getAll("scope"));
}

describe("a registry that answers 401", () => {
  test("to the right password, for ever", async (t) => {
    const { registry, pull } = await openAuthWorld(t, BASIC);
    challenge(registry, ['Basic realm="r"']);
    assertFailed(await pull(), "UNAUTHORIZED", /refuses the credentials/);
    assert.deepEqual(trafficOf(registry, withScheme), ["manifest none 401", "manifest basic 401"]);
  });

  test("to every token, for ever", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    challenge(registry, [bearer(registry.tokenUrl ?? "")]);
    assertFailed(await pull(), "UNAUTHORIZED", /refuses the credentials/);
    assert.deepEqual(trafficOf(registry, withScheme), [
      "manifest none 401",
      "token basic 200",
      "manifest bearer 401",
    ]);
  });

  test("to a token between the manifest and its blob: another one is asked for", async (t) => {
    const { registry, pull } = await openAuthWorld(t, TOKEN);
    registry.fault({
      kind: "blob",
      when: "any",
      times: 1,
      then: {
        kind: "handler",
        handle: (_, response) => {
          registry.revokeTokens();
          response.setHeader("www-authenticate", bearer(registry.tokenUrl ?? ""));
          response.writeHead(401).end();
        },
      },
    });
    assertPulled(await pull());
    assert.equal(registry.count({ kind: "token" }), 2);
  });

  test("and sets cookies: none comes back", async (t) => {
    const { registry, pull } = await openAuthWorld(t, BASIC);
    challenge(registry, ['Basic realm="r"'], 1);
    const set = { "set-cookie": "session=geheim; Path=/; Domain=127.0.0.1" };
    registry.fault({ then: { kind: "headers", set } });
    // That none comes back is checked after every pull.
    assertPulled(await pull());
  });
});
