/**
 * References of every form, with the platforms, digests and ranges beside them: the parser takes what the
 * grammar of distribution takes, written here once more as expressions, and reads back what it writes.
 *
 * Rule: https://github.com/distribution/reference/blob/v0.6.0/reference.go
 */
import * as assert from "node:assert/strict";
import { isDigest } from "../../provider/digest";
import { referenceKey } from "../../provider/lock/entries";
import { formatReference, lastSegment, pinnedReference } from "../../provider/reference/format";
import { parseReference } from "../../provider/reference/parse";
import { formatPlatform, parsePlatform, platformProblem } from "../../provider/reference/platform";
import { isShortName } from "../../provider/settings/registries-conf/is-short-name";
import type { Reference } from "../../provider/types";
import { isInRange } from "../../provider/versions/in-range";
import { parseRange } from "../../provider/versions/range";
import { parseVersion } from "../../provider/versions/version";
import type { Grammar } from "./grammar";
import { codeOf } from "./judge";
import { mutatedText } from "./mutations";
import { several, type Random } from "./random";

const LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const HOST = `(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DIGEST = "sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}";
const TAG = "\\w[\\w.-]{0,127}";
const NAME = `(${HOST})/(${COMPONENT}(?:/${COMPONENT})*)`;
const GRAMMAR = new RegExp(`^${NAME}(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const LONGEST_PATH = 255;

const SHA256 = `sha256:${"0a".repeat(32)}`;
const SHA512 = `sha512:${"0a".repeat(64)}`;
const PINS = [SHA256, SHA512, `md5:${"0a".repeat(16)}`, SHA256.toUpperCase(), SHA256.slice(1)];

const HOSTS = [
  "ghcr.io",
  "localhost",
  "localhost:5000",
  "[::1]:5000",
  "[fe80::1%eth0]",
  "::1",
  "docker.io",
  "index.docker.io",
  "registry",
  "REGISTRY",
  "oci-layout",
  "xn--bcher-kva.example",
  "a-.example",
  "127.0.0.1:443",
];
const COMPONENTS = ["a", "team", "library", "a.b", "a__b", "a--b", "a_", "Ab", "0".repeat(64), "ü"];
const TAGS = ["1", "latest", "v1.0.0_b", "1+b", "-1", "t".repeat(128), "t".repeat(129), ""];
const SUB_PATHS = ["sub", "sub/dir", "..", "a/../b", "", "/a", "a//b", "@sha256:x", "a b", "a\\b"];

/** What texts are changed with: all that means something to one form or another. */
const PARTS = [
  ...Array.from("aZ0.:-_/@[]+ \\?#~\n\u0000"),
  ...HOSTS,
  ...COMPONENTS,
  ...PINS,
  "oci://",
  "oci-layout://",
  "https://",
  "//",
  "::",
  "?tag=1",
  "&digest=",
  "user:password@",
  "=",
  "&",
  ".tar",
  "é",
  "\u202e",
  "\ud800",
];

function address(random: Random): string {
  const path = several(random, 1, 4, () => random.pick(COMPONENTS)).join("/");
  const host = random.oneIn(4) ? "" : `${random.pick(HOSTS)}/`;
  return `${host}${path}${suffix(random, ":", TAGS)}${suffix(random, "@", PINS)}`;
}

function suffix(random: Random, sign: string, list: readonly string[], chance = 2): string {
  return random.oneIn(chance) ? `${sign}${random.pick(list)}` : "";
}

function url(random: Random): string {
  const pairs = several(random, 0, 2, () =>
    random.pick([`tag=${random.pick(TAGS)}`, `digest=${random.pick(PINS)}`, "x=1", ""]),
  );
  const query = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  return `oci://${address(random)}${suffix(random, "//", SUB_PATHS)}${query}`;
}

function layout(random: Random): string {
  const path = several(random, 1, 3, () => random.pick([...COMPONENTS, ".", "..", ""])).join("/");
  return `oci-layout://${path}${suffix(random, ":", TAGS)}${suffix(random, "@", PINS)}`;
}

/** What the grammar makes of a text, after Docker's rules for the first component. */
function expected(text: string): Reference | undefined {
  if (/\s/.test(text)) return undefined;
  return text.startsWith("oci://") ? expectedUrl(text) : expectedBare(text);
}

function expectedBare(text: string): Reference | undefined {
  // An identifier of Docker's: to the grammar it is a name, to Docker it is none.
  if (/^[0-9a-f]{64}$/.test(text)) return undefined;
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  const hasHost = first === "localhost" || /[.:A-Z]/.test(first);
  return hasHost ? named(first, text.slice(slash + 1)) : named("docker.io", text);
}

function named(written: string, rest: string): Reference | undefined {
  const host = written === "index.docker.io" ? "docker.io" : written;
  const isOfficial = host === "docker.io" && !/^[^:@]*\//.test(rest);
  const match = GRAMMAR.exec(`${host}/${isOfficial ? "library/" : ""}${rest}`);
  const [, registry = "", repository = "", tag, digest] = match ?? [];
  if (match === null || repository.length > LONGEST_PATH) return undefined;
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Rule: https://opentofu.org/docs/language/modules/sources/ */
function expectedUrl(text: string): Reference | undefined {
  const [, whole = "", subPath, query = ""] =
    /^oci:\/\/([^?]*?)(?:\/\/([^?]*))?(?:\?([\s\S]*))?$/.exec(text) ?? [];
  const slash = whole.indexOf("/");
  const host = whole.slice(0, Math.max(slash, 0));
  const written = host === "oci-layout" ? undefined : named(host, whole.slice(slash + 1));
  const asked = new Map<string, string>();
  for (const pair of query.split("&").filter((each) => each !== "")) {
    const [, name = "", value = ""] = /^(tag|digest)=([\s\S]+)$/.exec(pair) ?? [];
    if (name === "" || asked.has(name)) return undefined;
    asked.set(name, value);
  }
  const [tag, digest] = [asked.get("tag"), asked.get("digest")];
  if (written === undefined || !isSubPath(subPath)) return undefined;
  if (tag !== undefined && (written.tag !== undefined || !new RegExp(`^${TAG}$`).test(tag)))
    return undefined;
  if (digest !== undefined && (written.digest !== undefined || !isPin(digest))) return undefined;
  return {
    ...written,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
    ...(subPath === undefined ? {} : { subPath }),
  };
}

function isPin(text: string): boolean {
  return new RegExp(`^(?:${DIGEST})$`).test(text);
}

function isSubPath(text: string | undefined): boolean {
  if (text === undefined) return true;
  return (
    !/[\u0000-\u001f\u007f\\]|@sha\d+:/.test(text) &&
    text.split("/").every((part) => part !== "" && part !== "." && part !== "..")
  );
}

function checkReference(text: string): string {
  let parsed: Reference | undefined;
  let outcome = "done";
  try {
    parsed = parseReference(text);
  } catch (error) {
    outcome = codeOf(error);
  }
  // What is escaped in a query is read by the platform's own rules.
  const isForeign = text.startsWith("oci-layout://") || text.includes("%");
  if (!isForeign) assert.deepEqual(parsed, expected(text), JSON.stringify(text));
  if (parsed !== undefined) checkWritten(text, parsed);
  return outcome;
}

function checkWritten(text: string, parsed: Reference): void {
  const { subPath: _subPath, ...named } = parsed;
  const written = formatReference(parsed);
  assert.deepEqual(parseReference(written), named, written);
  assert.equal(formatReference(parseReference(written)), written);
  const { digest } = parseReference(pinnedReference(parsed, SHA256));
  assert.equal(digest, SHA256);
  assert.match(lastSegment(parsed), /^[a-z0-9][a-z0-9._-]*$/);
  if (!isShortName(text)) assert.equal(referenceKey(text), referenceKey(written));
}

const VERSIONS = ["1", "1.2", "1.2.3", "v2.0.0", "0.0.0", "1.2.3-rc.1", "1.2.x", "*", "X", "01.2"];
const RANGE_PARTS = [
  ...Array.from("^~<>=!|,- .0+x*"),
  "||",
  " - ",
  ">=",
  "<=",
  "=>",
  "99999999999999999999",
];

function checkRange(random: Random): string {
  const group = (): string =>
    several(random, 1, 3, () => random.pick(RANGE_PARTS) + random.pick(VERSIONS)).join(
      random.pick([" ", ",", ", ", "||", " - "]),
    );
  const text = random.oneIn(3) ? group() : mutatedText(group(), random, RANGE_PARTS);
  const parsed = parseRange(text);
  if (!parsed.ok) {
    assert.ok(parsed.problem.fact.length > 0 && parsed.problem.hint.length > 0);
    return "refused";
  }
  assert.deepEqual(parseRange(parsed.range.text), parsed);
  const version = parseVersion(random.pick(VERSIONS));
  if (version === undefined) return "range";
  const isIn = isInRange(version, parsed.range, { prereleases: random.oneIn(2) });
  assert.ok([true, false].includes(isIn));
  return "range";
}

function checkParts(random: Random): string {
  const digest = mutatedText(random.pick(PINS), random, PARTS);
  assert.equal(isDigest(digest), isPin(digest), digest);
  const platform = mutatedText(random.pick(["linux/arm64/v8", "linux/amd64"]), random, PARTS);
  if (platformProblem(platform) !== undefined) return "part";
  assert.equal(formatPlatform(parsePlatform(platform)), platform);
  return "platform";
}

export const references: Grammar = {
  name: "references",
  share: 20_000,
  reaches: ["done", "INVALID_REFERENCE", "range", "refused", "platform"],
  round({ random }) {
    if (random.oneIn(8)) return random.oneIn(2) ? checkRange(random) : checkParts(random);
    const text = random.pick([address, address, url, layout])(random);
    return checkReference(random.oneIn(2) ? text : mutatedText(text, random, PARTS));
  },
};
