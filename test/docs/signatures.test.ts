/**
 * The table of docs/signatures.md for users of other tools names every option of `verify` and its flag,
 * and none that is not there.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VERIFY_INPUTS } from "../../provider/pulumi/verify-inputs";
import { REPOSITORY } from "../support/repository";

const TEXT = readFileSync(join(REPOSITORY, "docs/signatures.md"), "utf8");

/** The cells of a column, from 0, of the table whose head begins so. */
function column(head: string, index: number): string {
  const [table = ""] = TEXT.slice(TEXT.indexOf(`| ${head}`)).split("\n\n");
  return table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|")[index + 1] ?? "")
    .join("\n");
}

test("it names every flag of verify that stands for one option", () => {
  const flags = VERIFY_INPUTS.verify.flags.map(({ name }) => `--${name}`);
  const named = column("cosign verify", 3).match(/--[a-z-]+/g) ?? [];
  assert.deepEqual([...named].sort(), flags.filter((flag) => flag !== "--verify").sort());
});

test("it names every option of verify", () => {
  const { fields } = VERIFY_INPUTS.verify.type;
  const named = [...column("cosign verify", 2).matchAll(/`([a-zA-Z]+)/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(named)].sort(), Object.keys(fields).sort());
  const identity = [...column("cosign verify", 2).matchAll(/identities\[\]\.(\w+)/g)];
  const halves = identity.map(([, name]) => name);
  assert.deepEqual(halves.sort(), Object.keys(fields.identities.type.fields).sort());
});
