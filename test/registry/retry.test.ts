import * as assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { openAsking } from "../../provider/registry/asking";
import {
  nextPause,
  type Outcome,
  parseRetryAfter,
  type Patience,
} from "../../provider/registry/retry";
import { BARE } from "./world";

const NOW = Date.parse("2026-01-01T00:00:00Z");

/** All pauses until it gives up. */
function pausesOf(outcome: Outcome, patience?: Patience): readonly number[] {
  const pauses: number[] = [];
  let waited = 0;
  for (;;) {
    const pause = nextPause(outcome, pauses.length + 1, waited, NOW, patience);
    if (pause === undefined) return pauses;
    pauses.push(pause);
    waited += pause;
  }
}

const status = (value: number, retryAfter?: string): Outcome => ({ status: value, retryAfter });
const broken = (code: string): Outcome => ({ cause: Object.assign(new Error(code), { code }) });
const BACKOFF = [500, 1_000, 2_000, 4_000];

describe("nextPause", () => {
  for (const value of [408, 425, 429, 500, 502, 503, 504]) {
    test(`${value} is tried five times`, () => {
      assert.deepEqual(pausesOf(status(value)), BACKOFF);
    });
  }
  for (const value of [200, 206, 304, 400, 401, 403, 404, 405, 416]) {
    test(`${value} is final`, () => {
      assert.deepEqual(pausesOf(status(value)), []);
    });
  }
  test("a connection that broke is tried five times", () => {
    assert.deepEqual(pausesOf(broken("ECONNRESET")), BACKOFF);
    assert.deepEqual(pausesOf(broken("UND_ERR_SOCKET")), BACKOFF);
  });
  test("a host that is not there gets one more look", () => {
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"]) {
      assert.deepEqual(pausesOf(broken(code)), [250]);
    }
  });
  test("a body that falls silent gets two more", () => {
    assert.deepEqual(pausesOf(broken("UND_ERR_BODY_TIMEOUT")), [500, 1_000]);
  });
  test("certificates, parsers and unknown reasons are final", () => {
    for (const code of ["CERT_HAS_EXPIRED", "HPE_INVALID_CONSTANT", "EWHATEVER"]) {
      assert.deepEqual(pausesOf(broken(code)), []);
    }
    assert.deepEqual(pausesOf({ cause: undefined }), []);
  });
  test("Retry-After lengthens the pause, and never shortens it", () => {
    assert.deepEqual(pausesOf(status(429, "3")), [3_000, 3_000, 3_000, 4_000]);
    assert.deepEqual(pausesOf(status(503, "0")), BACKOFF);
  });
  test("a day of Retry-After costs half a minute, and a minute in all", () => {
    assert.deepEqual(pausesOf(status(429, "86400")), [30_000, 30_000]);
  });
});

describe("nextPause where another endpoint is at hand", () => {
  test("what may heal at once gets one more try", () => {
    for (const value of [408, 425, 429, 500, 502, 503, 504]) {
      assert.deepEqual(pausesOf(status(value), "short"), [1_000]);
    }
    assert.deepEqual(pausesOf(broken("ECONNRESET"), "short"), [1_000]);
    assert.deepEqual(pausesOf(broken("UND_ERR_SOCKET"), "short"), [1_000]);
  });
  test("nobody there, and nobody who speaks, is not waited for", () => {
    const codes = ["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"];
    for (const code of [...codes, "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]) {
      assert.deepEqual(pausesOf(broken(code), "short"), []);
    }
  });
  test("a Retry-After of a few seconds is kept to, a longer one sends on", () => {
    assert.deepEqual(pausesOf(status(429, "3"), "short"), [3_000]);
    assert.deepEqual(pausesOf(status(429, "4"), "short"), []);
    assert.deepEqual(pausesOf(status(503, "0"), "short"), [1_000]);
    assert.deepEqual(pausesOf(status(429, "Thu, 01 Jan 2026 00:01:00 GMT"), "short"), []);
  });
  test("what is final stays so", () => {
    for (const value of [200, 400, 401, 403, 404]) {
      assert.deepEqual(pausesOf(status(value), "short"), []);
    }
  });
});

describe("parseRetryAfter", () => {
  const cases: readonly (readonly [string | undefined, number | undefined])[] = [
    [undefined, undefined],
    ["", undefined],
    ["7", 7_000],
    [" 7 ", 7_000],
    ["-1", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
    ["Wed, 31 Dec 2025 23:59:59 GMT", undefined],
    ["Thursday, 01-Jan-26 00:00:09 GMT", 9_000],
    ["2026-01-02", undefined],
  ];
  for (const [header, expected] of cases) {
    test(String(header), () => {
      assert.equal(parseRetryAfter(header, NOW), expected);
    });
  }
});

test("many that wait under one signal bring no warning of a leak, and all end with it", async () => {
  const { wait } = openAsking(BARE);
  const signals = new AbortController();
  const warnings: string[] = [];
  const hear = ({ name }: Error): number => warnings.push(name);
  process.on("warning", hear);
  const waits = Array.from({ length: 32 }, () => wait(60_000, signals.signal));
  // Behind all that they may have brought.
  process.emitWarning("heard", "LastWarning");
  await once(process, "warning");
  process.off("warning", hear);
  signals.abort();
  const ended = await Promise.allSettled(waits);
  assert.ok(ended.every(({ status }) => status === "rejected"));
  assert.deepEqual(warnings, ["LastWarning"]);
});
