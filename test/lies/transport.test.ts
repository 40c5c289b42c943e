/**
 * Connections that break, lie about lengths and ranges, or take their time: what can be mended ends
 * in exactly the known tree, the rest in an error, both after a bounded number of requests.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ServerResponse } from "node:http";
import type { ErrorCode } from "../../provider/errors";
import { flipped } from "../support/archives";
import { buildArtifact } from "../support/artifacts";
import {
  assertFailed,
  assertPulled,
  KNOWN,
  openSandbox,
  publishKnown,
  trafficOf,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { Fault, FaultPlan, RangeFault } from "../support/registry-types";

const LAYER = Buffer.from([...buildArtifact(KNOWN).blobs.values()].at(-1) ?? "");

/** Small, and still more than a busy machine needs for an honest answer. */
const SHORT = { connect: 2_000, headers: 1_000, stall: 1_000, document: 2_000 };

interface Case {
  readonly plans: readonly FaultPlan[];
  /** None: the pull succeeds. */
  readonly code?: ErrorCode;
  readonly words?: RegExp;
  readonly traffic: readonly (string | RegExp)[];
  /** Milliseconds that were to be waited. */
  readonly pauses?: readonly number[];
}

const BACKOFF = [500, 1_000, 2_000, 4_000];
const BROKEN = { code: "UNREACHABLE", words: /the registry closed the connection/ } as const;

const manifest = (then: Fault, times = Infinity): FaultPlan => ({ kind: "manifest", times, then });
const blob = (then: Fault, times = Infinity): FaultPlan => ({ kind: "blob", times, then });

/** An answer of the test's own, with the layer or a part of it as the body. */
const raw = (answer: (response: ServerResponse) => void): Fault => ({
  kind: "handler",
  handle: (_, response) => {
    answer(response);
  },
});

/** Written past HTTP's own rules. */
const wire = (...chunks: readonly (string | Buffer)[]): Fault =>
  raw(({ socket }) => {
    for (const chunk of chunks) socket?.write(chunk);
    socket?.end();
  });

async function run(t: Parameters<typeof openSandbox>[0], row: Case): Promise<void> {
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  publishKnown(registry);
  for (const plan of row.plans) registry.fault(plan);
  const result = await sandbox.pull({ deadlines: SHORT });
  if (row.code === undefined) assertPulled(result);
  else assertFailed(result, row.code, row.words ?? /./);
  const traffic = trafficOf(registry);
  assert.deepEqual(
    traffic,
    row.traffic.map((wanted, index) =>
      typeof wanted === "string" || !wanted.test(traffic[index] ?? "") ? wanted : traffic[index],
    ),
  );
  if (row.pauses !== undefined) assert.deepEqual(result.pauses, row.pauses);
  registry.clearFaults();
  assertPulled(await sandbox.pull());
}

const RESETS: Readonly<Record<string, Case>> = {
  "before the manifest's answer, once": {
    plans: [manifest({ kind: "reset" }, 1)],
    traffic: ["manifest -", "manifest 200", "blob 200"],
    pauses: [500],
  },
  "in the middle of the manifest, once": {
    plans: [manifest({ kind: "reset", afterBytes: 20 }, 1)],
    traffic: ["manifest 200 x2", "blob 200"],
    pauses: [500],
  },
  "before every answer": {
    plans: [manifest({ kind: "reset" })],
    ...BROKEN,
    traffic: ["manifest - x5"],
    pauses: BACKOFF,
  },
  "before the blob's answer, twice": {
    plans: [blob({ kind: "reset" }, 2)],
    traffic: ["manifest 200", "blob - x2", "blob 200"],
    pauses: BACKOFF.slice(0, 2),
  },
  "in the middle of the blob, three times": {
    plans: [blob({ kind: "reset", afterBytes: 40_000 }, 3)],
    traffic: ["manifest 200", "blob 200", "blob 206 x3"],
  },
  "in the middle of the blob, every time": {
    plans: [blob({ kind: "reset", afterBytes: 5_000 })],
    ...BROKEN,
    traffic: ["manifest 200", "blob 200", "blob 206 x4"],
    pauses: BACKOFF,
  },
  "with a body that ends too early in good order, once": {
    plans: [blob({ kind: "truncate", bytes: 40_000 }, 1)],
    traffic: ["manifest 200", "blob 200", "blob 206"],
    pauses: [500],
  },
  "with a body that ends too early in good order, every time": {
    plans: [blob({ kind: "truncate", bytes: 5_000 })],
    code: "DIGEST_MISMATCH",
    words: /sends \d+ of the \d+ bytes of the descriptor/,
    traffic: ["manifest 200", "blob 200", "blob 206 x4"],
  },
  "in the middle of a chunk": {
    plans: [
      blob(
        wire(
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
          "ffff\r\n",
          LAYER.subarray(0, 99),
        ),
        1,
      ),
    ],
    traffic: ["manifest 200", "blob -", "blob 206"],
  },
};

const LENGTHS: Readonly<Record<string, Case>> = {
  "longer than the blob, once": {
    plans: [blob({ kind: "contentLength", value: LAYER.length + 1_000 }, 1)],
    traffic: ["manifest 200", "blob 200"],
  },
  "longer than the manifest, every time": {
    plans: [manifest({ kind: "contentLength", value: 100_000 })],
    ...BROKEN,
    traffic: ["manifest 200 x5"],
  },
  "shorter than the blob, once": {
    plans: [blob({ kind: "contentLength", value: 1_000 }, 1)],
    traffic: ["manifest 200", "blob 200", "blob 206"],
  },
  "shorter than the manifest": {
    plans: [manifest({ kind: "contentLength", value: 100 })],
    code: "DIGEST_MISMATCH",
    words: /came under the header/,
    traffic: ["manifest 200"],
  },
  "that is no number": {
    plans: [manifest(wire("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}"))],
    code: "REGISTRY",
    words: /does not speak HTTP/,
    traffic: ["manifest -"],
  },
  "in two contradicting headers": {
    plans: [manifest(wire("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 9\r\n\r\n{}"))],
    ...BROKEN,
    traffic: ["manifest - x5"],
  },
  "together with chunks": {
    plans: [
      manifest(
        wire(
          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
          "2\r\n{}\r\n0\r\n\r\n",
        ),
      ),
    ],
    ...BROKEN,
    traffic: ["manifest - x5"],
  },
  "left out, with the connection's end as the blob's": {
    plans: [blob(wire("HTTP/1.0 200 OK\r\n\r\n", LAYER))],
    // Its end can look like a break, and then the blob is asked for again.
    traffic: ["manifest 200", /^blob -( x\d)?$/],
  },
};

/** Broken after 40,000 bytes, and continued in a way of its own. */
const continued = (then: Fault): readonly FaultPlan[] => [
  blob({ kind: "reset", afterBytes: 40_000 }, 1),
  blob(then, 1),
];
const range = (how: RangeFault): readonly FaultPlan[] => continued({ kind: "range", how });
const AGAIN = ["manifest 200", "blob 200", "blob 206", "blob 200"];

const RANGES: Readonly<Record<string, Case>> = {
  "is kept to": {
    plans: continued({ kind: "delay", milliseconds: 1 }),
    traffic: ["manifest 200", "blob 200", "blob 206"],
  },
  "is ignored": { plans: range("ignored"), traffic: ["manifest 200", "blob 200 x2"] },
  "begins one byte late, and says so": { plans: range("shifted"), traffic: AGAIN },
  "says nothing of where it is": { plans: range("unlabeled"), traffic: AGAIN },
  "is refused with 416": {
    plans: range("refused"),
    traffic: ["manifest 200", "blob 200", "blob 416", "blob 200"],
  },
  "comes in parts": {
    plans: continued({
      kind: "headers",
      set: { "content-range": undefined, "content-type": "multipart/byteranges; boundary=x" },
    }),
    traffic: AGAIN,
  },
  "is of a blob of another size": {
    plans: continued({ kind: "headers", set: { "content-range": "bytes 40000-40009/40010" } }),
    traffic: AGAIN,
  },
  "says where it is in numbers that are none": {
    plans: continued({ kind: "headers", set: { "content-range": "bytes 4e4-9e9/*" } }),
    traffic: AGAIN,
  },
  "has the right name and the wrong bytes": {
    plans: range("restarted"),
    code: "DIGEST_MISMATCH",
    words: /has the digest/,
    traffic: ["manifest 200", "blob 200", "blob 206"],
  },
  "has the right place and a flipped bit": {
    plans: continued({ kind: "body", bytes: (bytes) => flipped(Buffer.from(bytes), 100) }),
    code: "DIGEST_MISMATCH",
    words: /has the digest/,
    traffic: ["manifest 200", "blob 200", "blob 206"],
  },
  "was never asked for": {
    plans: [
      blob({
        kind: "status",
        status: 206,
        headers: { "content-range": `bytes 0-${LAYER.length - 1}/${LAYER.length}` },
        body: LAYER,
      }),
    ],
    code: "REGISTRY",
    words: /answered 206/,
    traffic: ["manifest 200", "blob 206"],
  },
};

describe("the connection breaks", () => {
  for (const [name, row] of Object.entries(RESETS)) test(name, (t) => run(t, row));

  test("for good after the manifest: the registry has gone", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    registry.fault(
      blob({
        kind: "handler",
        handle: () => {
          void registry.stop();
        },
      }),
    );
    assertFailed(await sandbox.pull(), "UNREACHABLE", /refuses connections|closed the connection/);
    assert.ok(registry.count({ kind: "blob" }) <= 5);
    registry.clearFaults();
    await registry.start();
    assertPulled(await sandbox.pull());
  });

  test("each retry of a blob asks for what is missing, and for no more", async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    registry.fault(blob({ kind: "reset", afterBytes: 40_000 }, 2));
    assertPulled(await sandbox.pull());
    const ranges = registry.matching({ kind: "blob" }).map(({ headers }) => headers.range);
    const begins = ranges.slice(1).map((text) => Number(/^bytes=(\d+)-$/.exec(text ?? "")?.[1]));
    assert.equal(ranges[0], undefined);
    const [first = 0, second = 0] = begins;
    assert.ok(first > 0 && second > first && second <= 80_000, String(begins));
  });
});

describe("a Content-Length", () => {
  for (const [name, row] of Object.entries(LENGTHS)) test(name, (t) => run(t, row));
});

describe("after a break, the rest of the blob", () => {
  for (const [name, row] of Object.entries(RANGES)) test(name, (t) => run(t, row));
});
