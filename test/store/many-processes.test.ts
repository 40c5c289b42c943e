/** Many processes on one store, at the same moment: each gets whole content, and nothing is left. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { listBlobs, sizeOf } from "../../provider/store/blob-folder";
import { verifyCache } from "../../provider/store/cache";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { pullAtOnce } from "./pulling-processes";

interface Ground {
  readonly registry: TestRegistry;
  readonly project: string;
  readonly cache: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function ground(context: TestContext): Promise<Ground> {
  const folder = folderFor(context);
  const [project, cache] = [join(folder, "project"), join(folder, "cache")];
  fs.mkdirSync(project);
  const environment = { OCI_ARTIFACT_CACHE: cache, HOME: folder, TMPDIR: folder };
  return { registry: await registryFor(context), project, cache, environment };
}

/** One file a layer; a layer that several artifacts have is one blob. */
function publishLayers(registry: TestRegistry, tag: string, texts: readonly string[]): string {
  publish(registry, "team/app", tag, {
    layers: texts.map((text) => ({
      bytes: tarGz({ [`${text}.txt`]: text.repeat(5_000) }),
      mediaType: MEDIA_TYPES.tarGzip,
    })),
  });
  return `${registry.host}/team/app:${tag}`;
}

function contentFor(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(texts.map((text) => [`${text}.txt`, text.repeat(5_000)]));
}

/** Nothing half, nothing at work, nothing wrong. */
async function assertTidy({ project, cache }: Ground, trees: number): Promise<void> {
  const names = fs.readdirSync(join(project, ".oci-artifacts"));
  assert.equal(names.filter((name) => !name.startsWith(".")).length, trees);
  assert.deepEqual(fs.readdirSync(join(project, ".oci-artifacts", ".pulumi/staging")), []);
  assert.deepEqual(fs.readdirSync(join(cache, "staging")), []);
  assert.deepEqual(fs.readdirSync(join(cache, "in-use")), []);
  assert.deepEqual((await verifyCache({ cacheDirectory: cache })).damaged, []);
}

test("sixteen processes, one artifact: one result for all", async (context) => {
  const here = await ground(context);
  const texts = ["one", "two", "three"];
  const reference = publishLayers(here.registry, "1", texts);
  const outcomes = await pullAtOnce(Array.from({ length: 16 }, () => ({ ...here, reference })));
  for (const outcome of outcomes) {
    assert.equal(outcome.message, undefined);
    assert.deepEqual(outcome.content, contentFor(texts));
    assert.deepEqual(outcome.warnings, []);
  }
  assert.equal(new Set(outcomes.map(({ digest }) => digest)).size, 1);
  const served = here.registry.count({ kind: "blob", status: 200 });
  assert.ok(served >= texts.length && served <= 16 * texts.length, `${served} downloads`);
  await assertTidy(here, 1);
});

test("eight processes, four artifacts, and a cache that holds not even one of them", async (context) => {
  const here = await ground(context);
  const artifacts = ["a", "b", "c", "d"].map((name) => ["shared", `${name}1`, `${name}2`, name]);
  const references = artifacts.map((texts, index) =>
    publishLayers(here.registry, String(index), texts),
  );
  const environment = { ...here.environment, OCI_ARTIFACT_CACHE_MAX: "500" };
  const outcomes = await pullAtOnce(
    [...references, ...references].map((reference) => ({ ...here, environment, reference })),
  );
  for (const [index, outcome] of outcomes.entries()) {
    assert.equal(outcome.message, undefined);
    assert.deepEqual(outcome.content, contentFor(artifacts[index % 4] ?? []));
  }
  assert.ok(sizeOf(await listBlobs(here.cache)) <= 500);
  await assertTidy(here, 4);
});
