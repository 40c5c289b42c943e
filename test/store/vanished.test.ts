/** Blobs that go while they are at work: what a prune leaves alone, and what is fetched again. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { pull } from "../../provider/pull";
import { parseReference } from "../../provider/reference/parse";
import type { RegistryClient } from "../../provider/registry/client";
import { readSettings } from "../../provider/settings/settings";
import type { BlobStore } from "../../provider/store/blobs";
import { pruneCache, type PruneResult } from "../../provider/store/cache";
import { openWorld, type World } from "../../provider/world";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { endpointFor } from "../support/endpoint";
import { passTick } from "../support/file-clock";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { recordReport, type RecordedReport } from "../support/report-for-test";
import { contentOf, type Content } from "./content";

const CONTENT = { "a.txt": "alpha", "b.txt": "bravo" };
const LAYERS = Object.entries(CONTENT).map(([name, text]) => tarGz({ [name]: text }));

interface Bench {
  readonly registry: TestRegistry;
  readonly world: World;
  readonly project: string;
  readonly report: RecordedReport;
  /** Pulls, with this in the place of the world's own. */
  readonly pullOnce: (rooms: Partial<Pick<World, "blobs" | "client">>) => Promise<Content>;
}

async function bench(context: TestContext): Promise<Bench> {
  const registry = await registryFor(context);
  const layers = LAYERS.map((bytes) => ({ bytes, mediaType: MEDIA_TYPES.tarGzip }));
  publish(registry, "team/app", "1", { layers });
  const folder = folderFor(context);
  const project = join(folder, "project");
  const environment = { OCI_ARTIFACT_CACHE: join(folder, "cache") };
  const settings = readSettings({ environment, home: folder });
  const world = openWorld(settings, project);
  context.after(() => world.client.close());
  const report = recordReport();
  return {
    registry,
    world,
    project,
    report,
    async pullOnce(rooms) {
      const reference = parseReference(`${registry.host}/team/app:1`);
      const { tree } = await pull(
        {
          reference,
          endpoints: [endpointFor(reference, { plainHttp: true })],
        },
        { ...world, ...rooms },
        { settings, limits: DEFAULT_LIMITS, report, signal: new AbortController().signal },
      );
      return contentOf(tree.directory);
    },
  };
}

/** Does this when all blobs are there and somebody asks where one lies: to unpack it. */
function whenFetched(blobs: BlobStore, work: () => void): BlobStore {
  return {
    ...blobs,
    file(digest) {
      const files = LAYERS.map((bytes) => blobs.file(digestOf(bytes)));
      if (files.every((file) => fs.existsSync(file))) work();
      return blobs.file(digest);
    },
  };
}

test("a prune of everything in the middle of a pull leaves its blobs alone", async (context) => {
  const { project, pullOnce, registry, world } = await bench(context);
  const stray = Buffer.from("nobody's");
  await world.blobs.put(digestOf(stray), stray);
  const [first, second] = LAYERS.map((bytes) => ({ digest: digestOf(bytes), size: bytes.length }));
  assert.ok(first !== undefined && second !== undefined);
  let pruned: PruneResult | undefined;
  const client: RegistryClient = {
    ...world.client,
    async *getBlob(endpoint, descriptor, bounds) {
      if (descriptor.digest === second.digest) {
        while (!(await world.blobs.has(first))) await sleep(5);
        pruned = await pruneCache({ ...world.settings, projectDirectory: project }, { all: true });
      }
      yield* world.client.getBlob(endpoint, descriptor, bounds);
    },
  };
  assert.deepEqual(await pullOnce({ client }), CONTENT);
  const gone = pruned?.blobs.map(({ digest }) => digest) ?? [];
  assert.ok(gone.includes(digestOf(stray)));
  assert.ok(!gone.includes(first.digest));
  assert.equal(registry.count({ kind: "blob" }), 2);
});

test("blobs that are gone when they are unpacked are fetched again, without a word", async (context) => {
  const { pullOnce, registry, report, world } = await bench(context);
  let times = 0;
  const blobs = whenFetched(world.blobs, () => {
    if (times === 1) return;
    times += 1;
    fs.rmSync(join(world.settings.cacheDirectory, "blobs"), { recursive: true });
  });
  assert.deepEqual(await pullOnce({ blobs }), CONTENT);
  assert.equal(times, 1);
  assert.equal(registry.count({ kind: "blob" }), 4);
  assert.deepEqual(report.said("warning"), []);
});

test("a blob that is cut when it is unpacked is fetched again", async (context) => {
  const { pullOnce, registry, world } = await bench(context);
  let times = 0;
  const blobs = whenFetched(world.blobs, () => {
    if (times === 1) return;
    times += 1;
    fs.truncateSync(world.blobs.file(digestOf(LAYERS[1] ?? "")), 3);
  });
  assert.deepEqual(await pullOnce({ blobs }), CONTENT);
  assert.equal(times, 1);
  assert.equal(registry.count({ kind: "blob" }), 3);
});

test("a blob of which a byte is changed before it is unpacked is fetched again", async (context) => {
  const { pullOnce, registry, report, world } = await bench(context);
  const damaged = digestOf(LAYERS[1] ?? "");
  let times = 0;
  const blobs = whenFetched(world.blobs, () => {
    if (times === 1) return;
    times += 1;
    passTick(world.blobs.file(damaged));
    const descriptor = fs.openSync(world.blobs.file(damaged), "r+");
    fs.writeSync(descriptor, "!", 3);
    fs.closeSync(descriptor);
  });
  assert.deepEqual(await pullOnce({ blobs }), CONTENT);
  assert.equal(times, 1);
  assert.equal(registry.count({ kind: "blob" }), 3);
  assert.deepEqual(report.said("warning"), [
    `the cache held ${damaged} damaged; fetching it again`,
  ]);
});

test("a cache that somebody keeps emptying is an error in the end", async (context) => {
  const { pullOnce, project, registry, world } = await bench(context);
  const blobs = whenFetched(world.blobs, () => {
    fs.rmSync(join(world.settings.cacheDirectory, "blobs"), { recursive: true });
  });
  await assert.rejects(pullOnce({ blobs }), OciError);
  assert.equal(registry.count({ kind: "blob" }), 6);
  assert.deepEqual(fs.readdirSync(join(project, ".oci-artifacts", ".pulumi/staging")), []);
  assert.deepEqual(fs.readdirSync(join(world.settings.cacheDirectory, "in-use")), []);
});
