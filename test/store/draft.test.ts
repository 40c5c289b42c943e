/** New files out of pieces: all of them in their order, however many and however small. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeDraft } from "../../provider/store/draft";
import { fileFacts, isUntouched } from "../../provider/store/file-facts";
import { folderFor } from "../support/folder-for-test";

const CONTENT = randomBytes(5 * 1024 ** 2 + 321);

function* pieces(length: number): Generator<Buffer> {
  for (let start = 0; start < CONTENT.length; start += length) {
    yield CONTENT.subarray(start, start + length);
  }
}

for (const length of [997, 64 * 1024, 1024 ** 2, 3 * 1024 ** 2, CONTENT.length]) {
  test(`pieces of ${length} bytes`, async (context) => {
    const path = join(folderFor(context), "draft");
    const facts = await writeDraft(path, pieces(length));
    assert.ok(CONTENT.equals(fs.readFileSync(path)));
    assert.ok(isUntouched(facts, fileFacts(fs.statSync(path, { bigint: true }))));
  });
}

test("no pieces at all", async (context) => {
  const path = join(folderFor(context), "draft");
  assert.equal((await writeDraft(path, [])).size, 0n);
  assert.equal(fs.readFileSync(path).length, 0);
});

test("what is there already is not written over", async (context) => {
  const path = join(folderFor(context), "draft");
  fs.writeFileSync(path, "theirs");
  await assert.rejects(writeDraft(path, pieces(1000)), { code: "EEXIST" });
  assert.equal(fs.readFileSync(path, "utf8"), "theirs");
});

test("a source that fails is left with its own error, and the file is closed", async (context) => {
  const path = join(folderFor(context), "draft");
  async function* cut(): AsyncGenerator<Buffer> {
    for (const piece of pieces(1024 ** 2)) {
      await new Promise(setImmediate);
      yield piece;
    }
    throw new Error("cut");
  }
  const before = openFiles();
  await assert.rejects(writeDraft(path, cut()), /^Error: cut$/);
  assert.deepEqual(openFiles(), before);
});

/** Files that this process has open, as far as the system tells. */
function openFiles(): readonly string[] {
  if (!fs.existsSync("/proc/self/fd")) return [];
  return fs.readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${name}`)].filter((target) =>
        target.includes("draft"),
      );
    } catch {
      return [];
    }
  });
}
