/**
 * The documentation that is made from the source is up to date, and names nothing that is not there.
 */
import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { generatedFiles } from "../../scripts/docs";
import { ERROR_CODES } from "../../provider/error-codes";
import { REPOSITORY } from "../support/repository";

for (const { file, isFresh } of generatedFiles()) {
  test(`${file} says what the source says`, () => {
    assert.ok(isFresh, `${file} is stale: run node dist/scripts/docs.js`);
  });
}

describe("every documented error", () => {
  const sources = readdirSync(join(REPOSITORY, "provider"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && file !== "error-codes.ts")
    .map((file) => readFileSync(join(REPOSITORY, "provider", file), "utf8"))
    .join("\n");

  for (const code of Object.keys(ERROR_CODES)) {
    test(`${code} is one that somebody meets`, () => {
      assert.ok(sources.includes(`code: "${code}"`), `nothing in provider/ throws ${code}`);
    });
  }
});

test("links between the documents lead to files", () => {
  const pages = readdirSync(join(REPOSITORY, "docs")).map((name) => `docs/${name}`);
  for (const file of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", ...pages]) {
    const text = readFileSync(join(REPOSITORY, file), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const folder = join(REPOSITORY, file, "..", target, "..");
      assert.ok(readdirSync(folder).includes(target.split("/").at(-1) ?? ""), `${file}: ${target}`);
    }
  }
});
