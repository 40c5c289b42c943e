/** Content may forbid its owner to read it, as an image's /etc/shadow does: it is handled like any other. */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { copyTree } from "../../provider/store/copy-tree";
import { openTrees, type FillTree } from "../../provider/store/trees";
import { OWNER, siteFor, withoutRights } from "./destination-for-test";

function shadow(mode: number): FillTree {
  return (folder) => {
    fs.writeFileSync(join(folder, "shadow"), "x");
    fs.chmodSync(join(folder, "shadow"), mode);
    const sha256 = createHash("sha256").update("x").digest("hex");
    return Promise.resolve([{ path: "shadow", type: "file", mode, size: 1, sha256 }]);
  };
}

test("a file without the right to read is copied, compared, and keeps its mode", async (context) => {
  for (const mode of [0, 0o200, 0o044]) {
    const { destination, file, project, report } = siteFor(context);
    await withoutRights([], project, async () => {
      const trees = openTrees(project);
      const key = { name: "app-0123456789abcdef", key: "k" };
      const tree = await trees.ensure(key, shadow(mode), report);
      const wanted = { key, tree, onLocalChange: "restore" } as const;
      await destination.place(wanted, OWNER, (folder) => copyTree(tree, folder), report);
      assert.equal(fs.statSync(file("shadow")).mode & 0o777, mode);
      assert.equal(fs.statSync(join(tree.directory, "shadow")).mode & 0o777, mode);
      const never: FillTree = () => Promise.reject(new Error("filled"));
      await trees.ensure(key, never, report);
      fs.utimesSync(file("shadow"), 5, 5);
      assert.deepEqual(await destination.look(wanted), { state: "placed" });
      assert.equal(fs.statSync(file("shadow")).mode & 0o777, mode);
      await destination.remove(OWNER, report);
      assert.equal(fs.existsSync(file("shadow")), false);
    });
    assert.deepEqual(report.lines, [], mode.toString(8));
  }
});
