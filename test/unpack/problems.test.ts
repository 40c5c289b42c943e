/** What the disk refuses, in words that say what to do. */
import * as assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { test } from "node:test";
import { asUnpackError } from "../../provider/unpack/problems";
import { folderFor } from "../support/folder-for-test";

test("symlinks that may not be made: a hint that names Developer Mode", () => {
  const refusal = Object.assign(new Error("EPERM"), { code: "EPERM", syscall: "symlink" });
  const error = asUnpackError(refusal, "ghcr.io/team/app:1");
  assert.equal(error.code, "STORE");
  assert.equal(
    error.message,
    [
      "cannot unpack ghcr.io/team/app:1: it has symlinks, and none may be made here (EPERM)",
      "hint: on Windows, turn on Developer Mode or run as administrator; else have the program lie on a file system with symlinks",
    ].join("\n"),
  );
});

test("other refusals of a symlink, and of other calls, say what the disk says", (context) => {
  const forbidden = Object.assign(new Error("EPERM"), { code: "EPERM", syscall: "open" });
  assert.match(asUnpackError(forbidden, "app").message, /: it may not be written \(EPERM\)/);
  const folder = folderFor(context);
  assert.throws(
    () => {
      symlinkSync("x", folder);
    },
    // The system names its call just so.
    { code: "EEXIST", syscall: "symlink" },
  );
});
