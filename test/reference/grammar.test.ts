/**
 * The parser against the grammar of distribution/reference 0.6 written as one expression: on texts
 * made of the characters that matter, both accept the same, and what is written is read back.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { formatReference } from "../../provider/reference/format";
import { parseReference } from "../../provider/reference/parse";

const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DIGEST = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";
const GRAMMAR = new RegExp(
  `^(${HOST})/(${COMPONENT}(?:/${COMPONENT})*)(?::(\\w[\\w.-]{0,127}))?(?:@(${DIGEST}))?$`,
);

const PIECES = [
  ...Array.from("aZ0.:-_/@[]%+ "),
  "localhost",
  "docker.io",
  "index.docker.io",
  "__",
  ":1",
  "::1",
  "a/b",
  "a.b",
  "[::1]",
  `@sha256:${"0a".repeat(32)}`,
  `@sha512:${"0a".repeat(64)}`,
  `@md5:${"0a".repeat(16)}`,
];

/** What the grammar makes of the text, after Docker's rules for the first component. */
function expected(text: string): readonly (string | undefined)[] | undefined {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const hasHost = first === "localhost" || /[.:A-Z]/.test(first);
  const host = !hasHost || first === "index.docker.io" ? "docker.io" : first;
  const rest = hasHost ? text.slice(slash + 1) : text;
  const isOfficial = host === "docker.io" && !rest.includes("/");
  const match = GRAMMAR.exec(`${host}/${isOfficial ? "library/" : ""}${rest}`);
  return match === null ? undefined : match.slice(1, 5);
}

function actual(text: string): readonly (string | undefined)[] | undefined {
  try {
    const { registry, repository, tag, digest } = parseReference(text);
    return [registry, repository, tag, digest];
  } catch {
    return undefined;
  }
}

/** Always the same sequence: a linear congruential generator with the constants of C's rand. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    yield state >>> 8;
  }
}

test("the parser accepts what the grammar accepts, and reads the same parts", () => {
  const random = numbers(20_260);
  const next = (below: number): number => random.next().value % below;
  let accepted = 0;
  for (let round = 0; round < 30_000; round += 1) {
    const text = Array.from({ length: 1 + next(7) }, () => PIECES[next(PIECES.length)]).join("");
    const parts = actual(text);
    assert.deepEqual(parts, expected(text), text);
    if (parts === undefined) continue;
    accepted += 1;
    assert.deepEqual(actual(formatReference(parseReference(text))), parts, text);
  }
  assert.ok(accepted > 1_000, `only ${accepted} texts were references`);
});
