/**
 * What the documentation links to in this repository is there.
 */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { REPOSITORY } from "../support/repository";

const FILES = [
  ...readdirSync(REPOSITORY).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(REPOSITORY, "docs")).map((name) => `docs/${name}`),
];

for (const file of FILES) {
  test(`the links of ${file} lead somewhere`, () => {
    const text = readFileSync(join(REPOSITORY, file), "utf8");
    const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(
      ([, target]) => target ?? "",
    );
    const inside = targets.filter((target) => !/^[a-z]+:/.test(target));
    const missing = inside.filter((target) => !existsSync(join(REPOSITORY, dirname(file), target)));
    assert.deepEqual(missing, []);
  });
}
