/**
 * The walls of the house, as ARCHITECTURE.md draws them: who may import whom, which room alone knows
 * a package, and what a program loads when it imports the SDK.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { importsOf, loadedBy, sourceFiles, sourceOf, type Import } from "./imports";

const FILES = sourceFiles("provider", "sdk", "cli");
const IMPORTS = FILES.flatMap(importsOf);

/** The road from left to right: a room imports, for real, from itself and from its left. */
const ROAD = [
  "reference",
  "settings",
  "content",
  "verify",
  "versions",
  "store",
  "lock",
  "registry",
  "unpack",
  "layout",
  "pack",
];

/** Facts that every room may know: files that import no room. */
const COMMON = new Set(
  [
    "errors",
    "error-codes",
    "disk-facts",
    "ensure-folder",
    "redact",
    "digest",
    "content-digest",
    "limits",
    "types",
    "context",
    "docker-hub",
    "steady-clock",
  ].map((name) => `provider/${name}.ts`),
);

/** Packages, and the only places that may name them. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  undici: ["provider/registry/"],
  yauzl: ["provider/unpack/"],
  fzstd: ["provider/unpack/"],
  picomatch: ["provider/content/"],
  "smol-toml": ["provider/settings/"],
  re2js: ["provider/verify/"],
  "@sigstore/bundle": ["provider/verify/"],
  "@sigstore/core": ["provider/verify/"],
  "@sigstore/protobuf-specs": ["provider/verify/"],
  "@sigstore/tuf": ["provider/verify/"],
  "@sigstore/verify": ["provider/verify/"],
  yaml: ["provider/publish/"],
  "cli-progress": ["cli/"],
  diff: ["provider/compare-text.ts"],
  "@pulumi/pulumi": ["sdk/", "provider/pulumi/"],
};

function broken(isAllowed: (found: Import) => boolean): readonly string[] {
  return IMPORTS.filter((found) => !isAllowed(found)).map(({ from, to }) => `${from} → ${to}`);
}

function roomOf(file: string): string {
  return /^provider\/([^/]+)\//.exec(file)?.[1] ?? "";
}

test("the reader of imports sees every kind of them", () => {
  const seen = IMPORTS.map(({ from, to, isType, isEager }) =>
    [from, to, isType ? "type" : "value", isEager ? "eager" : "late"].join(" "),
  );
  for (const wanted of [
    "provider/pull.ts provider/resolve.ts value eager",
    "provider/errors.ts provider/error-codes.ts type eager",
    "provider/pulumi/dynamic.ts provider/pulumi/lifecycle.ts value late",
    "sdk/ahead.ts provider/pulumi/session.ts value late",
    "sdk/index.ts sdk/artifact.ts value eager",
  ]) {
    assert.ok(seen.includes(wanted), `not seen: ${wanted}`);
  }
});

describe("who imports whom", () => {
  test("nobody imports tests, scripts or examples", () => {
    const isAllowed = ({ to }: Import): boolean => !/^(test|scripts|examples|bench)\//.test(to);
    assert.deepEqual(broken(isAllowed), []);
  });

  test("the engine room knows neither the SDK nor the command line", () => {
    const isAllowed = ({ from, to }: Import): boolean =>
      !from.startsWith("provider/") || !/^(sdk|cli)\//.test(to);
    assert.deepEqual(broken(isAllowed), []);
  });

  test("only the SDK, the command line and provider/pulumi itself know provider/pulumi", () => {
    const isAllowed = ({ from, to }: Import): boolean =>
      !to.startsWith("provider/pulumi/") || /^(sdk|cli|provider\/pulumi)\//.test(from);
    assert.deepEqual(broken(isAllowed), []);
  });

  test("the rooms of the road load only what is on their left", () => {
    const isAllowed = ({ from, to, isType }: Import): boolean => {
      const room = ROAD.indexOf(roomOf(from));
      if (isType || room < 0 || !to.startsWith("provider/")) return true;
      return COMMON.has(to) || (roomOf(to) !== "" && ROAD.indexOf(roomOf(to)) <= room);
    };
    assert.deepEqual(broken(isAllowed), []);
  });

  test("what all rooms know knows no room", () => {
    const isAllowed = ({ from, to, isType }: Import): boolean =>
      !COMMON.has(from) || isType || to.startsWith("node:") || COMMON.has(to);
    assert.deepEqual(broken(isAllowed), []);
  });
});

describe("what one place alone knows", () => {
  for (const [name, owners] of Object.entries(OWNERS)) {
    test(`${name} is known to ${owners.join(" and ")} only`, () => {
      const isOf = ({ to }: Import): boolean => to === name || to.startsWith(`${name}/`);
      assert.deepEqual(
        broken((found) => !isOf(found) || owners.some((owner) => found.from.startsWith(owner))),
        [],
      );
      assert.ok(IMPORTS.some(isOf) || owners.some((owner) => mentions(owner, name)));
    });
  }

  test("no other package is used at all", () => {
    const known = new RegExp(`^(node:|(${Object.keys(OWNERS).join("|")})(/|$))`);
    assert.deepEqual(
      broken(({ to }) => to.endsWith(".ts") || known.test(to)),
      [],
    );
  });

  test("the environment is read by settings alone, and what it tells Node by the start", () => {
    const readers = FILES.filter((file) => /process\.env\b/.test(withoutComments(sourceOf(file))));
    assert.deepEqual(readers, ["provider/settings/settings.ts", "cli/start.ts"]);
  });

  test("pull.ts alone has the whole road, and fits one screen", () => {
    const knowsAll = FILES.filter((file) => {
      const targets = importsOf(file).map(({ to }) => to);
      return ["provider/resolve.ts", "provider/extract.ts"].every((to) => targets.includes(to));
    });
    assert.deepEqual(knowsAll, ["provider/pull.ts"]);
    const road = /^export async function pull\([^]*?^\}/m.exec(sourceOf("provider/pull.ts"))?.[0];
    assert.ok((road ?? "").split("\n").length < 50, "pull() is longer than a screen");
  });
});

describe("what is loaded at once", () => {
  test("by a program: Pulumi and small files of ours", () => {
    const loaded = [...loadedBy("sdk/index.ts")];
    const rooms = loaded.filter(
      (name) => /^provider\//.test(name) && roomOf(name) !== "pulumi" && !COMMON.has(name),
    );
    assert.deepEqual(rooms, []);
    const foreign = loaded.filter((name) => !/\.ts$|^node:|^@pulumi\/pulumi(\/|$)/.test(name));
    assert.deepEqual(foreign, []);
  });

  test("by the engine, for refresh and destroy: no registry, no archive", () => {
    const loaded = [...loadedBy("provider/pulumi/dynamic.ts")];
    assert.deepEqual(
      loaded.filter((name) => /^(undici|tar|@pulumi)|\/(registry|unpack|lifecycle)/.test(name)),
      [],
    );
  });
});

/** Named where no import shows it: loaded by a path that is put together. */
function mentions(owner: string, name: string): boolean {
  return FILES.some((file) => file.startsWith(owner) && sourceOf(file).includes(`"${name}`));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
}
