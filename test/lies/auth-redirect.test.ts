/**
 * Redirects to other hosts, ports and schemes, in circles and back: what was asked for may come from
 * anywhere, for its digest is known; the credential stays where it was given for.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { assertFailed, assertPulled, LOGIN, REPOSITORY, trafficOf } from "../support/pulling";
import type { LoggedRequest, TestRegistry } from "../support/registry-types";
import { BASIC, challenge, GIVEN, openAuthWorld, TOKEN, withScheme } from "./auth-world";

type Where = (registry: TestRegistry, stranger: TestRegistry) => (path: string) => string;

interface RedirectCase {
  readonly kind: "manifest" | "blob";
  readonly to: Where;
  /** Redirects that are met. Default: all. */
  readonly times?: number;
  readonly status?: number;
  /** None: the pull succeeds. */
  readonly code?: ErrorCode;
  readonly words?: RegExp;
  /** Of the stranger. */
  readonly there: readonly string[];
}

const elsewhere: Where = (_, stranger) => (path) => stranger.url + path;
const fixed =
  (location: string): Where =>
  () =>
  () =>
    location;

const REDIRECTS: Readonly<Record<string, RedirectCase>> = {
  "a manifest to another port": { kind: "manifest", to: elsewhere, there: ["manifest none 200"] },
  "a blob to another port": { kind: "blob", to: elsewhere, there: ["blob none 200"] },
  "a blob to another host": {
    kind: "blob",
    to: (_, stranger) => (path) => `http://${stranger.localhost}${path}`,
    there: ["blob none 200"],
  },
  "a blob to another name of itself": {
    kind: "blob",
    to: (registry) => (path) => `http://${registry.localhost}${path}`,
    times: 1,
    code: "UNAUTHORIZED",
    words: /the host it redirects to asks for credentials/,
    there: [],
  },
  "a blob without a scheme": {
    kind: "blob",
    to: (_, stranger) => (path) => `//${stranger.host}${path}`,
    there: ["blob none 200"],
  },
  "a blob with a login in the location": {
    kind: "blob",
    to: (_, stranger) => (path) => `http://admin:geheim@${stranger.host}${path}`,
    there: ["blob none 200"],
  },
  "a blob with a signature in the location, to a place that refuses it": {
    kind: "blob",
    to: (_, stranger) => () => `${stranger.url}/v2/a/blobs/b?X-Amz-Signature=${LOGIN.username}`,
    code: "NOT_FOUND",
    words: /^(?![^]*robot)[^]*the host it redirects to does not have it/,
    there: ["blob none 404"],
  },
  "a blob in a loop": {
    kind: "blob",
    to: () => (path) => path,
    code: "LIMIT_EXCEEDED",
    words: /limit redirects of 5[^]*raise limits\.redirects/,
    there: [],
  },
  "a blob along an endless way": {
    kind: "blob",
    to: () => (path) => `${path}0`,
    code: "LIMIT_EXCEEDED",
    words: /limit redirects of 5/,
    there: [],
  },
  "a blob to a file": {
    kind: "blob",
    to: fixed("file:///etc/passwd"),
    code: "REGISTRY",
    words: /redirects to file:, which is neither http: nor https:/,
    there: [],
  },
  "a manifest to data": {
    kind: "manifest",
    to: fixed("data:application/json,{}"),
    code: "REGISTRY",
    words: /redirects to data:/,
    there: [],
  },
  "a blob nowhere": {
    kind: "blob",
    to: fixed(""),
    code: "REGISTRY",
    words: /redirects without saying where/,
    there: [],
  },
  "a blob to what is no URL": {
    kind: "blob",
    to: fixed("http://[:::"),
    code: "REGISTRY",
    words: /redirects to something that is no URL/,
    there: [],
  },
  "a blob to a port where nobody is": {
    kind: "blob",
    to: fixed("http://127.0.0.1:1/"),
    code: "UNREACHABLE",
    words: /the host it redirects to refuses connections/,
    there: [],
  },
};

describe("a registry redirects", () => {
  for (const [name, row] of Object.entries(REDIRECTS)) {
    for (const auth of [BASIC, TOKEN]) {
      test(`${name}, with a ${auth.kind} login`, async (t) => {
        const { registry, stranger, pull } = await openAuthWorld(t, auth);
        const locate = row.to(registry, stranger);
        registry.fault({
          kind: row.kind,
          ...(row.times === undefined ? {} : { times: row.times }),
          then: { kind: "redirect", location: ({ path }: LoggedRequest) => locate(path) },
        });
        const result = await pull();
        if (row.code === undefined) assertPulled(result);
        else assertFailed(result, row.code, row.words ?? /./);
        assert.deepEqual(trafficOf(stranger, withScheme), row.there);
      });
    }
  }

  test("a blob elsewhere, and from there back: the login does not come back either", async (t) => {
    const { registry, stranger, pull } = await openAuthWorld(t, BASIC);
    const back =
      (server: TestRegistry) =>
      ({ path }: LoggedRequest) =>
        server.url + path;
    registry.fault({
      kind: "blob",
      times: 1,
      then: { kind: "redirect", location: back(stranger) },
    });
    stranger.fault({ kind: "blob", then: { kind: "redirect", location: back(registry) } });
    assertFailed(await pull(), "UNAUTHORIZED", /asks for credentials/);
    assert.equal(registry.requests.at(-1)?.authorization, "none");
  });

  test("a blob to a place that asks for a login: it gets none", async (t) => {
    const { registry, stranger, pull } = await openAuthWorld(t, BASIC);
    const location = ({ path }: LoggedRequest): string => stranger.url + path;
    registry.fault({ kind: "blob", then: { kind: "redirect", location } });
    const headers = { "www-authenticate": `Bearer realm="${stranger.url}/token"` };
    stranger.fault({ kind: "blob", then: { kind: "status", status: 401, headers } });
    assertFailed(await pull(), "UNAUTHORIZED", /the host it redirects to asks for credentials/);
    assert.deepEqual(trafficOf(stranger, withScheme), ["blob none 401"]);
  });

  test("a blob with an endless body: nobody reads it", async (t) => {
    const { registry, stranger, pull } = await openAuthWorld(t, BASIC);
    registry.fault({
      kind: "blob",
      then: {
        kind: "handler",
        handle: ({ url }, response) => {
          response.on("error", () => undefined);
          response.writeHead(307, { location: stranger.url + (url ?? "") });
          const more = (): void => {
            while (!response.destroyed && response.write("x".repeat(10_000)));
          };
          response.on("drain", more);
          more();
        },
      },
    });
    assertPulled(await pull());
  });
});

describe("what a registry says about what it was sent", () => {
  const pair = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
  const echoes: Readonly<Record<string, string>> = {
    "the password": LOGIN.password,
    "the header": `Basic ${pair}`,
    "the password in a URL": `http://${LOGIN.username}:${encodeURIComponent(LOGIN.password)}@host/`,
    "the password and a control sequence": `\u001b[31m${LOGIN.password}\u202e\nhint: none`,
  };
  for (const [name, message] of Object.entries(echoes)) {
    for (const status of [403, 500, 418]) {
      test(`${name}, with ${status}`, async (t) => {
        const { registry, pull } = await openAuthWorld(t);
        challenge(registry, ['Basic realm="r"'], 1);
        const body = { errors: [{ code: "DENIED", message }] };
        registry.fault({ kind: "manifest", then: { kind: "status", status, body } });
        // That it is not said again is checked after every pull.
        const { error } = await pull();
        assert.match(error?.message ?? "", new RegExp(`answered ${status}, DENIED: `));
      });
    }
  }

  test("in a header where a digest should be", async (t) => {
    const { registry, pull } = await openAuthWorld(t, BASIC);
    const value = `Basic ${pair} ${LOGIN.password}`;
    registry.fault({ kind: "manifest", then: { kind: "digestHeader", value } });
    assertFailed(await pull(), "DIGEST_MISMATCH", /came under the header Basic \[secret\]/);
  });

  test("in a content type and an encoding", async (t) => {
    const { registry, pull } = await openAuthWorld(t, BASIC);
    const set = { "content-encoding": `${LOGIN.password}; ${pair}` };
    registry.fault({ kind: "manifest", then: { kind: "headers", set } });
    assertFailed(await pull(), "REGISTRY", /encodes the content as \[secret\]; \[secret\]/);
  });

  test("in the location of a redirect", async (t) => {
    const { registry, pull } = await openAuthWorld(t, BASIC);
    const location = `http://127.0.0.1:1/${pair}?password=${LOGIN.password}`;
    registry.fault({ kind: "blob", then: { kind: "redirect", location } });
    assertFailed(await pull(), "UNREACHABLE", /refuses connections/);
  });
});

test("the login is for one host: another one that asks for it gets none", async (t) => {
  const { registry, stranger, sandbox } = await openAuthWorld(t, BASIC);
  challenge(stranger, ['Basic realm="r"']);
  const reference = `${stranger.host}/${REPOSITORY}:1`;
  const result = await sandbox.pull({ reference, inputs: { plainHttp: true } });
  assertFailed(result, "UNAUTHORIZED", /no credentials for 127/);
  assert.equal(registry.requests.length, 0);
  assertPulled(await sandbox.pull(GIVEN));
});
