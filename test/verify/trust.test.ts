/** Where a trusted root comes from when it is given: a text, or a file. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { rootText, trustedRoot } from "../../provider/verify/trust";
import { openWorld } from "../registry/world";
import { folderFor } from "../support/folder-for-test";
import { refused } from "./world";

describe("a root that is given", () => {
  test("is a JSON text, or the path of a file beside the program", async (t) => {
    const folder = folderFor(t);
    writeFileSync(join(folder, "root.json"), '{"a":1}');
    assert.equal(await rootText('\n {"b":2}', "verify.trustedRoot", folder), '\n {"b":2}');
    assert.equal(await rootText("root.json", "verify.trustedRoot", folder), '{"a":1}');
    assert.equal(await rootText(join(folder, "root.json"), "x", "/nowhere"), '{"a":1}');
  });

  test("and cannot be read: the error names input and file", async (t) => {
    const error = await refused(rootText("none.json", "verify.tuf.root", folderFor(t)));
    assert.equal(
      error.message,
      [
        "cannot use verify.tuf.root: none.json cannot be read (ENOENT)",
        "hint: give a JSON text, or the path of a JSON file, relative to the program's directory",
      ].join("\n"),
    );
    assert.equal(error.code, "CONFIG");
  });

  test("is taken as it is, and none where none is needed", async (t) => {
    const { context } = openWorld(t);
    assert.equal(await trustedRoot({ kind: "root", text: "x" }, "fresh", context), "x");
    assert.equal(await trustedRoot({ kind: "none" }, "fresh", context), undefined);
  });
});
