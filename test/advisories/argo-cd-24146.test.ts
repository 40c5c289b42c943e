/**
 * argo-cd #24146: relative symlinks of an artifact became absolute ones, and were then refused. They
 * are kept to the letter, so that a tree can be moved with its links.
 */
import * as assert from "node:assert/strict";
import { cpSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pullArtifact, symlink } from "../lies/hostile";
import { folderFor } from "../support/folder-for-test";
import { assertPulled } from "../support/pulling";

const LINKS = {
  "apps/deployment.yaml": "../base/deployment.yaml",
  "apps/same.yaml": "./deployment.yaml",
  "apps/round": "../apps/../base/",
  latest: "apps",
} as const;

test("symlinks inside stay relative, as they are", async (t) => {
  const { tree } = assertPulled(
    await pullArtifact(t, [
      [
        { path: "base/deployment.yaml", content: "kind: Deployment\n" },
        ...Object.entries(LINKS).map(([path, target]) => symlink(path, target)),
      ],
    ]),
    {
      "base/deployment.yaml": "kind: Deployment\n",
      ...Object.fromEntries(Object.entries(LINKS).map(([path, link]) => [path, ` -> ${link}`])),
    },
  );
  const moved = join(folderFor(t), "moved");
  cpSync(tree.directory, moved, { recursive: true, verbatimSymlinks: true });
  for (const [path, target] of Object.entries(LINKS)) {
    assert.equal(readlinkSync(join(tree.directory, path)), target);
  }
  for (const path of ["latest/same.yaml", "apps/round/deployment.yaml"]) {
    assert.equal(readFileSync(join(moved, path), "utf8"), "kind: Deployment\n");
  }
});
