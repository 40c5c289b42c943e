/** What somebody writes while it is packed, and what a failure leaves behind. */
import * as assert from "node:assert/strict";
import { appendFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { packArtifact } from "../../provider/pack/pack";
import { readSource, type Source } from "../../provider/pack/source";
import { folderFor } from "../support/folder-for-test";
import { makeTree } from "./trees";

interface World {
  readonly source: Source;
  readonly tree: string;
  readonly staging: string;
}

async function worldFor(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const staging = join(folder, "staging");
  await mkdir(staging);
  const tree = await makeTree(join(folder, "tree"), {
    "a.txt": "first",
    "b.bin": Buffer.alloc(2_000_000, "b"),
    "empty.txt": "",
  });
  return { tree, staging, source: await readSource(tree) };
}

const CHANGES: Readonly<Record<string, (tree: string) => Promise<void>>> = {
  "a file that has grown": (tree) => appendFile(join(tree, "a.txt"), "more"),
  "a large file that was cut": (tree) => writeFile(join(tree, "b.bin"), "short"),
  "an empty file that is no more": (tree) => writeFile(join(tree, "empty.txt"), "x"),
  "a file of the same size": (tree) => writeFile(join(tree, "a.txt"), "other"),
  "another file in its place": async (tree) => {
    await rm(join(tree, "a.txt"));
    await writeFile(join(tree, "a.txt"), "first");
  },
};

describe("a tree that changes while it is packed is refused", () => {
  for (const kind of ["opentofu-module", "argocd"] as const) {
    for (const [title, change] of Object.entries(CHANGES)) {
      test(`${kind}: ${title}`, async (t) => {
        const { source, tree, staging } = await worldFor(t);
        await change(tree);
        await assert.rejects(packArtifact({ kind, source }, { staging }), {
          code: "INVALID_INPUT",
          message:
            /cannot pack .*(a\.txt|b\.bin|empty\.txt): it changed while it was read\nhint: run again/,
        });
        assert.deepEqual(await readdir(staging), []);
      });
    }

    test(`${kind}: a file that became a link is not followed`, async (t) => {
      const { source, tree, staging } = await worldFor(t);
      await rm(join(tree, "a.txt"));
      await symlink("/etc/hostname", join(tree, "a.txt"));
      await assert.rejects(packArtifact({ kind, source }, { staging }), {
        code: "INVALID_INPUT",
        message: /a\.txt: it is a link, or its path leads in a circle \(ELOOP\)/,
      });
    });

    test(`${kind}: a file that is gone`, async (t) => {
      const { source, tree, staging } = await worldFor(t);
      await rm(join(tree, "b.bin"));
      await assert.rejects(packArtifact({ kind, source }, { staging }), {
        code: "INVALID_INPUT",
        message: /b\.bin: it is not there \(ENOENT\)/,
      });
      assert.deepEqual(await readdir(staging), []);
    });

    test(`${kind}: a cancelled run ends and leaves nothing`, async (t) => {
      const { source, staging } = await worldFor(t);
      const signal = AbortSignal.abort();
      await assert.rejects(packArtifact({ kind, source }, { staging, signal }), {
        code: "CANCELLED",
      });
      assert.deepEqual(await readdir(staging), []);
    });
  }

  test("a staging folder that is not there is an error of the disk", async (t) => {
    const { source, staging } = await worldFor(t);
    await rm(staging, { recursive: true });
    await assert.rejects(packArtifact({ kind: "flux", source }, { staging }), {
      code: "STORE",
      message: /staging/,
    });
  });
});
