/**
 * What the compatibility tests pin: the ends of the range that package.json promises, our own
 * dependencies, and no host.
 */
import * as assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { TARBALL } from "../support/compat-package";
import { pinsOf } from "../support/compat-trees";
import { REPOSITORY } from "../support/repository";

interface Manifest {
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, Partial<Manifest>>>;
}

/** Where npm and pnpm write where a package came from, if it was not the registry. */
const PLACE = /(?:"resolved"|tarball): "?([^"\s,}]+)/g;

const HINT = "run node dist/test/support/compat-locks.js";

async function readJson<T>(...path: readonly string[]): Promise<T> {
  return JSON.parse(await readFile(join(...path), "utf8")) as T;
}

describe("the pins of test/compat", () => {
  test("begin where the ranges of package.json begin", async () => {
    const { engines, peerDependencies } = await readJson<Manifest>(REPOSITORY, "package.json");
    const oldest = await readJson<Manifest>(pinsOf("oldest"), "package.json");
    const tools = await readJson<Manifest>(pinsOf("tools"), "package.json");
    const sdk = oldest.dependencies["@pulumi/pulumi"] ?? "";
    assert.equal(peerDependencies["@pulumi/pulumi"], `>=${sdk} <4`);
    const node = tools.optionalDependencies["node-20-linux-x64"]?.split("@").at(-1);
    assert.equal(`${engines["node"] ?? ""}.0`, `>=${node ?? ""}`);
  });

  for (const name of ["oldest", "newest", "runners"] as const) {
    test(`know our dependencies: ${name}`, async () => {
      const { dependencies } = await readJson<Manifest>(REPOSITORY, "package.json");
      const { packages } = await readJson<Lock>(pinsOf(name), "package-lock.json");
      const ours = packages["node_modules/pulumi-oci-artifact"];
      assert.deepEqual(ours?.dependencies, dependencies, HINT);
    });
  }

  for (const [name, file] of [
    ["tools", "package-lock.json"],
    ["oldest", "package-lock.json"],
    ["newest", "package-lock.json"],
    ["runners", "package-lock.json"],
    ["pnpm", "pnpm-lock.yaml"],
  ] as const) {
    test(`name no place to fetch a package from: ${name}`, async () => {
      const text = await readFile(join(pinsOf(name), file), "utf8");
      const places = [...text.matchAll(PLACE)].map(([, place]) => place);
      assert.deepEqual(places, name === "tools" ? [] : [`file:${TARBALL}`], HINT);
    });
  }
});
