/** Builders and healers of one tree at once, in one process and in several: it is whole for all. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openTrees } from "../../provider/store/trees";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { CONTENT, contentOf, filler, KEY, stagingOf } from "./content";

describe("races", () => {
  /** Lets all callers go on once `count` of them have come. */
  function barrier(count: number): () => Promise<void> {
    let waiting = 0;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return async () => {
      waiting += 1;
      if (waiting === count) open();
      await opened;
    };
  }

  test("several builders at once: one whole tree, all get it", async (context) => {
    const project = folderFor(context);
    const { fill, calls } = filler(CONTENT, barrier(4));
    const trees = await Promise.all(
      [1, 2, 3, 4].map(() => openTrees(project).ensure(KEY, fill, recordReport())),
    );
    assert.equal(calls(), 4);
    assert.equal(new Set(trees.map(({ directory }) => directory)).size, 1);
    assert.deepEqual(contentOf(join(project, ".oci-artifacts", KEY.name)), CONTENT);
    assert.deepEqual(stagingOf(project), []);
    assert.notEqual(await openTrees(project).find(KEY), undefined);
  });

  test("several healers at once: none fails, the tree is whole", async (context) => {
    const project = folderFor(context);
    const directory = join(project, ".oci-artifacts", KEY.name);
    await openTrees(project).ensure(KEY, filler(CONTENT).fill, recordReport());
    for (let round = 0; round < 10; round += 1) {
      fs.writeFileSync(join(directory, "a.txt"), `edited ${round}`);
      const { fill } = filler(CONTENT, barrier(4));
      await Promise.all(
        [1, 2, 3, 4].map(() => openTrees(project).ensure(KEY, fill, recordReport())),
      );
      assert.deepEqual(contentOf(directory), CONTENT);
      assert.deepEqual(stagingOf(project), []);
    }
  });

  test("two processes at once: one whole tree", async (context) => {
    const project = folderFor(context);
    const script = join(__dirname, "ensure-tree.js");
    const children = [1, 2].map(() => {
      const parts = [script, project, KEY.name, KEY.key, JSON.stringify(CONTENT)];
      return spawn(process.execPath, parts, { stdio: ["pipe", "pipe", "inherit"] });
    });
    await Promise.all(children.map((child) => once(child.stdout, "data")));
    for (const child of children) child.stdin.end();
    const codes = await Promise.all(children.map((child) => once(child, "close")));
    assert.deepEqual(
      codes.map(([code]) => code as number),
      [0, 0],
    );
    assert.deepEqual(contentOf(join(project, ".oci-artifacts", KEY.name)), CONTENT);
    assert.deepEqual(stagingOf(project), []);
    assert.notEqual(await openTrees(project).find(KEY), undefined);
  });
});
