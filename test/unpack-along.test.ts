/**
 * Large blobs are unpacked while they are fetched; what comes of one counts only when it was read to its
 * end and matched. After each pull the sandbox looks for half trees and for blobs that are not theirs.
 */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { digestOf } from "../provider/digest";
import { blobFile } from "../provider/store/blob-folder";
import { flipped, gzip, tar, tarGz } from "./support/archives";
import { buildArtifact, MEDIA_TYPES, type ArtifactContent } from "./support/artifacts";
import {
  assertFailed,
  assertPulled,
  openSandbox,
  publishKnown,
  trafficOf,
  type Sandbox,
} from "./support/pulling";
import { registryFor } from "./support/registry-for-test";
import type { TestRegistry } from "./support/registry-types";
import { zip } from "./support/zips";

const noise = (): string => randomBytes(3 * 1024 ** 2).toString("hex");
const FILES = { "first.txt": noise(), "second.txt": noise(), "third.txt": noise() };
const LAYER = tarGz(FILES);
const HALF = Math.floor(LAYER.length / 2);

const threads: Worker[] = [];
process.on("worker", (worker: Worker) => threads.push(worker));

function archive(bytes: Buffer, mediaType: string = MEDIA_TYPES.tarGzip): ArtifactContent {
  return { layers: [{ bytes, mediaType }] };
}

interface Ground {
  readonly registry: TestRegistry;
  readonly sandbox: Sandbox;
  /** Names in the folder where a tree is made. */
  readonly staged: () => readonly string[];
  /** Whether the blob is in the cache; that it is whole, the sandbox knows. */
  readonly isCached: (blob: Buffer) => boolean;
}

async function ground(t: TestContext, content = archive(LAYER)): Promise<Ground> {
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  publishKnown(registry, content);
  const staging = join(sandbox.folder, "project/.oci-artifacts/.pulumi/staging");
  const { cacheDirectory } = sandbox.settings;
  return {
    registry,
    sandbox,
    staged: () => readdirSync(staging, { recursive: true }).map(String),
    isCached: (blob) => existsSync(blobFile(cacheDirectory, digestOf(blob))),
  };
}

/** Sends the first bytes of a blob, then the rest when the test has done what it has to do between. */
function inTwoParts(
  registry: TestRegistry,
  bytes: Buffer,
  between: () => Promise<void>,
  first = HALF,
): void {
  const handle = (_: unknown, response: ServerResponse): void => {
    response.on("error", () => undefined);
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, first), () => {
      void between().then(() => response.end(bytes.subarray(first)));
    });
  };
  registry.fault({ kind: "blob", times: 1, then: { kind: "handler", handle } });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

describe("while the second half of a blob is still to come", () => {
  test("the files of the first are in the staging folder, and in no tree and no cache", async (t) => {
    const { registry, sandbox, staged, isCached } = await ground(t);
    let seen: readonly string[] = [];
    inTwoParts(registry, LAYER, async () => {
      await until(() => staged().some((name) => name.endsWith("first.txt")));
      seen = readdirSync(join(sandbox.folder, "project/.oci-artifacts"));
      assert.equal(isCached(LAYER), false);
    });
    assertPulled(await sandbox.pull(), FILES);
    assert.deepEqual([...seen].sort(), [".gitignore", ".pulumi"]);
    assert.ok(isCached(LAYER));
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
  });

  test("a selected part is in a folder of the staging folder", async (t) => {
    const { registry, sandbox, staged } = await ground(t);
    inTwoParts(registry, LAYER, () =>
      until(() => staged().some((name) => name.endsWith("first.txt"))),
    );
    const { "second.txt": second } = FILES;
    const result = await sandbox.pull({ inputs: { include: ["second.txt"] } });
    assertPulled(result, { "second.txt": second });
  });

  test("a blob that is a file is written as far as it has come", async (t) => {
    const text = noise() + noise();
    const bytes = Buffer.from(text);
    const layer = { bytes, mediaType: "text/plain", title: "raw.txt" };
    const { registry, sandbox, staged } = await ground(t, { layers: [layer] });
    inTwoParts(
      registry,
      bytes,
      () => until(() => staged().some((name) => name.endsWith("raw.txt"))),
      bytes.length - 1,
    );
    assertPulled(await sandbox.pull(), { "raw.txt": text });
  });

  test("whoever cancels leaves nothing", async (t) => {
    const { registry, sandbox, staged, isCached } = await ground(t);
    const end = new AbortController();
    inTwoParts(registry, LAYER, async () => {
      await until(() => staged().some((name) => name.endsWith("first.txt")));
      end.abort();
    });
    assertFailed(await sandbox.pull({ signal: end.signal }), "CANCELLED", /cancelled/i);
    assert.equal(isCached(LAYER), false);
    assertPulled(await sandbox.pull(), FILES);
  });

  test("the thread that unpacks may die: the blob is unpacked by the next", async (t) => {
    const { registry, sandbox, staged, isCached } = await ground(t);
    inTwoParts(registry, LAYER, async () => {
      await until(() => staged().some((name) => name.endsWith("first.txt")));
      await threads.at(-1)?.terminate();
    });
    assertPulled(await sandbox.pull(), FILES);
    assert.ok(isCached(LAYER));
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
  });

  test("another large pull does not wait for it", async (t) => {
    const slow = await ground(t);
    const quick = await ground(t);
    inTwoParts(slow.registry, LAYER, async () => {
      await until(() => slow.staged().some((name) => name.endsWith("first.txt")));
      assertPulled(await quick.sandbox.pull(), FILES);
    });
    assertPulled(await slow.sandbox.pull(), FILES);
  });
});

test("a zip, which begins at its end, is unpacked from its draft", async (t) => {
  const bytes = zip(Object.entries(FILES).map(([path, content]) => ({ path, content })));
  const { registry, sandbox, isCached } = await ground(t, archive(bytes, "archive/zip"));
  assertPulled(await sandbox.pull(), FILES);
  assert.ok(isCached(bytes));
  assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
});

describe("a blob that turns out to be another", () => {
  for (const [name, position] of [
    ["in its first half", 100],
    ["in its last byte", LAYER.length - 1],
  ] as const) {
    test(`${name}: nothing of it is kept, and the next pull is whole`, async (t) => {
      const { registry, sandbox, isCached } = await ground(t);
      const bytes = (): Buffer => flipped(LAYER, position);
      registry.fault({ kind: "blob", times: 1, then: { kind: "body", bytes } });
      const error = assertFailed(await sandbox.pull(), "DIGEST_MISMATCH", /has the digest sha256:/);
      assert.match(error.message, /serves wrong bytes; nothing was kept/);
      assert.equal(isCached(LAYER), false);
      assertPulled(await sandbox.pull(), FILES);
    });
  }

  test("and is a tar of other files, from a mirror: the tree has those of the origin alone", async (t) => {
    const { sandbox, isCached } = await ground(t);
    const mirror = await registryFor(t);
    publishKnown(mirror, archive(LAYER));
    const other = gzip(tar([{ path: "planted.txt", content: noise() }]), randomBytes(LAYER.length));
    const bytes = (): Buffer => other.subarray(0, LAYER.length);
    mirror.fault({ kind: "blob", then: { kind: "body", bytes } });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const result = await sandbox.pull({ inputs: { mirrors } });
    assertPulled(result, FILES);
    assert.ok(isCached(LAYER));
    assert.match(result.report.said("warning").join(), /sends other bytes than it should/);
  });
});

describe("bytes of a mirror that were never the blob, and all read before their digest is known", () => {
  const PIECE = 32 * 1024;
  const SIZE = 288 * PIECE;

  /** A plain tar of exactly so many bytes. */
  function padded(path: string): Buffer {
    const bytes = tar([{ path, content: noise() }]);
    return Buffer.concat([bytes, Buffer.alloc(SIZE - bytes.length)]);
  }

  test("leave no file where the answer ends late", async (t) => {
    const [right, wrong] = [padded("right.txt"), padded("planted.txt")];
    const content = archive(right, "application/vnd.oci.image.layer.v1.tar");
    const { sandbox, staged } = await ground(t, content);
    const mirror = await registryFor(t);
    publishKnown(mirror, content);
    const handle = (_: unknown, response: ServerResponse): void => {
      void sendAllButTheEnd(response, wrong, () =>
        staged().some((name) => name.endsWith("planted.txt")),
      );
    };
    mirror.fault({ kind: "blob", then: { kind: "handler", handle } });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const { files } = await sandbox.pull({ inputs: { mirrors } });
    assert.deepEqual(Object.keys(files ?? {}), ["right.txt"]);
  });

  /** Ends when all of it has come to a file, and a moment later. */
  async function sendAllButTheEnd(
    response: ServerResponse,
    bytes: Buffer,
    isWritten: () => boolean,
  ): Promise<void> {
    response.on("error", () => undefined);
    response.writeHead(200);
    for (let at = 0; at < bytes.length; at += PIECE) {
      await new Promise((resolve) => {
        response.write(bytes.subarray(at, at + PIECE), resolve);
      });
    }
    await until(isWritten);
    await sleep(1_500);
    response.end();
  }

  for (const [name, bytes] of Object.entries({
    "a damaged archive": () => flipped(LAYER, 100),
    "no archive at all": () => randomBytes(LAYER.length),
    "an unsafe archive": () => {
      const unsafe = gzip(tar([{ path: "../out", content: "x" }]));
      return Buffer.concat([unsafe, randomBytes(LAYER.length - unsafe.length)]);
    },
  })) {
    test(`are no error of the content: ${name}`, async (t) => {
      const { sandbox } = await ground(t);
      const mirror = await registryFor(t);
      publishKnown(mirror, archive(LAYER));
      mirror.fault({ kind: "blob", then: { kind: "body", bytes } });
      const mirrors = [{ location: mirror.host, plainHttp: true }];
      assertPulled(await sandbox.pull({ inputs: { mirrors } }), FILES);
    });
  }
});

describe("a connection that breaks in the middle", () => {
  test("is gone on with, by who sent it and by who unpacks it", async (t) => {
    const { registry, sandbox } = await ground(t);
    registry.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: HALF } });
    assertPulled(await sandbox.pull(), FILES);
    assert.equal(registry.requests.at(-1)?.headers.range, `bytes=${HALF}-`);
  });

  test("of a mirror, is gone on with at the origin", async (t) => {
    const { registry, sandbox } = await ground(t);
    const mirror = await registryFor(t);
    publishKnown(mirror, archive(LAYER));
    mirror.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: HALF } });
    mirror.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    assertPulled(await sandbox.pull({ inputs: { mirrors } }), FILES);
    assert.equal(registry.requests.at(-1)?.headers.range, `bytes=${HALF}-`);
  });

  test("for good, leaves nothing", async (t) => {
    const { registry, sandbox, isCached } = await ground(t);
    registry.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: HALF } });
    registry.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    assertFailed(await sandbox.pull(), "NOT_FOUND", /404/);
    assert.equal(isCached(LAYER), false);
  });
});

describe("an archive that breaks a rule", () => {
  test("in its first entry: is refused by its own name, and the blob is what it is", async (t) => {
    const bytes = gzip(
      tar([
        { path: "../out", content: "x" },
        { path: "a", content: noise() },
      ]),
    );
    const large = Buffer.concat([bytes, gzip(randomBytes(9 * 1024 ** 2))]);
    const { registry, sandbox, isCached } = await ground(t, archive(large));
    assertFailed(await sandbox.pull(), "UNSAFE_ARCHIVE", /\.\.\/out/);
    assert.ok(isCached(large));
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
  });
});

test("of several layers the one that is missing is read along, in its place among the others", async (t) => {
  const upper = tarGz({ "upper.txt": "upper" });
  const layers = [...archive(LAYER).layers, ...archive(upper).layers];
  const { registry, sandbox } = await ground(t, archive(upper));
  assertPulled(await sandbox.pull(), { "upper.txt": "upper" });
  const artifact = buildArtifact({ layers });
  publishKnown(registry, artifact);
  const result = await sandbox.pull();
  assertPulled(result, { ...FILES, "upper.txt": "upper" });
});
