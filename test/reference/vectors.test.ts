/**
 * Every case of the reference implementation's verdicts, every field. The cases are data: what is
 * not in them is tested in parse.test.ts.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import {
  effectiveTag,
  familiarName,
  formatReference,
  pinnedReference,
} from "../../provider/reference/format";
import { parseReference } from "../../provider/reference/parse";
import type { Reference } from "../../provider/types";

interface Case {
  readonly input: string;
  readonly ok: boolean;
  readonly domain?: string;
  readonly path?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly normalized?: string;
  readonly familiar?: string;
  readonly withDefaultTag?: string;
  readonly dockerRef?: string;
  readonly error?: { readonly class: string };
  readonly strict: boolean;
  readonly containersImageOk?: boolean;
}

for (const file of ["accepted.json", "refused.json"]) {
  const text = readFileSync(join("test/data/vectors/reference", file), "utf8");
  const { cases } = JSON.parse(text) as { readonly cases: readonly Case[] };
  describe(`reference vectors of ${file}`, () => {
    test("there are cases", () => {
      assert.ok(cases.length > 20);
    });
    for (const it of cases) {
      test(it.input, () => {
        (it.ok ? accepts : refuses)(it);
      });
    }
  });
}

function accepts(it: Case): void {
  const reference = parseReference(it.input);
  assert.equal(reference.registry, it.domain);
  assert.equal(reference.repository, it.path);
  assert.equal(reference.tag, it.tag);
  assert.equal(reference.digest, it.digest);
  assert.equal(reference.subPath, undefined);
  assert.equal(formatReference(reference), it.normalized);
  assert.equal(familiarName(reference), it.familiar);
  assert.equal(withDefaultTag(reference), it.withDefaultTag);
  assert.equal(dockerReference(reference), it.dockerRef);
  // Strict is what both grammars accept and nobody needs to normalize.
  const isCanonical = formatReference(reference) === it.input;
  assert.equal(isCanonical && it.containersImageOk !== false, it.strict);
}

function refuses(it: Case): void {
  assert.equal(it.error?.class, "reference-invalid");
  assert.equal(it.strict, false);
  assert.throws(
    () => parseReference(it.input),
    (error) => error instanceof OciError && error.code === "INVALID_REFERENCE",
  );
}

function withDefaultTag(reference: Reference): string {
  const tag = effectiveTag(reference);
  return formatReference(tag === undefined ? reference : { ...reference, tag });
}

/** Docker asks by digest where there is one, and forgets the tag. */
function dockerReference(reference: Reference): string {
  return reference.digest === undefined
    ? withDefaultTag(reference)
    : pinnedReference(reference, reference.digest);
}
