/** What stands in every state for ever: the type, the stub, the module that it loads. */
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ARTIFACT_STUB, ARTIFACT_TYPE, PUSH_STUB, PUSH_TYPE } from "../../provider/pulumi/stub";
import { folderFor } from "../support/folder-for-test";
import { REPOSITORY } from "../support/repository";

/** A copy on purpose. A change here breaks refresh and destroy of states that exist. */
const FROZEN =
  'exports.handler=()=>{const m="pulumi-oci-artifact/provider";try{return require(m).ociArtifact}' +
  'catch(e){if(e.code!=="MODULE_NOT_FOUND")throw e;' +
  'const no=async()=>{throw Object.assign(new Error("the package pulumi-oci-artifact is not installed here\\nhint: run npm install in the program\'s folder"),{stack:""})};' +
  "return{check:no,create:no,update:no,diff:async()=>({changes:false}),read:async(id,props)=>({id,props})," +
  'delete:async(id,p)=>{if(p.placedAt)console.log("pulumi-oci-artifact is not installed here; left in place: "+p.placedAt)}}}};';

/** The same of the resource that publishes. */
const FROZEN_PUSH =
  'exports.handler=()=>{const m="pulumi-oci-artifact/provider";try{return require(m).ociArtifactPush}' +
  'catch(e){if(e.code!=="MODULE_NOT_FOUND")throw e;' +
  'const no=async()=>{throw Object.assign(new Error("the package pulumi-oci-artifact is not installed here\\nhint: run npm install in the program\'s folder"),{stack:""})};' +
  "return{check:no,create:no,update:no,diff:async()=>({changes:false}),read:async(id,props)=>({id,props})," +
  'delete:async(id,p)=>{if(p.deleteOnDestroy)console.log("pulumi-oci-artifact is not installed here; left in place: "+p.pinned)}}}};';

describe("contracts for ever", () => {
  test("the texts of the stubs", () => {
    assert.equal(ARTIFACT_STUB, FROZEN);
    assert.equal(PUSH_STUB, FROZEN_PUSH);
    assert.ok(ARTIFACT_STUB.length < 1_000);
  });

  test("the type tokens", () => {
    assert.equal(ARTIFACT_TYPE, "pulumi-nodejs:dynamic/oci-artifact:OciArtifact");
    assert.equal(PUSH_TYPE, "pulumi-nodejs:dynamic/oci-artifact:OciArtifactPush");
  });

  test("the module path, exported as CommonJS", () => {
    const text = readFileSync(join(REPOSITORY, "package.json"), "utf8");
    const { name, exports, type } = JSON.parse(text) as Record<string, unknown>;
    assert.equal(name, "pulumi-oci-artifact");
    assert.equal(type ?? "commonjs", "commonjs");
    const entry = (exports as Record<string, { default: string }>)["./provider"];
    assert.equal(entry?.default, "./dist/provider/pulumi/dynamic.js");
  });

  test("the exports, with the methods that the host calls", () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- as the stub does it */
    const { ociArtifact, ociArtifactPush } = require("../../provider/pulumi/dynamic") as Record<
      string,
      object
    >;
    /* eslint-enable @typescript-eslint/no-require-imports */
    const names = ["check", "create", "delete", "diff", "read", "update"];
    assert.deepEqual(Object.keys(ociArtifact ?? {}).sort(), names);
    assert.deepEqual(Object.keys(ociArtifactPush ?? {}).sort(), [...names, "configure"].sort());
  });
});

/** Runs `calls` on the provider that the SDK's own loader makes of a stub, in `folder`. */
function evaluateIn(folder: string, calls: string, stub = ARTIFACT_STUB): unknown {
  const sdk = createRequire(join(REPOSITORY, "package.json")).resolve("@pulumi/pulumi");
  const loader = createRequire(sdk).resolve("require-from-string");
  const script = `
    const text = process.argv[1];
    const provider = require(${JSON.stringify(loader)})(text).handler();
    const lines = [];
    console.log = (line) => lines.push(line);
    const failure = (work) => work.then(() => "no failure", (e) => ({ message: e.message, stack: e.stack }));
    (async () => (${calls}))().then((value) => process.stdout.write(JSON.stringify({ value, lines })));`;
  const run = spawnSync(process.execPath, ["-e", script, stub], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: folder },
  });
  assert.equal(run.stderr, "");
  return JSON.parse(run.stdout);
}

const ALL = `[
  await provider.diff("id", {}, { digest: "new" }),
  await provider.read("id", { digest: "d" }),
  await provider.delete("id", { path: "x" }),
  await provider.delete("id", { placedAt: "./vendor" }),
  await failure(provider.check({}, {})),
  await failure(provider.create({})),
  await failure(provider.update("id", {}, {})),
]`;

const MISSING = {
  message:
    "the package pulumi-oci-artifact is not installed here\nhint: run npm install in the program's folder",
  stack: "",
};

const ANSWERS = {
  value: [
    { changes: false },
    { id: "id", props: { digest: "d" } },
    null,
    null,
    MISSING,
    MISSING,
    MISSING,
  ],
  lines: ["pulumi-oci-artifact is not installed here; left in place: ./vendor"],
};

describe("the stub without the package", () => {
  test("refreshes, destroys, and says what to do", (context) => {
    assert.deepEqual(evaluateIn(folderFor(context), ALL), ANSWERS);
  });

  test("of a push names what it leaves, where it was to be deleted", (context) => {
    const calls = `[
      await provider.diff("id", {}, { digest: "new" }),
      await provider.read("id", { digest: "d" }),
      await provider.delete("id", { pinned: "registry.example/a@sha256:1" }),
      await provider.delete("id", { pinned: "registry.example/b@sha256:2", deleteOnDestroy: true }),
      await failure(provider.check({}, {})),
    ]`;
    assert.deepEqual(evaluateIn(folderFor(context), calls, PUSH_STUB), {
      value: [{ changes: false }, { id: "id", props: { digest: "d" } }, null, null, MISSING],
      lines: [
        "pulumi-oci-artifact is not installed here; left in place: registry.example/b@sha256:2",
      ],
    });
  });

  test("and with an installation that lacks its files", (context) => {
    const folder = folderFor(context);
    const installed = join(folder, "node_modules", "pulumi-oci-artifact");
    mkdirSync(installed, { recursive: true });
    cpSync(join(REPOSITORY, "package.json"), join(installed, "package.json"));
    assert.deepEqual(evaluateIn(folder, ALL), ANSWERS);
  });
});

test("the stub with a package that fails to load shows why", (context) => {
  const folder = folderFor(context);
  const installed = join(folder, "node_modules", "pulumi-oci-artifact");
  mkdirSync(installed, { recursive: true });
  const exports = { "./provider": "./provider.js" };
  writeFileSync(join(installed, "package.json"), JSON.stringify({ exports }));
  writeFileSync(join(installed, "provider.js"), "exports.ociArtifact = { check: async () => 1 };");
  assert.deepEqual(evaluateIn(folder, "await provider.check()"), { value: 1, lines: [] });
  writeFileSync(join(installed, "provider.js"), 'throw new Error("broken");');
  assert.throws(() => evaluateIn(folder, "1"), /broken/);
});
