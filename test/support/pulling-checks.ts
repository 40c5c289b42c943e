/**
 * What must hold after every pull, whatever it came to. Each check fails the test by itself; none
 * of them changes anything.
 */
import * as assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { inspect } from "node:util";
import { algorithmOf, digestOf } from "../../provider/digest";
import type { OciError } from "../../provider/errors";
import type { TestRegistry } from "./registry-types";

/** Set-user, set-group and sticky: bits that no tree may have. */
const SPECIAL_BITS = 0o7000;

/** As many links as Linux follows in one path; a chain that is longer leads nowhere. */
const MOST_HOPS = 40;

/** Longer is no message any more: a person has to find the hint. */
const LONGEST_MESSAGE = 40_000;

/**
 * Nothing outside the sandbox's own places, nothing unfinished, exactly these trees, nothing special
 * in any of them, no wrong blob.
 */
export function checkFolders(folder: string, trees: readonly string[]): void {
  const places = ["cache", "canary", "home", "project", "tmp"];
  assert.deepEqual(
    namesIn(folder).filter((name) => !places.includes(name)),
    [],
    "beside the program",
  );
  assert.deepEqual(namesIn(join(folder, "canary")), ["song"]);
  assert.equal(readFileSync(join(folder, "canary", "song"), "utf8"), "alive");
  assert.deepEqual(namesIn(join(folder, "tmp")), [], "temporary files");
  assert.deepEqual(namesIn(join(folder, "home")), [".docker"]);
  const project = join(folder, "project");
  assert.deepEqual(
    namesIn(project).filter((name) => name !== ".oci-artifacts"),
    [],
    "in the program's folder",
  );
  assert.deepEqual(treesIn(folder), [...new Set(trees)].sort(), "visible trees");
  for (const name of treesIn(folder)) checkTree(join(project, ".oci-artifacts", name));
  const records = namesIn(join(project, ".oci-artifacts", ".pulumi/receipts"));
  assert.deepEqual(
    records,
    treesIn(folder).map((name) => `${name}.json`),
    "receipts",
  );
  assert.deepEqual(namesIn(join(project, ".oci-artifacts", ".pulumi/staging")), [], "half trees");
  checkCache(join(folder, "cache"));
}

/** The trees that a program could read. */
export function treesIn(folder: string): readonly string[] {
  return namesIn(join(folder, "project", ".oci-artifacts")).filter((name) => !name.startsWith("."));
}

/** Files, folders and links alone, all of them the user's, without special bits, and no way out. */
function checkTree(tree: string, folder = tree): void {
  for (const name of readdirSync(folder)) {
    const at = join(folder, name);
    const facts = lstatSync(at);
    const isPlain = facts.isFile() || facts.isDirectory() || facts.isSymbolicLink();
    assert.ok(isPlain, `${at} is no file, no folder and no link`);
    assert.equal(facts.mode & SPECIAL_BITS, 0, `${at} has the mode ${facts.mode.toString(8)}`);
    assert.equal(facts.uid, process.getuid?.() ?? facts.uid, `${at} is another user's`);
    if (facts.isSymbolicLink()) checkLink(tree, at);
    if (facts.isDirectory()) checkTree(tree, at);
  }
}

/** Follows a link component by component, as the kernel does; what dangles may do so inside only. */
function checkLink(tree: string, link: string): void {
  const pending = [link];
  let position = "/";
  for (let hops = 0; hops <= MOST_HOPS;) {
    const next = pending.shift();
    if (next === undefined) return;
    position = next === ".." ? dirname(position) : join(position, next);
    const isInside = position === tree || position.startsWith(`${tree}/`);
    assert.ok(isInside, `${link} leads to ${position}`);
    const facts = lstatSync(position, { throwIfNoEntry: false });
    if (facts?.isSymbolicLink() !== true) continue;
    const target = readlinkSync(position);
    assert.ok(!isAbsolute(target), `${position} is bound to this machine: ${target}`);
    pending.unshift(...target.split("/"));
    position = dirname(position);
    hops += 1;
  }
}

function checkCache(cache: string): void {
  assert.deepEqual(namesIn(join(cache, "staging")), [], "half blobs");
  const blobs = join(cache, "blobs");
  for (const algorithm of namesIn(blobs)) {
    for (const hex of namesIn(join(blobs, algorithm))) {
      const digest = `${algorithm}:${hex}`;
      const bytes = readFileSync(join(blobs, algorithm, hex));
      assert.equal(digestOf(bytes, algorithmOf(digest)), digest, "a wrong blob in the cache");
    }
  }
}

/** Words for a person: one hint, no stack, no control sequence, no secret, and not too many. */
export function checkTexts(
  error: OciError | undefined,
  lines: readonly string[],
  secrets: readonly string[],
): void {
  const texts = [...lines, ...(error === undefined ? [] : [error.message])];
  for (const text of texts) {
    assert.ok(text.length <= LONGEST_MESSAGE, `${text.length} characters: ${text.slice(0, 200)}…`);
    assert.doesNotMatch(text, /^\s+at .*:\d+:\d+\)?$/m, "a stack trace");
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, "a control sequence");
    assert.ok(text.isWellFormed(), "half a character");
  }
  if (error !== undefined) checkShape(error);
  const everything = `${texts.join("\n")}\n${inspect(error, { depth: 8, showHidden: false })}`;
  for (const secret of secrets) {
    assert.ok(!everything.includes(secret), `a secret in ${everything}`);
  }
}

/** What a registry says takes no line of its own, least of all the hint's. */
function checkShape({ code, message, details, hint, cause }: OciError): void {
  const isDefect = code === "STORE" || cause instanceof TypeError || cause instanceof RangeError;
  assert.ok(!isDefect, `a defect of ours: ${message}`);
  const [first = "", ...rest] = message.split("\n");
  assert.match(first, /^cannot [a-z ]+ .+: ./);
  const hints = hint === undefined ? [] : [`hint: ${hint}`];
  assert.deepEqual(rest, [...details.map((line) => `  ${line}`), ...hints]);
}

/** Few requests, no cookie, and credentials for `home` and the registry's token service alone. */
export function checkTraffic(
  home: string,
  registry: TestRegistry,
  strangers: readonly TestRegistry[],
  seen: readonly number[],
  most: number,
): void {
  const fresh = [registry, ...strangers].map((server, index) => server.requests.slice(seen[index]));
  const total = fresh.flat().length;
  assert.ok(total <= most, `${total} requests, more than ${most}`);
  for (const request of fresh.flat()) {
    const { headers, host, path } = request;
    const isOwn = host === home || (request.server === "token" && fresh[0]?.includes(request));
    assert.equal(headers.cookie, undefined, "a cookie");
    if (!isOwn) assert.equal(headers.authorization, undefined, `a credential for ${host}${path}`);
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
