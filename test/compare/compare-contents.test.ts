/** What two folders do not have in common, and that it is told as it is asked for. */
import * as assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { OciError } from "../../provider/errors";
import { compareInputs } from "../../provider/pulumi/compare-contents";
import { programsFor } from "../support/session-for-test";

const PROGRAMS = programsFor({ after });

/** A program with two folders, which differ in three files. */
function program(): string {
  const { directory } = PROGRAMS.next();
  for (const side of ["old", "new"]) {
    mkdirSync(join(directory, side));
    for (const name of ["a", "b", "c"]) writeFileSync(join(directory, side, name), side);
  }
  return directory;
}

test("an end that is asked for between two texts is one: no further text is made", async () => {
  const directory = program();
  const controller = new AbortController();
  const shown: string[] = [];
  const { signal } = controller;
  const comparing = compareInputs({}, ["./old", "./new"], { directory, signal }, async (found) => {
    assert.equal(found.changed.length, 3);
    for await (const text of found.texts) {
      shown.push(text);
      controller.abort();
    }
  });
  await assert.rejects(
    comparing,
    (error) => error instanceof OciError && error.code === "CANCELLED",
  );
  assert.equal(shown.length, 1);
});

test("a file that goes while it is compared is named, and no defect to be reported", async () => {
  const directory = program();
  const comparing = compareInputs({}, ["./old", "./new"], { directory }, async (found) => {
    for await (const text of found.texts) {
      assert.match(text, /^--- a\/a\n/);
      rmSync(join(directory, "new", "b"));
    }
  });
  await assert.rejects(comparing, (error) => {
    assert.ok(error instanceof OciError);
    assert.match(error.message, /^cannot compare b: it changed while it was read\nhint: run again/);
    return true;
  });
});
