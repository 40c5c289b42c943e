/**
 * A checkout that comes with symlinks in the place of our own folders beside the trees: nothing is
 * read, written or removed where they lead.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SILENT } from "../../provider/context";
import { openClaims } from "../../provider/store/claims";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { pruneTrees } from "../../provider/store/prune-trees";
import { openTrees } from "../../provider/store/trees";
import { CONTENT, contentOf, filler, KEY } from "../store/content";
import { folderFor } from "../support/folder-for-test";

describe("a planted symlink in the place of", () => {
  for (const name of [".pulumi", ".pulumi/staging", ".pulumi/receipts", ".pulumi/claims"]) {
    test(`${name} is not followed: nothing appears or goes where it leads`, async (t) => {
      const project = folderFor(t);
      const elsewhere = join(project, "elsewhere");
      const dead = `${formatIdentity({ ...ownIdentity(), startTime: "1" })}.aa`;
      fs.mkdirSync(join(elsewhere, dead), { recursive: true });
      fs.writeFileSync(join(elsewhere, dead, "file"), "theirs");
      const area = join(project, ".oci-artifacts");
      const trees = openTrees(project);
      await trees.ensure(KEY, filler(CONTENT).fill, SILENT);
      fs.rmSync(join(area, name), { recursive: true, force: true });
      fs.symlinkSync(elsewhere, join(area, name));
      await trees.find(KEY);
      await openClaims(area).claimed();
      await openClaims(area).release("somebody");
      fs.rmSync(join(area, KEY.name, "a.txt"));
      await trees.ensure(KEY, filler(CONTENT).fill, SILENT);
      await openClaims(area).claim("somebody", KEY.name);
      assert.deepEqual(contentOf(elsewhere), {
        [`${dead}/`]: "",
        [`${dead}/file`]: "theirs",
      });
      fs.rmSync(join(area, name), { recursive: true, force: true });
      fs.symlinkSync(elsewhere, join(area, name));
      await openClaims(area).release("somebody");
      await pruneTrees(area, Date.now() + 1);
      assert.deepEqual(contentOf(elsewhere), {
        [`${dead}/`]: "",
        [`${dead}/file`]: "theirs",
      });
    });
  }
});
