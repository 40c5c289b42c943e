/**
 * The grammar of ranges: from `>=1.2, <2 || ~3.1` to constraints in groups, exactly as Masterminds
 * takes it apart, with what it refuses. It compares nothing and never throws. Pure.
 *
 * Rule: https://github.com/Masterminds/semver/blob/v3.5.0/constraints.go
 */
import type { Problem } from "../reference/grammar";
import { parseVersion, VERSION_SUFFIX, type Version } from "./version";

export type Operator = "=" | "!=" | ">" | ">=" | "<" | "<=" | "~" | "^";

export interface Constraint {
  readonly operator: Operator;
  /** Zeros stand for the numbers that are not given. */
  readonly base: Version;
  /** How many numbers are given before the end or a wildcard: 0 of "*", 2 of "1.2" and of "1.2.x". */
  readonly given: number;
}

/** One of the groups has to hold, and of it every constraint. */
export interface Range {
  /** As it is written, without white space around it. */
  readonly text: string;
  readonly groups: readonly (readonly Constraint[])[];
}

export type ParsedRange =
  { readonly ok: true; readonly range: Range } | { readonly ok: false; readonly problem: Problem };

const LONGEST_RANGE = 512;
const MOST_GROUPS = 32;

const RANGE_FORM =
  'write versions with =, !=, >, >=, <, <=, ~ or ^: "^1.2", "~1.2.3", ">=1.2, <2", "1.2 - 1.4", "1.x || 2.x", "*"';

/** Each spelling, the longer ones first, as a regular expression has to try them. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ["!=", "!="],
  [">=", ">="],
  ["=>", ">="],
  ["<=", "<="],
  ["=<", "<="],
  ["~>", "~"],
  ["=", "="],
  [">", ">"],
  ["<", "<"],
  ["~", "~"],
  ["^", "^"],
]);

/** The white space of Go's regular expressions, which is less than that of JavaScript's. */
const SPACE = "[\\t\\n\\f\\r ]";

/** Wider than what is a number or a wildcard: what is neither is refused when it is read. */
const NUMBER = "[0-9xX*|]+";
const LOOSE_VERSION = `v?${NUMBER}(?:\\.${NUMBER}){0,2}${VERSION_SUFFIX}`;
const UNNAMED_VERSION = LOOSE_VERSION.replace(/\?<[a-z]+>/g, "?:");

const HYPHENATED = new RegExp(
  `${SPACE}*(${UNNAMED_VERSION})${SPACE}+-${SPACE}+(${UNNAMED_VERSION})${SPACE}*`,
  "g",
);

const OPERATOR = [...OPERATORS.keys(), ""].join("|").replace("^", "\\^");

const CONSTRAINT = new RegExp(
  `(?<operator>${OPERATOR})${SPACE}*` +
    `(?<version>v?(?<numbers>${NUMBER}(?:\\.${NUMBER}){0,2})${VERSION_SUFFIX})`,
  "y",
);
const SEPARATOR = new RegExp(`${SPACE}*,${SPACE}*|${SPACE}+`, "y");
const AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");

/** The range, or what is wrong with the text. */
export function parseRange(text: string): ParsedRange {
  if (text.length > LONGEST_RANGE) {
    const fact = `it has ${text.length} characters, more than ${LONGEST_RANGE}`;
    return refused(fact, "use a shorter range");
  }
  const written = text.replace(AROUND, "");
  if (written === "") return refused("it is empty", 'write "*" for any version');
  // As text, before it is taken apart: so it is only right where a constraint may begin.
  const whole = text.replace(HYPHENATED, ">= $1, <= $2 ");
  const parts = whole.split("||");
  if (parts.length > MOST_GROUPS) {
    const fact = `it has ${parts.length} alternatives, more than ${MOST_GROUPS}`;
    return refused(fact, "use fewer of them");
  }
  const groups: (readonly Constraint[])[] = [];
  for (const part of parts) {
    const group = parseGroup(part.replace(AROUND, ""), written);
    if ("fact" in group) return { ok: false, problem: group };
    groups.push(Object.freeze(group));
  }
  return { ok: true, range: Object.freeze({ text: written, groups: Object.freeze(groups) }) };
}

/** Constraints with white space or a comma between them. */
function parseGroup(group: string, text: string): readonly Constraint[] | Problem {
  if (group === "") return { fact: 'beside "||" in it stands nothing', hint: RANGE_FORM };
  const constraints: Constraint[] = [];
  for (let at = 0; ;) {
    const found = matchAt(CONSTRAINT, group, at);
    const constraint = found === undefined ? undefined : constraintOf(found.groups ?? {});
    if (found === undefined || constraint === undefined) return unreadable(group, at, text);
    constraints.push(constraint);
    at += found[0].length;
    if (at === group.length) return constraints;
    const separator = matchAt(SEPARATOR, group, at);
    if (separator === undefined) return unreadable(group, at - found[0].length, text);
    at += separator[0].length;
  }
}

function matchAt(sticky: RegExp, text: string, at: number): RegExpExecArray | undefined {
  sticky.lastIndex = at;
  return sticky.exec(text) ?? undefined;
}

type Captured = Readonly<Record<string, string | undefined>>;

/** Behind a wildcard nothing counts but a prerelease; undefined where the base is no version. */
function constraintOf(captured: Captured): Constraint | undefined {
  const { operator = "", version = "", numbers = "", prerelease } = captured;
  const all = numbers.split(".");
  const wildcard = all.findIndex((number) => /^[xX*]$/.test(number));
  const given = wildcard < 0 ? all.length : wildcard;
  const padded = [...all.slice(0, given), "0", "0", "0"].slice(0, 3).join(".");
  const suffix = prerelease === undefined ? "" : `-${prerelease}`;
  const base = parseVersion(given === 3 ? version : `${padded}${suffix}`);
  if (base === undefined) return undefined;
  return Object.freeze({ operator: OPERATORS.get(operator) ?? "=", base, given });
}

/** Names what stands from there to the next comma, or to the end. */
function unreadable(group: string, at: number, text: string): Problem {
  const part = (group.slice(at).split(",")[0] ?? "").replace(AROUND, "");
  if (part === "") return { fact: 'beside "," in it stands nothing', hint: RANGE_FORM };
  if (text.includes(part)) return { fact: `"${part}" in it is no constraint`, hint: RANGE_FORM };
  const fact = 'in it, a range with "-" stands where a version has to';
  return { fact, hint: 'write such a range alone, or behind a comma: "!=1.3.0, 1.2 - 1.4"' };
}

function refused(fact: string, hint: string): ParsedRange {
  return { ok: false, problem: { fact, hint } };
}
