/** Folders that are made with all above them. */
import * as assert from "node:assert/strict";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ensureFolder } from "../provider/ensure-folder";
import { folderFor } from "./support/folder-for-test";

describe("ensureFolder", () => {
  test("makes what is missing, with the mode, and leaves what is there", (context) => {
    const folder = folderFor(context);
    const path = join(folder, "a", "b", "c");
    ensureFolder(path, 0o700);
    ensureFolder(path);
    for (const made of [path, join(folder, "a")]) {
      assert.equal(statSync(made).mode & 0o777, 0o700);
    }
  });

  test("follows a link to a folder, and says what is wrong with a file and a link to nothing", (context) => {
    const folder = folderFor(context);
    mkdirSync(join(folder, "real"));
    symlinkSync("real", join(folder, "link"));
    symlinkSync("nowhere", join(folder, "dangling"));
    writeFileSync(join(folder, "file"), "");
    ensureFolder(join(folder, "link", "below"));
    assert.ok(statSync(join(folder, "real", "below")).isDirectory());
    assert.throws(
      () => {
        ensureFolder(join(folder, "file", "below"));
      },
      { code: "ENOTDIR" },
    );
    assert.throws(
      () => {
        ensureFolder(join(folder, "dangling"));
      },
      { code: "ENOENT" },
    );
  });

  test("one that somebody removes between two steps is made again", (context) => {
    const path = join(folderFor(context), "made", "removed");
    const system = createRequire(__filename)("node:fs") as typeof import("node:fs");
    const real = system.mkdirSync;
    context.after(() => {
      system.mkdirSync = real;
    });
    let taken = 0;
    system.mkdirSync = (...given: Parameters<typeof real>) => {
      if (given[0] !== path || taken === 2) return real(...given);
      taken += 1;
      // Somebody else has made it, and removes it before anybody looks.
      throw Object.assign(new Error("EEXIST"), { code: "EEXIST" });
    };
    ensureFolder(path);
    assert.ok(statSync(path).isDirectory());
    assert.equal(taken, 2);
  });

  // Linux says ENOENT of anything that is to be made in /proc; elsewhere there is no /proc to make it in.
  test("a folder that takes none is an error, and no loop without end", () => {
    assert.throws(
      () => {
        ensureFolder("/proc/oci-artifact/below/it");
      },
      { code: /^(?:ENOENT|EROFS|EACCES|EPERM)$/ },
    );
  });
});
