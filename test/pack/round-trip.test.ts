/** What is packed is what is pulled: every kind, by the project's own unpacking. */
import * as assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { KindName } from "../../provider/content/kinds";
import { CONTENT_DIGEST } from "../../provider/pack/artifact";
import { packArtifact } from "../../provider/pack/pack";
import { TREE_KINDS, type TreeKind } from "../../provider/pack/request";
import { readSource } from "../../provider/pack/source";
import { folderFor } from "../support/folder-for-test";
import {
  EVERYTHING,
  generatedTree,
  makeTree,
  manifestOf,
  treeOfSpec,
  treeOnDisk,
  unpackArtifact,
  type TreeSpec,
} from "./trees";

/** What it may be pulled as; an artifact for two tools has all of it for either. */
const PULLED_AS: Readonly<Record<TreeKind, readonly KindName[]>> = {
  "opentofu-module": ["auto", "opentofu-module"],
  "opentofu-argocd": ["opentofu-module", "argocd"],
  flux: ["auto", "flux"],
  argocd: ["auto", "argocd"],
};

async function assertComesBack(t: TestContext, kind: TreeKind, spec: TreeSpec): Promise<void> {
  const folder = folderFor(t);
  const staging = join(folder, "staging");
  await mkdir(staging);
  const source = await readSource(await makeTree(join(folder, "tree"), spec));
  const artifact = await packArtifact({ kind, source }, { staging });
  for (const as of PULLED_AS[kind]) {
    const pulled = await unpackArtifact(folder, artifact, { kind: as });
    assert.deepEqual(await treeOnDisk(pulled.staging, pulled.entries), treeOfSpec(spec));
    assert.equal(manifestOf(artifact).annotations[CONTENT_DIGEST], pulled.contentDigest);
    assert.equal(artifact.contentDigest, pulled.contentDigest);
    assert.deepEqual(artifact.entries, pulled.entries);
  }
}

describe("unpacking what was packed gives the tree and its digest", () => {
  for (const kind of TREE_KINDS) {
    test(`${kind}: links, long and foreign names, empty folders, modes`, async (t) => {
      await assertComesBack(t, kind, EVERYTHING);
    });
  }

  for (let seed = 1; seed <= 12; seed += 1) {
    test(`generated tree ${seed}, as zip and as tar`, async (t) => {
      await assertComesBack(t, "opentofu-argocd", generatedTree(seed));
    });
  }

  test("a file of many chunks", async (t) => {
    const words = Array.from({ length: 300_000 }, (_, index) => `word ${index * index}`).join("\n");
    await assertComesBack(t, "opentofu-argocd", { "words.txt": words, "after.txt": "after" });
  });
});
