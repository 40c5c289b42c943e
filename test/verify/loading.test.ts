/** Whoever verifies nothing pays nothing: the doors of this room load files of ours, and no library. */
import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { importsOf, loadedBy, sourceFiles } from "../docs/imports";
import { folderFor } from "../support/folder-for-test";
import { FIRST, publishFiles, REPOSITORY_NAME } from "../support/manifests";
import { run } from "../support/processes";
import { registryFor } from "../support/registry-for-test";
import { putReferrer, signedBundle, signingKey } from "../support/sigstore-signing";

/** What other rooms call. */
const DOORS = [
  ...["verify", "policy", "parse-policy", "signatures", "find-candidates"],
  ...["claimed-identities", "evidence", "trust"],
];

describe("loading", () => {
  for (const door of DOORS) {
    test(`${door} loads no package`, () => {
      const loaded = [...loadedBy(`provider/verify/${door}.ts`)];
      assert.deepEqual(
        loaded.filter((name) => !/\.ts$|^node:/.test(name)),
        [],
      );
      assert.ok(!loaded.includes("provider/verify/check-candidate.ts"));
    });
  }

  test("TUF is loaded in one place, and late", () => {
    const imports = sourceFiles("provider", "sdk", "cli").flatMap(importsOf);
    const found = imports.filter(({ to, isType }) => to === "@sigstore/tuf" && !isType);
    assert.deepEqual(
      found.map(({ from, isEager }) => `${from} ${isEager ? "eager" : "late"}`),
      ["provider/verify/tuf.ts late"],
    );
  });
});

/** Where the code lies that was compiled along with this file. */
const BUILD = join(__dirname, "..", "..");

/** Writes, when the process ends, what it has loaded. */
const RECORDER = `process.on("exit", () =>
  require("node:fs").writeFileSync("loaded.json", JSON.stringify(Object.keys(require.cache))))`;

/** What costs something, by its place. */
const COSTLY =
  /^provider\/(?:prove|signature-source|list-referrers|verify\/)|node_modules\/(?:@sigstore|re2js)\//;

/** Asks nobody anything, and is what everybody passes through. */
const DOOR = "provider/verify/verify.js";

interface Loading {
  readonly reference: string;
  /** Signs what the reference names. */
  readonly sign: () => void;
  /** Runs node with the arguments: what of the room and its packages it loads. */
  readonly costOf: (args: readonly string[], exitCode?: number) => Promise<readonly string[]>;
}

const KEY = signingKey();

async function openLoading(t: TestContext): Promise<Loading> {
  const registry = await registryFor(t);
  const { digest } = publishFiles(registry, FIRST);
  const folder = folderFor(t);
  writeFileSync(join(folder, "recorder.js"), RECORDER);
  writeFileSync(join(folder, "cosign.pub"), KEY.publicKey);
  const environment = { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, "cache") };
  const options = { cwd: folder, environment, owner: folder, timeoutMs: 120_000 };
  return {
    reference: `${registry.host}/${REPOSITORY_NAME}:1`,
    sign() {
      const repository = registry.repository(REPOSITORY_NAME);
      putReferrer(repository, digest, signedBundle(KEY, digest));
    },
    async costOf(args, exitCode = 0) {
      const all = ["--require", "./recorder.js", ...args];
      const ended = await run(process.execPath, all, options);
      assert.equal(ended.exitCode, exitCode, ended.text);
      const loaded = JSON.parse(readFileSync(join(folder, "loaded.json"), "utf8")) as string[];
      const names = loaded.map((path) => relative(BUILD, path));
      assert.ok(names.includes("provider/pull.js"), "the road was not taken");
      return names.filter((name) => COSTLY.test(name) && name !== DOOR);
    },
  };
}

/** The ways to pull: the arguments of node, with `verify` and without. */
const ROADS = [
  {
    road: "the session of a program",
    args: (reference: string, isSigned: boolean) => {
      const verify = isSigned ? { verify: { keys: ["cosign.pub"], ignoreTlog: true } } : {};
      const inputs = JSON.stringify({ reference, plainHttp: true, ...verify });
      const session = JSON.stringify(join(BUILD, "provider/pulumi/session.js"));
      return [
        "-e",
        `const { pullInputs, closeSessions } = require(${session});
        const failed = () => { process.exitCode = 1; };
        pullInputs(${inputs}, { directory: process.cwd() }).catch(failed).finally(closeSessions)`,
      ];
    },
  },
  {
    road: "the command line",
    args: (reference: string, isSigned: boolean) => [
      ...[join(BUILD, "cli/main.js"), "pull", reference, "--plain-http", "--output", "out"],
      ...(isSigned ? ["--verify-key", "cosign.pub", "--ignore-tlog"] : []),
    ],
  },
] as const;

describe("over the whole road", () => {
  for (const { road, args } of ROADS) {
    test(`${road}: a pull without verify loads nothing of it`, async (t) => {
      const { costOf, reference, sign } = await openLoading(t);
      sign();
      assert.deepEqual(await costOf(args(reference, false)), []);
    });

    test(`${road}: the libraries are loaded where there is a signature to check`, async (t) => {
      const { costOf, reference, sign } = await openLoading(t);
      const isLibrary = (name: string): boolean => name.includes("node_modules/");
      const unsigned = await costOf(args(reference, true), 1);
      assert.ok(unsigned.includes("provider/prove.js"));
      assert.deepEqual(unsigned.filter(isLibrary), []);
      sign();
      const signed = await costOf(args(reference, true));
      assert.ok(signed.some((name) => name.includes("node_modules/@sigstore/verify/")));
    });
  }
});
