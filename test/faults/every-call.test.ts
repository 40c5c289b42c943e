/**
 * Every call of the file system fails once, and from some call on all of them: each command then comes to
 * what it should, or to an error in words; what was there is whole or what comes is, the cache holds
 * nothing wrong, and the next run succeeds and leaves nothing behind.
 *
 * Environment: OCI_ARTIFACT_TEST_FAULTS=all walks through every call; else through some of them.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { FaultCode } from "./fault-switch";
import type { Step, View, Walk } from "./faulty-runs";
import { publishContent, scenariosAt, type Scenario } from "./scenarios";

const CODES: readonly FaultCode[] = ["ENOSPC", "EROFS", "EACCES", "EIO", "EMFILE"];

const IS_ALL = process.env["OCI_ARTIFACT_TEST_FAULTS"] === "all";

/** Calls of each code and command, else. */
const POINTS = 4;

/** Failures that a report of this test has words for. */
const MOST_SHOWN = 10;

/** What a message of Node has, and no sentence of ours. */
const RAW = /\b(EACCES|EIO|EMFILE|ENOSPC|EROFS): |\n\s+at |report this text|\[object|undefined/;

/** Calls whose own failure leaves something: it is removed by the next run. */
const REMOVALS = /^(rm|rmdir|unlink|readdir|lstat|stat|opendir|rename|chmod)$/;

async function walked(t: TestContext, walk: Walk): Promise<readonly Step[]> {
  const folder = folderFor(t);
  for (const name of ["home", "project/source", "tmp"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, "project/source/a.txt"), "pushed");
  const child = spawn(process.execPath, [join(__dirname, "faulty-runs.js"), JSON.stringify(walk)], {
    cwd: join(folder, "project"),
    env: {
      HOME: join(folder, "home"),
      OCI_ARTIFACT_CACHE: join(folder, "cache"),
      TMPDIR: join(folder, "tmp"),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  assert.equal(complaints, "");
  assert.deepEqual(readdirSync(join(folder, "tmp")), []);
  return printed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Step);
}

/** Group → path → text. */
function grouped({ files }: Pick<View, "files">, { groupOf, seen }: Scenario) {
  const groups: Record<string, Record<string, string>> = {};
  for (const [path, content] of Object.entries(files)) {
    const group = groupOf?.(path) ?? seen.find((name) => path.startsWith(name)) ?? path;
    (groups[group] ??= {})[path] = content;
  }
  return groups;
}

function judge(scenario: Scenario, end: View, step: Step): void {
  const { before, fault, faulty, next, fired } = step;
  const { at, code, isLasting } = fault;
  const failed = `${isLasting ? "from " : ""}call ${at} (${fired.name ?? "none"})`;
  const where = `${failed}, ${code}: ${faulty.said}`;
  if (faulty.exitCode === 0 && !scenario.isBestEffort)
    assert.deepEqual(faulty.files, end.files, where);
  if (faulty.exitCode !== 0) assertInWords(faulty.said, where);
  // Where nothing can be moved any more, it is not moved back; nothing else than that is allowed.
  const mayBeAside = isLasting && code !== "ENOSPC" && faulty.exitCode !== 0;
  const [then, now, last] = [before, faulty, end].map((view) => grouped(view, scenario));
  for (const name of new Set([then, now, last].flatMap((groups) => Object.keys(groups ?? {})))) {
    const whole = [then?.[name], last?.[name], ...(mayBeAside ? [undefined] : [])];
    const isOne = whole.some((content) => JSON.stringify(content) === JSON.stringify(now?.[name]));
    assert.ok(isOne, `${name} is neither old nor new after ${where}`);
  }
  const index = scenario.last ?? "";
  if (faulty.files[index] !== undefined && faulty.files[index] === end.files[index]) {
    assert.deepEqual(faulty.files, end.files, where);
  }
  assert.deepEqual(faulty.wrong, [], where);
  const mayLeave = isLasting ? code !== "ENOSPC" : REMOVALS.test(fired.name ?? "");
  if (!mayLeave) assert.deepEqual(faulty.unfinished, before.unfinished, where);
  // A record that could neither be written nor removed tells of the old content: that is said.
  const isStale = isLasting && faulty.said.includes("nothing records that the content");
  if (isStale && next.said.includes("was changed since it was placed")) return;
  assert.equal(next.exitCode, 0, `${where}\nthen: ${next.said}`);
  assert.deepEqual(next.files, end.files, where);
  // The folder for temporary files goes with the process, which all of these runs share.
  const left = next.unfinished.filter((name) => !name.startsWith("tmp/"));
  assert.deepEqual([next.wrong, left], [[], []], where);
}

/** `cannot <verb> <subject>: <fact>`, and what to do. */
function assertInWords(said: string, where: string): void {
  assert.match(said, /^\s*cannot [^\n]+: [^\n]+$/m, where);
  assert.match(said, /^\s*hint: \S/m, where);
  assert.doesNotMatch(said, RAW, where);
}

function problemOf(check: () => void): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

describe(IS_ALL ? "every call fails" : "some calls fail", () => {
  for (const [index, { title }] of scenariosAt("").entries()) {
    test(title, async (t) => {
      const registry = await registryFor(t);
      publishContent(registry);
      const scenario = scenariosAt(registry.host)[index];
      assert.ok(scenario !== undefined);
      const { fresh, before, line, seen } = scenario;
      const points = IS_ALL ? undefined : POINTS;
      const steps = await walked(t, { fresh, before, line, seen, codes: CODES, points });
      const end = steps[0]?.faulty;
      assert.ok(end?.exitCode === 0, end?.said);
      assert.deepEqual({ ...end.files, ...scenario.comesTo }, end.files);
      const wrong = steps.flatMap((step) =>
        problemOf(() => {
          judge(scenario, end, step);
        }),
      );
      assert.equal(
        wrong.slice(0, MOST_SHOWN).join("\n\n"),
        "",
        `${wrong.length} of ${steps.length}`,
      );
      const fired = steps.filter((step) => step.fired.name !== undefined);
      assert.ok(fired.length >= CODES.length);
      t.diagnostic(`${fired.length} faults`);
    });
  }
});
