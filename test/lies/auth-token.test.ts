/**
 * Token services that fail, lie or lead elsewhere: what they say is bounded, what they are sent is for
 * them alone, and nobody waits for them without an end.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { assertFailed, assertPulled, LOGIN, trafficOf } from "../support/pulling";
import type { Fault } from "../support/registry-types";
import { BY_TOKEN, GIVEN, openAuthWorld, TOKEN, withScheme } from "./auth-world";

interface TokenCase {
  readonly fault: Fault;
  readonly code: ErrorCode;
  readonly words: RegExp;
  /** Token requests. Default 1. */
  readonly asked?: number;
}

const answers = (body: object | string, status = 200): Fault => ({ kind: "status", status, body });
const UNUSABLE = { code: "REGISTRY", words: /the token service .*without a usable token/ } as const;
const NO_JSON = { code: "REGISTRY", words: /the token service .*no JSON object/ } as const;

const TOKEN_SERVICES: Readonly<Record<string, TokenCase>> = {
  "answers 500": {
    fault: answers("", 500),
    code: "UNREACHABLE",
    words: /the token service is out of order/,
    asked: 5,
  },
  "answers 429": {
    fault: answers("", 429),
    code: "RATE_LIMITED",
    words: /the token service refuses so many requests/,
    asked: 5,
  },
  "answers 403": { fault: answers("", 403), code: "FORBIDDEN", words: /denies access/ },
  "answers 404": {
    fault: answers("", 404),
    code: "REGISTRY",
    words: /the token service is not there/,
  },
  "says what it was sent": {
    fault: answers({ error: "invalid", error_description: `not ${LOGIN.password}` }, 401),
    code: "UNAUTHORIZED",
    words: /not \[secret\]/,
  },
  "resets every connection": {
    fault: { kind: "reset" },
    code: "UNREACHABLE",
    words: /the token service closed the connection/,
    asked: 5,
  },
  "answers garbage": { fault: answers("<html>"), ...NO_JSON },
  "answers a list": { fault: answers([]), ...UNUSABLE },
  "answers null": { fault: answers("null"), ...NO_JSON },
  "answers nothing": { fault: answers(""), ...NO_JSON },
  "answers without a token": { fault: answers({ expires_in: 60 }), ...UNUSABLE },
  "answers with an empty token": { fault: answers({ token: "", access_token: "" }), ...UNUSABLE },
  "answers with a number for a token": { fault: answers({ token: 7 }), ...UNUSABLE },
  "answers with a token that brings a header": {
    fault: answers({ token: "a\r\nX-Injected: yes" }),
    ...UNUSABLE,
  },
  "answers with 2 MiB": {
    fault: answers({ token: "a".repeat(2 * 1024 ** 2) }),
    code: "LIMIT_EXCEEDED",
    words: /tokenBytes/,
  },
  "answers without an end": {
    fault: { kind: "endless" },
    code: "LIMIT_EXCEEDED",
    words: /tokenBytes/,
  },
  "redirects in a loop": {
    fault: { kind: "redirect", location: "/token" },
    code: "LIMIT_EXCEEDED",
    words: /limits\.redirects/,
    asked: 6,
  },
  "redirects to a file": {
    fault: { kind: "redirect", location: "file:///etc/passwd" },
    code: "REGISTRY",
    words: /the token service redirects to file:/,
  },
  "sends its answer encoded": {
    fault: { kind: "headers", set: { "content-encoding": "gzip" } },
    code: "REGISTRY",
    words: /encodes the content as gzip/,
  },
};

describe("a token service that", () => {
  for (const [name, { fault, code, words, asked = 1 }] of Object.entries(TOKEN_SERVICES)) {
    test(name, async (t) => {
      const { registry, pull } = await openAuthWorld(t, TOKEN);
      registry.fault({ kind: "token", then: fault });
      assertFailed(await pull(), code, words);
      assert.equal(registry.count({ kind: "token" }), asked);
      assert.equal(registry.count({ kind: "manifest" }), 1);
    });
  }

  test("is silent", async (t) => {
    const { registry, sandbox } = await openAuthWorld(t, TOKEN);
    registry.fault({ kind: "token", then: { kind: "stall" } });
    const deadlines = { headers: 5_000, document: 200 };
    assertFailed(await sandbox.pull({ ...GIVEN, deadlines }), "TIMEOUT", /the token service/);
    assert.equal(registry.count({ kind: "token" }), 1);
  });

  for (const lifetime of [undefined, null, 0, -1, 1e300, "soon", {}]) {
    test(`says a token lives ${lifetime === undefined ? "" : JSON.stringify(lifetime)}`, async (t) => {
      const { registry, pull } = await openAuthWorld(t, TOKEN);
      registry.fault({
        kind: "token",
        then: {
          kind: "body",
          bytes: (bytes) => {
            const document = JSON.parse(Buffer.from(bytes).toString()) as object;
            return Buffer.from(JSON.stringify({ ...document, expires_in: lifetime }));
          },
        },
      });
      assertPulled(await pull());
      assert.deepEqual(trafficOf(registry, withScheme), BY_TOKEN);
    });
  }

  test("redirects elsewhere: the login stays", async (t) => {
    const { registry, stranger, pull } = await openAuthWorld(t, TOKEN);
    registry.fault({
      kind: "token",
      then: { kind: "redirect", location: `${stranger.url}/token?from=registry` },
    });
    const body = { token: "for-anybody" };
    stranger.fault({ kind: "token", then: { kind: "status", status: 200, body } });
    assertFailed(await pull(), "UNAUTHORIZED", /refuses the credentials/);
    assert.deepEqual(trafficOf(stranger, withScheme), ["token none 200"]);
  });

  test("redirects a refresh token elsewhere: it is not followed at all", async (t) => {
    const { registry, stranger, sandbox } = await openAuthWorld(t, {
      ...TOKEN,
      identityToken: "refresh-geheim",
    });
    const location = `${stranger.url}/token`;
    registry.fault({ kind: "token", then: { kind: "redirect", location } });
    const inputs = { plainHttp: true, credentials: { identityToken: "refresh-geheim" } };
    const words = /redirects a request that carries a credential/;
    assertFailed(await sandbox.pull({ inputs }), "REGISTRY", words);
    assert.equal(stranger.requests.length, 0);
  });
});
