/** Renames that Windows refuses for a moment; what the rest of the world says at once. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRenaming, type RenameSystem } from "../../provider/store/rename";

interface Tried {
  readonly system: RenameSystem;
  renames: number;
  waited: number;
}

/** A system whose renames fail with these codes, one after the other, and succeed after the last. */
function failing(
  codes: readonly string[],
  platform: NodeJS.Platform = "win32",
  exists = false,
): Tried {
  const tried: Tried = {
    renames: 0,
    waited: 0,
    system: {
      platform,
      rename() {
        const code = codes[tried.renames];
        tried.renames += 1;
        if (code !== undefined) throw Object.assign(new Error(code), { code });
      },
      wait(milliseconds) {
        tried.waited += milliseconds;
        return Promise.resolve();
      },
      exists: () => exists,
    },
  };
  return tried;
}

const forever = (code: string): readonly string[] => Array<string>(10_000).fill(code);

describe("a rename", () => {
  test("on Windows is tried again while the file is in use", async () => {
    const tried = failing(["EPERM", "EACCES", "EBUSY"]);
    await createRenaming(tried.system).rename("a", "b");
    assert.equal(tried.renames, 4);
    assert.equal(tried.waited, 70);
  });

  test("on Windows gives up after ten seconds, with what the system says", async () => {
    const tried = failing(forever("EPERM"));
    await assert.rejects(createRenaming(tried.system).rename("a", "b"), { code: "EPERM" });
    assert.ok(tried.waited >= 10_000 && tried.waited <= 10_500, `${tried.waited}`);
  });

  test("is tried once elsewhere, and where waiting changes nothing", async () => {
    for (const [code, platform] of [
      ["EPERM", "linux"],
      ["EBUSY", "darwin"],
      ["ENOENT", "win32"],
      ["ENOSPC", "win32"],
    ] as const) {
      const tried = failing([code], platform);
      await assert.rejects(createRenaming(tried.system).rename("a", "b"), { code });
      assert.deepEqual([tried.renames, tried.waited], [1, 0], `${code} on ${platform}`);
    }
  });
});

describe("a rename into a free place", () => {
  test("finds it taken at once, by the words of each system", async () => {
    for (const [code, platform] of [
      ["ENOTEMPTY", "linux"],
      ["EEXIST", "darwin"],
      ["ENOTDIR", "linux"],
      ["EPERM", "win32"],
      ["EACCES", "win32"],
    ] as const) {
      const tried = failing(forever(code), platform, true);
      assert.equal(await createRenaming(tried.system).renameInto("a", "b"), false, code);
      assert.deepEqual([tried.renames, tried.waited], [1, 0], code);
    }
  });

  test("on Windows waits for what is in use, where nothing lies there", async () => {
    const tried = failing(["EPERM", "EPERM"]);
    assert.equal(await createRenaming(tried.system).renameInto("a", "b"), true);
    assert.equal(tried.renames, 3);
  });

  test("fails where nothing lies there and it is not permitted", async () => {
    const tried = failing(["EPERM"], "linux", true);
    await assert.rejects(createRenaming(tried.system).renameInto("a", "b"), { code: "EPERM" });
  });
});
