/**
 * What the README says of an install: how many packages come along, and about how many megabytes. The
 * packages are counted in package-lock.json and weighed where they are installed.
 */
import * as assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { before, describe, test } from "node:test";
import { run } from "../support/processes";
import { REPOSITORY } from "../support/repository";

const MB = 1024 ** 2;

/** Packages grow and shrink with their patches; a new one of some size is to be noticed. */
const TOLERANCE = 0.15;

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: true;
}

const LOCK = (
  JSON.parse(readFileSync(join(REPOSITORY, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Locked>>;
  }
).packages;

/** Where Node finds the package, from a place of the lock file; places are "node_modules/a/node_modules/b". */
function placeOf(name: string, from: string): string {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const place = base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (place in LOCK) return place;
    assert.notEqual(base, "", `${name} of ${from} is not in package-lock.json`);
    if (!base.includes("/node_modules/")) base = "/node_modules/";
  }
}

/** The packages and all that they bring along. */
function closureOf(names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = names.map((name) => placeOf(name, ""));
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    if (found.has(place)) continue;
    found.add(place);
    const from = place;
    const { dependencies = {}, optionalDependencies = {} } = LOCK[place] ?? {};
    const optional = new Set(Object.keys(optionalDependencies));
    for (const name of Object.keys(dependencies)) {
      if (!optional.has(name)) pending.push(placeOf(name, from));
    }
  }
  return found;
}

/** Bytes of all files, without the packages inside that are counted by themselves. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== "node_modules")
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return bytesIn(path);
      return entry.isFile() ? statSync(path).size : 0;
    })
    .reduce((sum, bytes) => sum + bytes, 0);
}

const weightOf = (places: Iterable<string>): number =>
  [...places].reduce((sum, place) => sum + bytesIn(join(REPOSITORY, place)), 0) / MB;

/** Bytes of what `npm pack` would pack, unpacked. */
async function ownBytes(): Promise<number> {
  const { exitCode, stdout, text } = await run(
    "npm",
    ["pack", "--dry-run", "--json", "--ignore-scripts"],
    {
      cwd: REPOSITORY,
      environment: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" },
      owner: join(tmpdir(), `oci-artifact-size-${process.pid}`),
      timeoutMs: 120_000,
    },
  );
  assert.equal(exitCode, 0, text);
  const [packed] = JSON.parse(stdout) as readonly { readonly unpackedSize: number }[];
  return packed?.unpackedSize ?? 0;
}

describe("what the README says of an install", () => {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const ours = closureOf(Object.keys(manifest.dependencies));
  const peer = [...closureOf(["@pulumi/pulumi"])].filter((place) => !ours.has(place));
  let said: readonly number[] = [];

  before(() => {
    const readme = readFileSync(join(REPOSITORY, "README.md"), "utf8").replace(/\s+/g, " ");
    const words =
      /It brings (\d+) packages along, (\d+) MB with its own; `@pulumi\/pulumi` has (\d+) and (\d+) MB/;
    said = (words.exec(readme) ?? []).slice(1).map(Number);
    assert.equal(said.length, 4, `the README has no sentence like ${String(words)}`);
  });

  test("has the number of packages that come along", () => {
    assert.equal(said[0], ours.size, [...ours].join("\n"));
  });

  test("has the number of those of the SDK, which every program has", () => {
    assert.equal(said[2], peer.length);
  });

  test("is right that none of ours runs a script on install", () => {
    for (const place of ours) assert.equal(LOCK[place]?.hasInstallScript, undefined, place);
  });

  test("has about what ours weigh", async () => {
    const found = weightOf(ours) + (await ownBytes()) / MB;
    assert.ok(Math.abs(found / (said[1] ?? 0) - 1) < TOLERANCE, `${found.toFixed(1)} MB`);
  });

  test("has about what the SDK weighs", () => {
    const found = weightOf(peer);
    assert.ok(Math.abs(found / (said[3] ?? 0) - 1) < TOLERANCE, `${found.toFixed(1)} MB`);
  });
});
