/**
 * Content that is published: pushed, copied to another repository, copied into an image layout; and what
 * the command line writes and removes beside that: lock files, and the cache.
 */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { assertWhole as assertRepository } from "../push/push-stage";
import type { DescriptorDocument } from "../support/artifacts";
import type { TestRegistry } from "../support/registry-types";
import { FOREIGN, MANY, NEW, OLD, publishLayers, tarLayer, type Files } from "./contents";
import { assertCache, assertNothingElse, assertTrees, treesIn, withFolders } from "./invariants";
import type { Scenario, Stage } from "./scenario";
import { command, openSite, program, type Site } from "./site";

interface Publish {
  readonly title: string;
  /** Command line; "SOURCE" is a reference to what the registry has from the beginning. */
  readonly line: (site: Site) => readonly string[];
  /** What lies in the project, and stays. */
  readonly files?: Files;
  /** What may lie there afterwards. */
  readonly made?: readonly string[];
  /** What the registry has. */
  readonly serve?: (registry: TestRegistry) => void;
  /** Runs once, before. */
  readonly before?: (site: Site) => Promise<void>;
  readonly assertWhole: (site: Site) => void;
  readonly assertDone: (site: Site) => void;
}

const CONTENT = Object.fromEntries(
  Object.entries(MANY).map(([path, text]) => [`content/${path}`, text]),
);

function serveOld(registry: TestRegistry): void {
  publishLayers(registry, [tarLayer(OLD)]);
}

function serveBoth(registry: TestRegistry): void {
  serveOld(registry);
  publishLayers(registry, [tarLayer(NEW), tarLayer(FOREIGN)], "2");
}

/** No tag of any repository names what is not there. */
function assertRepositories({ registry }: Site): void {
  for (const name of ["team/app", "team/copy"]) assertRepository(registry().repository(name));
}

function assertTags(site: Site, name: string, tags: readonly string[]): void {
  assertRepositories(site);
  assert.deepEqual(site.registry().repository(name).tags(), tags);
}

/** Whatever the index lists is there, to the last byte; no index at all is fine, too. */
function assertLayout(folder: string): readonly string[] {
  if (!existsSync(join(folder, "index.json"))) return [];
  assert.equal(readFileSync(join(folder, "oci-layout"), "utf8"), '{"imageLayoutVersion":"1.0.0"}');
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Listing;
  const read = ({ digest }: DescriptorDocument): Buffer => {
    const bytes = readFileSync(join(folder, "blobs", digest.replace(":", "/")));
    const hex = createHash("sha256").update(bytes).digest("hex");
    assert.equal(`sha256:${hex}`, digest);
    return bytes;
  };
  for (const listed of index.manifests) {
    const { config, layers = [] } = JSON.parse(read(listed).toString()) as Listing;
    for (const named of [...(config === undefined ? [] : [config]), ...layers]) read(named);
  }
  return index.manifests.map(
    ({ annotations }) => annotations?.["org.opencontainers.image.ref.name"] ?? "",
  );
}

interface Listing {
  readonly manifests: readonly DescriptorDocument[];
  readonly config?: DescriptorDocument;
  readonly layers?: readonly DescriptorDocument[];
}

const LOCK = "oci-artifact.lock.json";

/** The lock file of the version that is locked, as it has to be. */
function assertLock({ project, reference }: Site, versions: readonly string[]): void {
  const file = join(project, LOCK);
  if (!existsSync(file)) {
    assert.ok(versions.includes("none"), "the lock file is there");
    return;
  }
  const lock = JSON.parse(readFileSync(file, "utf8")) as { artifacts: { reference: string }[] };
  const found = lock.artifacts.map((entry) => entry.reference).sort();
  const may = versions.map((tags) => tags.split(" ").map((tag) => reference(tag)));
  assert.ok(
    may.some((references) => JSON.stringify(references) === JSON.stringify(found)),
    JSON.stringify(found),
  );
}

const PUBLISHES: readonly Publish[] = [
  {
    title: "push",
    files: CONTENT,
    line: (site) => ["push", "content", site.reference(), "--plain-http", "--tag", "latest"],
    assertWhole: assertRepositories,
    assertDone(site) {
      assertTags(site, "team/app", ["1", "latest"]);
    },
  },
  {
    title: "push over a tag",
    files: CONTENT,
    serve: serveOld,
    line: (site) => ["push", "content", site.reference(), "--plain-http"],
    assertWhole(site) {
      assertTags(site, "team/app", ["1"]);
    },
    assertDone(site) {
      assertTags(site, "team/app", ["1"]);
      assert.equal(site.registry().repository("team/app").manifests().length, 2);
    },
  },
  {
    title: "copy to another repository",
    serve: serveBoth,
    line: (site) => {
      const to = `${site.registry().host}/team/copy:2`;
      return ["copy", site.reference("2"), to, "--plain-http"];
    },
    assertWhole: assertRepositories,
    assertDone(site) {
      assertTags(site, "team/copy", ["2"]);
    },
  },
  {
    title: "copy into a new layout",
    serve: serveBoth,
    made: ["layout"],
    line: (site) => ["copy", site.reference("2"), "oci-layout://./layout:2", "--plain-http"],
    assertWhole({ project }) {
      assertLayout(join(project, "layout"));
    },
    assertDone({ project }) {
      assert.deepEqual(assertLayout(join(project, "layout")), ["2"]);
      assertNoDrafts(join(project, "layout"));
    },
  },
  {
    title: "copy into a layout that is there",
    serve: serveBoth,
    made: ["layout"],
    line: (site) => ["copy", site.reference("2"), "oci-layout://./layout:2", "--plain-http"],
    before: (site) =>
      site.run(command("copy", site.reference("1"), "oci-layout://./layout:1", "--plain-http")),
    assertWhole({ project }) {
      assert.ok(assertLayout(join(project, "layout")).includes("1"));
    },
    assertDone({ project }) {
      assert.deepEqual([...assertLayout(join(project, "layout"))].sort(), ["1", "2"]);
      assertNoDrafts(join(project, "layout"));
    },
  },
  {
    title: "a new lock file",
    serve: serveBoth,
    made: [LOCK],
    line: (site) => ["lock", site.reference("1"), "--output", "out", "--plain-http"],
    assertWhole(site) {
      assertLock(site, ["none", "1"]);
    },
    assertDone(site) {
      assertLock(site, ["1"]);
    },
  },
  {
    title: "one more entry of a lock file",
    serve: serveBoth,
    made: [LOCK],
    before: (site) =>
      site.run(command("lock", site.reference("1"), "--output", "out", "--plain-http")),
    line: (site) => ["lock", site.reference("2"), "--output", "two", "--plain-http"],
    assertWhole(site) {
      assertLock(site, ["1", "1 2"]);
    },
    assertDone(site) {
      assertLock(site, ["1 2"]);
    },
  },
  {
    title: "what nobody uses leaves the cache",
    serve: serveBoth,
    async before(site) {
      for (const tag of ["1", "2"]) await site.run(program(site.reference(tag)));
      rmSync(join(site.project, ".oci-artifacts/.pulumi/claims"), { recursive: true });
    },
    line: () => ["cache", "prune", "--all"],
    assertWhole({ project }) {
      assertTrees(project, [withFolders(OLD), withFolders({ ...NEW, ...FOREIGN })]);
    },
    assertDone({ cache, project }) {
      assert.deepEqual(readdirSync(join(cache, "blobs/sha256")), []);
      assert.deepEqual(treesIn(project), []);
    },
  },
];

export const PUBLISH_SCENARIOS: readonly Scenario[] = PUBLISHES.map((publish) => ({
  title: `publish: ${publish.title}`,
  open: () => openPublish(publish),
}));

/** In a layout there are its index, its version and blobs, and nothing else. */
function assertNoDrafts(folder: string): void {
  assert.deepEqual(readdirSync(folder).sort(), ["blobs", "index.json", "oci-layout"]);
  const blobs = readdirSync(join(folder, "blobs/sha256"));
  assert.deepEqual(
    blobs.filter((name) => !/^[0-9a-f]{64}$/.test(name)),
    [],
  );
}

async function openPublish(publish: Publish): Promise<Stage> {
  const site = await openSite();
  const { files = {}, made = [], serve } = publish;
  for (const [path, text] of Object.entries(files)) site.write(path, text);
  serve?.(site.registry());
  await publish.before?.(site);
  site.remember();
  return {
    async reset() {
      await site.goBack(publish.before === undefined);
      if (publish.before === undefined) serve?.(site.registry());
    },
    run: (moment) => site.kill(command(...publish.line(site)), moment),
    async assertWhole() {
      publish.assertWhole(site);
      await assertCache(site.cache);
    },
    async assertDone() {
      publish.assertDone(site);
      const content = new Set([
        ...Object.keys(files).map((path) => path.split("/")[0] ?? ""),
        ...made,
      ]);
      assertNothingElse(site, [...content]);
      await assertCache(site.cache);
    },
    close: () => site.close(),
  };
}
