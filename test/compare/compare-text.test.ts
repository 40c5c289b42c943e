/** What differs inside of two files: what is shown, and what is said where nothing is. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { compareText } from "../../provider/compare-text";
import { folderFor } from "../support/folder-for-test";

async function compared(
  t: TestContext,
  before: string | Uint8Array | undefined,
  after: string | Uint8Array | undefined,
): Promise<string> {
  const folder = folderFor(t);
  const fileOf = (name: string, content: string | Uint8Array | undefined) => {
    if (content === undefined) return undefined;
    writeFileSync(join(folder, name), content);
    return { file: join(folder, name) };
  };
  return await compareText("x.txt", fileOf("before", before), fileOf("after", after));
}

describe("text", () => {
  test("three lines of context; a missing line end at the end is said", async (t) => {
    const lines = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    const shown = await compared(t, lines.join("\n"), lines.join("\n").replace("5", "five"));
    assert.equal(
      shown,
      "--- a/x.txt\n+++ b/x.txt\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
    );
    const ended = await compared(t, "a", "a\n");
    assert.match(ended, /-a\n\\ No newline at end of file\n\+a\n$/);
  });

  test("equal bytes are no difference", async (t) => {
    assert.equal(await compared(t, "a\n", "a\n"), "");
  });

  test("of two texts with nothing in common, however long, all of the old one stands before all of the new one", async (t) => {
    const count = 5_000;
    const of = (word: string): string =>
      Array.from({ length: count }, (_, index) => `${word}${index}\n`).join("");
    const lines = (await compared(t, of("old"), of("new"))).split("\n");
    assert.deepEqual(lines.slice(0, 4), [
      "--- a/x.txt",
      "+++ b/x.txt",
      `@@ -1,${count} +1,${count} @@`,
      "-old0",
    ]);
    assert.deepEqual(lines.slice(3 + count - 1, 3 + count + 1), [`-old${count - 1}`, "+new0"]);
    assert.deepEqual(lines.slice(-2), [`+new${count - 1}`, ""]);
  });

  test("links are compared by what they lead to, and never followed", async () => {
    const shown = await compareText("link", { target: "/etc/passwd" }, { target: "a" });
    assert.match(shown, /^--- a\/link\n\+\+\+ b\/link\n@@ -1,1 \+1,1 @@\n-\/etc\/passwd\n/);
  });
});

describe("what is not shown", () => {
  for (const [name, content] of [
    ["a NUL", Buffer.from([97, 0, 98])],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 97])],
  ] as const) {
    test(name, async (t) => {
      assert.equal(await compared(t, content, "a"), "a/x.txt and b/x.txt differ: no text\n");
      assert.equal(
        await compared(t, undefined, content),
        "/dev/null and b/x.txt differ: no text\n",
      );
    });
  }

  test("more than a mebibyte", async (t) => {
    const shown = await compared(t, "x".repeat(1024 ** 2 + 1), "a");
    assert.match(shown, /^a\/x\.txt and b\/x\.txt differ: not shown, .* are more than 1 MiB\n$/);
  });
});
