/**
 * The regular expressions of docs/lock-files.md, on a lock file that the command has written and on a
 * program: Renovate finds what it updates, and what it has updated behaves as the page says.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RE2JS } from "re2js";
import { entriesIn, LOCK_FILE, lockWorld } from "../cli/lock-world";
import { publish } from "../support/artifacts";
import { FIRST, SECOND } from "../support/manifests";
import { REPOSITORY } from "../support/repository";

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly autoReplaceStringTemplate: string;
  readonly datasourceTemplate: string;
}

type Groups = Readonly<Record<string, string | undefined>>;

function managers(): readonly [Manager, Manager] {
  const page = readFileSync(join(REPOSITORY, "docs", "lock-files.md"), "utf8");
  const block = /<!-- tested: renovate -->\s+```json\n([^]*?)```/.exec(page)?.[1] ?? "";
  const { customManagers } = JSON.parse(block) as { customManagers: [Manager, Manager] };
  return customManagers;
}

/** What Renovate finds in a file: it takes RE2, which has to agree with JavaScript here. */
function found({ matchStrings }: Manager, text: string): readonly (Groups & { match: string })[] {
  return matchStrings.flatMap((pattern) => {
    const matches = [...text.matchAll(new RegExp(pattern, "g"))];
    const matcher = RE2JS.compile(pattern).matcher(text);
    for (const match of matches) {
      assert.ok(matcher.find());
      assert.equal(matcher.group(), match[0]);
      for (const [name, value] of Object.entries(match.groups ?? {})) {
        assert.equal(matcher.group(name) ?? undefined, value, name);
      }
    }
    assert.ok(!matcher.find());
    return matches.map((match) => ({ ...match.groups, match: match[0] }));
  });
}

/** The text with one find replaced, as Renovate does it by a template. */
function updated(
  manager: Manager,
  text: string,
  find: Groups & { match: string },
  news: Groups,
): string {
  const values: Groups = { ...find, ...news };
  const replacement = manager.autoReplaceStringTemplate
    .replace(/\{\{#if (\w+)\}\}(.*?)\{\{\/if\}\}/gs, (_, name: string, then: string) =>
      values[name] === undefined ? "" : then,
    )
    .replace(/\{\{\{(\w+)\}\}\}/g, (_, name: string) => values[name] ?? "");
  assert.ok(text.includes(find.match));
  return text.replace(find.match, () => replacement);
}

function isFor({ managerFilePatterns }: Manager, file: string): boolean {
  return managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file));
}

test("the managers are for lock files and for programs", () => {
  const [lock, program] = managers();
  assert.deepEqual(
    ["oci-artifact.lock.json", "infra/oci-artifact.lock.json", "package-lock.json"].map((file) =>
      isFor(lock, file),
    ),
    [true, true, false],
  );
  assert.deepEqual(
    ["index.ts", "infra/index.ts", "index.tsx"].map((file) => isFor(program, file)),
    [true, true, false],
  );
  assert.ok([lock, program].every(({ datasourceTemplate }) => datasourceTemplate === "docker"));
});

test("an entry whose reference and digest were updated is used, and lock makes it whole", async (t) => {
  const { push, run, reference, read, write, files } = await lockWorld(t);
  const first = push("app", FIRST);
  push("ranged", FIRST, "1.0.0");
  await run("lock", reference("app"), "--exclude", "service.yaml", "--output", "lib");
  await run("lock", reference("ranged").replace(":1", ""), "--semver", "^1");
  const pinned = `${reference("ranged", "1.0.0")}@${first.digest}`;
  assert.equal((await run("lock", pinned)).exitCode, 0);
  const [manager] = managers();
  const finds = found(manager, read());
  assert.deepEqual(
    finds.map(({ depName, currentValue, currentDigest }) => [depName, currentValue, currentDigest]),
    [[reference("app").replace(/:1$/, ""), "1", first.digest]],
    "what is pinned, or chosen by a range, is not for Renovate",
  );
  const [find] = finds;
  assert.ok(find !== undefined);

  const second = push("app", SECOND, "2");
  write(updated(manager, read(), find, { newValue: "2", newDigest: second.digest }));
  const [entry] = entriesIn(read());
  assert.deepEqual(
    [entry?.["reference"], entry?.["digest"]],
    [reference("app", "2"), second.digest],
  );
  assert.equal((entry?.["content"] as { of: string }).of, first.digest);

  const frozen = await run("lock", "--frozen");
  assert.equal(frozen.exitCode, 0, frozen.stderr);
  assert.match(
    frozen.stderr,
    /its content is not in oci-artifact\.lock\.json yet; oci-artifact lock adds it/,
  );
  const vendored = await run("vendor", reference("app", "2"));
  assert.equal(vendored.exitCode, 0, vendored.stderr);
  assert.deepEqual(files("lib"), SECOND);
  assert.equal((await run("lock")).exitCode, 0);
  const again = await run("lock", "--frozen");
  assert.equal(again.stderr, "");

  const [other] = found(manager, read());
  assert.ok(other !== undefined);
  write(updated(manager, read(), other, { newValue: "2", newDigest: first.digest }));
  const wrong = await run("lock", "--frozen");
  assert.equal(wrong.exitCode, 1, "a digest that the tag does not have is outdated");
});

test("an entry of what refers to an artifact has a digest that is none of its tag: it is left alone", async (t) => {
  const { push, run, reference, read, registry } = await lockWorld(t);
  const { descriptor } = push("app", FIRST);
  const layers = [{ bytes: "{}", mediaType: "a/b" }];
  publish(registry, "team/app", undefined, { layers, artifactType: "a/b", subject: descriptor });
  const locked = await run("lock", reference("app"), "--referrer", "a/b");
  assert.equal(locked.exitCode, 0, locked.stderr);
  const [manager] = managers();
  assert.deepEqual(found(manager, read()), []);
  await run("lock", reference("app"));
  assert.equal(found(manager, read()).length, 1, "and that of the artifact is not");
});

test("references of programs, with and without a digest", () => {
  const [, manager] = managers();
  const [old, news] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`);
  const program = [
    `new OciArtifact("a", { reference: "ghcr.io/team/app:1.2@${old}" });`,
    `getOciArtifact({ reference: "localhost:5000/team/app:1", lockFile: "${LOCK_FILE}" });`,
    `getOciArtifact({ reference: "ghcr.io/team/app@${old}" });`,
    `getOciArtifact({ reference: "ghcr.io/team/app", semver: "^1" });`,
  ].join("\n");
  const finds = found(manager, program);
  assert.deepEqual(
    finds.map(({ depName, currentValue, currentDigest }) => [depName, currentValue, currentDigest]),
    [
      ["ghcr.io/team/app", "1.2", old],
      ["localhost:5000/team/app", "1", undefined],
    ],
  );
  const [pinned, tagged] = finds;
  assert.ok(pinned !== undefined && tagged !== undefined);
  const step = updated(manager, program, pinned, { newValue: "1.3", newDigest: news });
  const text = updated(manager, step, tagged, { newValue: "2" });
  assert.equal(
    text,
    program.replace(`1.2@${old}`, `1.3@${news}`).replace('team/app:1"', 'team/app:2"'),
  );
});
