/**
 * Registries that are overrun, out of order, silent or slow, and tags that move while they are
 * pulled. Pauses are planned and not slept; deadlines are short.
 */
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { describe, test } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES, type ArtifactContent } from "../support/artifacts";
import {
  assertFailed,
  assertPulled,
  KNOWN,
  openSandbox,
  publishKnown,
  REPOSITORY,
  trafficOf,
  type PullResult,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { Fault, FaultPlan } from "../support/registry-types";

const BACKOFF = [500, 1_000, 2_000, 4_000];
const DAY = 24 * 60 * 60;

const status = (code: number, retryAfter?: string): Fault => ({
  kind: "status",
  status: code,
  ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
});

interface StatusCase {
  readonly fault: Fault;
  /** How often it is met. Default: always. */
  readonly times?: number;
  /** None: the pull succeeds. */
  readonly code?: ErrorCode;
  readonly words?: RegExp;
  readonly tries: number;
  readonly pauses: readonly number[];
}

const SLOW_DOWN = { code: "RATE_LIMITED", words: /refuses so many requests/ } as const;
const OUT_OF_ORDER = { code: "UNREACHABLE", words: /is out of order/ } as const;
const NO_SENSE = { code: "REGISTRY", words: /makes no sense here/, tries: 1, pauses: [] } as const;

const STATUSES: Readonly<Record<string, StatusCase>> = {
  "429 and 7 seconds": { fault: status(429, "7"), times: 1, tries: 2, pauses: [7_000] },
  "429 and 0 seconds": { fault: status(429, "0"), times: 1, tries: 2, pauses: [500] },
  "429 and a day, once": { fault: status(429, `${DAY}`), times: 1, tries: 2, pauses: [30_000] },
  "429 and a day, always": {
    fault: status(429, `${DAY}`),
    ...SLOW_DOWN,
    tries: 3,
    pauses: [30_000, 30_000],
  },
  "429 and the year 9999": {
    fault: status(429, "Fri, 31 Dec 9999 23:59:59 GMT"),
    times: 1,
    tries: 2,
    pauses: [30_000],
  },
  "429 and a date long ago": {
    fault: status(429, "Thu, 01 Jan 1970 00:00:00 GMT"),
    times: 1,
    tries: 2,
    pauses: [500],
  },
  "429 and a number beyond all numbers": {
    fault: status(429, "9".repeat(400)),
    times: 1,
    tries: 2,
    pauses: [30_000],
  },
  "429 and garbage": { fault: status(429, "soon; -1"), times: 1, tries: 2, pauses: [500] },
  "429 and less than nothing": { fault: status(429, "-60"), times: 1, tries: 2, pauses: [500] },
  "429 without an end": { fault: status(429), ...SLOW_DOWN, tries: 5, pauses: BACKOFF },
  "500 four times": { fault: status(500), times: 4, tries: 5, pauses: BACKOFF },
  "500 without an end": { fault: status(500), ...OUT_OF_ORDER, tries: 5, pauses: BACKOFF },
  "503 and 2 seconds": { fault: status(503, "2"), times: 1, tries: 2, pauses: [2_000] },
  "503 without an end": { fault: status(503), ...OUT_OF_ORDER, tries: 5, pauses: BACKOFF },
  "408 once": { fault: status(408), times: 1, tries: 2, pauses: [500] },
  "204 in place of content": { fault: status(204), ...NO_SENSE },
  "304 in place of content": { fault: status(304), ...NO_SENSE },
  "418": { fault: status(418), ...NO_SENSE },
  "999": { fault: status(999), ...OUT_OF_ORDER, tries: 5, pauses: BACKOFF },
};

describe("an answer of", () => {
  for (const [name, { fault, times, code, words, tries, pauses }] of Object.entries(STATUSES)) {
    for (const kind of ["manifest", "blob"] as const) {
      test(`${name}, to a ${kind}`, async (t) => {
        const registry = await registryFor(t);
        const sandbox = openSandbox(t, registry);
        publishKnown(registry);
        registry.fault({ kind, then: fault, ...(times === undefined ? {} : { times }) });
        const result = await sandbox.pull();
        if (code === undefined) assertPulled(result);
        else assertFailed(result, code, words ?? /./);
        assert.equal(registry.count({ kind }), tries);
        assert.deepEqual(result.pauses, pauses);
      });
    }
  }
});

/** One byte now and then, or one line. */
function drip(response: ServerResponse, text: string, more: () => string | Buffer | undefined) {
  response.socket?.write(text);
  const next = (): void => {
    const piece = more();
    if (piece === undefined || response.socket?.destroyed !== false) return;
    response.socket.write(piece);
    setTimeout(next, 20).unref();
  };
  next();
}

const slowly = (head: string, more: () => string | Buffer | undefined): Fault => ({
  kind: "handler",
  handle: (_, response) => {
    drip(response, head, more);
  },
});

/** Milliseconds; what has to be mended gets the longer ones, on a busy machine too. */
const SHORT = { connect: 2_000, headers: 1_000, stall: 1_000, document: 10_000 };
const SHORTER = { ...SHORT, headers: 150, stall: 150 };
const WHOLE = { ...SHORT, headers: 5_000, document: 300 };

interface SlowCase {
  readonly plan: FaultPlan;
  readonly judge: (result: PullResult) => unknown;
  readonly deadlines: typeof SHORT;
  readonly traffic: readonly string[];
}

const succeeds = (result: PullResult) => assertPulled(result);
const timesOut = (result: PullResult) =>
  assertFailed(
    result,
    "TIMEOUT",
    /did not answer within|fell silent for|did not come to the end of its answer within/,
  );

const SLOW: Readonly<Record<string, SlowCase>> = {
  "says nothing, once": {
    plan: { kind: "manifest", times: 1, then: { kind: "stall" } },
    judge: succeeds,
    deadlines: SHORT,
    traffic: ["manifest -", "manifest 200", "blob 200"],
  },
  "says nothing, ever": {
    plan: { kind: "manifest", then: { kind: "stall" } },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest - x2"],
  },
  "falls silent in the manifest": {
    plan: { kind: "manifest", then: { kind: "stall", afterBytes: 20 } },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest 200 x3"],
  },
  "falls silent in the blob, once": {
    plan: { kind: "blob", times: 1, then: { kind: "stall", afterBytes: 40_000 } },
    judge: succeeds,
    deadlines: SHORT,
    traffic: ["manifest 200", "blob 200", "blob 206"],
  },
  "falls silent in the blob, ever": {
    plan: { kind: "blob", then: { kind: "stall", afterBytes: 100 } },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest 200", "blob 200", "blob 206 x2"],
  },
  "says nothing when the blob is asked for": {
    plan: { kind: "blob", then: { kind: "stall" } },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest 200", "blob - x2"],
  },
  "sends the manifest byte by byte, without an end": {
    plan: { kind: "manifest", then: slowly("HTTP/1.1 200 OK\r\n\r\n", () => " ") },
    judge: timesOut,
    deadlines: WHOLE,
    traffic: ["manifest -"],
  },
  "sends headers line by line, without an end": {
    plan: { kind: "blob", then: slowly("HTTP/1.1 200 OK\r\n", () => "x: y\r\n") },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest 200", "blob - x2"],
  },
  "asks for patience (102) without an end, for a manifest": {
    plan: { kind: "manifest", then: slowly("", () => "HTTP/1.1 102 Processing\r\n\r\n") },
    judge: timesOut,
    deadlines: WHOLE,
    traffic: ["manifest -"],
  },
  "asks for patience (102) without an end, for a blob": {
    plan: { kind: "blob", then: slowly("", () => "HTTP/1.1 102 Processing\r\n\r\n") },
    judge: timesOut,
    deadlines: SHORTER,
    traffic: ["manifest 200", "blob - x2"],
  },
};

describe("a registry that", () => {
  for (const [name, { plan, judge, deadlines, traffic }] of Object.entries(SLOW)) {
    test(name, { timeout: 30_000 }, async (t) => {
      const registry = await registryFor(t);
      const sandbox = openSandbox(t, registry);
      publishKnown(registry);
      registry.fault(plan);
      judge(await sandbox.pull({ deadlines }));
      assert.deepEqual(trafficOf(registry), traffic);
    });
  }

  test("sends a blob in small pieces is waited for: no deadline bounds the whole", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const files = { "a.yaml": "a: 1\n" };
    const layer = tarGz(files);
    publishKnown(registry, { layers: [{ bytes: layer, mediaType: MEDIA_TYPES.tarGzip }] });
    let sent = 0;
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${layer.length}\r\n\r\n`;
    const more = () => (sent < layer.length ? layer.subarray(sent, (sent += 3)) : undefined);
    registry.fault({ kind: "blob", then: slowly(head, more) });
    const deadlines = { ...SHORT, document: 200 };
    assertPulled(await sandbox.pull({ deadlines }), files);
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob -"]);
  });
});

describe("a tag that moves", () => {
  const NEXT: ArtifactContent = {
    layers: [{ bytes: tarGz({ "next.yaml": "next\n" }), mediaType: MEDIA_TYPES.tarGzip }],
  };

  test("between the manifest and its blob: the tree is of one digest", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const { digest } = publishKnown(registry);
    // The pause after the blob's first answer is when it moves.
    registry.fault({ kind: "blob", times: 1, then: status(503) });
    const onPause = (): void => {
      publishKnown(registry, NEXT);
    };
    assert.equal(assertPulled(await sandbox.pull({ onPause })).digest, digest);
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 503", "blob 200"]);
    assertPulled(await sandbox.pull(), { "next.yaml": "next\n" });
  });

  test("between an index and its child: so is the manifest", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const artifact = buildArtifact(KNOWN);
    const { digest } = publishKnown(registry, buildIndex({ manifests: [{ artifact }] }));
    registry.fault({ kind: "manifest", reference: artifact.digest, times: 1, then: status(503) });
    const onPause = (): void => {
      publishKnown(registry, NEXT);
    };
    const pulled = assertPulled(await sandbox.pull({ onPause }));
    assert.deepEqual([pulled.digest, pulled.manifestDigest], [digest, artifact.digest]);
    assert.equal(registry.count({ kind: "manifest", reference: "1" }), 1);
  });

  test("and takes the old blob with it: nothing is placed", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    const { layers } = publishKnown(registry);
    registry.fault({ kind: "blob", times: 1, then: status(503) });
    const onPause = (): void => {
      publishKnown(registry, NEXT);
      registry.repository(REPOSITORY).deleteBlob(layers[0]?.digest ?? "");
    };
    const words = /the registry does not have it[^]*BLOB_UNKNOWN/;
    assertFailed(await sandbox.pull({ onPause }), "NOT_FOUND", words);
    assertPulled(await sandbox.pull(), { "next.yaml": "next\n" });
  });
});
