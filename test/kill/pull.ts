/**
 * Pulls of a program, as the function makes them: content that comes, that has moved, that is unpacked
 * here or by threads, from the network or from the cache.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { contentOf, type Content } from "../store/content";
import type { LayerContent } from "../support/artifacts";
import { LARGE, MANY, MIXED, mixedLayers, NEW, OLD, publishLayers, tarLayer } from "./contents";
import {
  assertCache,
  assertNothingElse,
  assertOneOf,
  assertParses,
  assertRecords,
  assertTrees,
  treesIn,
  withFolders,
} from "./invariants";
import type { Scenario, Stage } from "./scenario";
import { openSite, program, type Site } from "./site";
import * as assert from "node:assert/strict";

interface Pull {
  readonly title: string;
  readonly layers: readonly LayerContent[];
  readonly wanted: Content;
  /** What was pulled before under the same tag. */
  readonly before?: readonly LayerContent[];
  /** What happens to the machine between that and the run. */
  readonly meanwhile?: (site: Site) => void;
  /** What else a tree may hold, because somebody has put it there. */
  readonly tolerated?: readonly Content[];
}

const OLD_LAYERS = [tarLayer(OLD)];
const NEW_LAYERS = [tarLayer(NEW)];
const EDITED: Content = { ...withFolders(NEW), "a.txt": "new, edited" };

function removeTrees({ project }: Site): void {
  rmSync(join(project, ".oci-artifacts"), { recursive: true });
}

const PULLS: readonly Pull[] = [
  { title: "cold", layers: NEW_LAYERS, wanted: withFolders(NEW) },
  {
    title: "from a warm cache",
    before: NEW_LAYERS,
    meanwhile: removeTrees,
    layers: NEW_LAYERS,
    wanted: withFolders(NEW),
  },
  { title: "a moved tag", before: OLD_LAYERS, layers: NEW_LAYERS, wanted: withFolders(NEW) },
  {
    title: "many files in the calling thread",
    before: OLD_LAYERS,
    layers: [tarLayer(MANY)],
    wanted: withFolders(MANY),
  },
  {
    title: "large files, by threads, while they are fetched",
    before: OLD_LAYERS,
    layers: [tarLayer(LARGE)],
    wanted: withFolders(LARGE),
  },
  {
    title: "large files, by threads, from the cache",
    before: [tarLayer(LARGE)],
    meanwhile: removeTrees,
    layers: [tarLayer(LARGE)],
    wanted: withFolders(LARGE),
  },
  { title: "layers of several kinds", layers: mixedLayers(), wanted: withFolders(MIXED) },
  {
    title: "a tree that somebody has changed",
    before: NEW_LAYERS,
    meanwhile({ project }) {
      for (const name of treesIn(project)) {
        appendFileSync(join(project, ".oci-artifacts", name, "a.txt"), ", edited");
      }
    },
    layers: NEW_LAYERS,
    wanted: withFolders(NEW),
    tolerated: [EDITED],
  },
];

export const PULL_SCENARIOS: readonly Scenario[] = PULLS.map((pull) => ({
  title: `pull: ${pull.title}`,
  open: () => openPull(pull),
}));

async function openPull({
  layers,
  wanted,
  before,
  meanwhile,
  tolerated = [],
}: Pull): Promise<Stage> {
  const site = await openSite();
  const { project, cache } = site;
  if (before !== undefined) {
    publishLayers(site.registry(), before);
    await site.run(program(site.reference()));
  }
  meanwhile?.(site);
  publishLayers(site.registry(), layers);
  site.remember();
  const old = before === OLD_LAYERS ? [withFolders(OLD)] : [];
  return {
    reset: () => site.goBack(),
    run: (moment) => site.kill(program(site.reference()), moment),
    async assertWhole() {
      assertTrees(project, [...old, wanted, ...tolerated]);
      assertKept(project, old);
      assertParses([join(project, ".oci-artifacts/.pulumi")]);
      await assertCache(cache);
    },
    async assertDone() {
      assertTrees(project, [...old, wanted]);
      assertKept(project, [...old, wanted]);
      assertRecords(project);
      assertNothingElse(site);
      await assertCache(cache);
    },
    close: () => site.close(),
  };
}

/** Each content is there in a tree of its own. */
function assertKept(project: string, contents: readonly Content[]): void {
  const trees = treesIn(project).map((name) => contentOf(join(project, ".oci-artifacts", name)));
  for (const content of contents) {
    assert.ok(trees.length > 0, "there are trees");
    assertOneOf(content, trees, "what is wanted, and no tree:");
  }
}
