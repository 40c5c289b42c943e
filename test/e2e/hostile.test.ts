/**
 * What comes from a registry is data: a manifest and an archive full of what the engine reads as its
 * own. Nothing of this machine is read, nothing becomes unknown or secret, and nothing a terminal
 * obeys is shown.
 */
import * as assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzip, tar } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { createProject, type Operation, type Project } from "../support/engine";
import { plainArgs, program, REPOSITORY_NAME } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/**
 * The key by which the engine tells a marker from a map, and what it may mark.
 * https://github.com/pulumi/pulumi/blob/v3.230.0/sdk/go/common/resource/sig/sig.go
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_ARCHIVE = "e48ece36-62e2-4504-bad9-02848725956a";

const LOCAL_FILE = "local.txt";
const LOCAL_TEXT = "only-on-this-machine-5519";

/** Annotations as a hostile publisher writes them; those with the same key need a manifest each. */
const ANNOTATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "an asset": { [SIGNATURE]: ASSET, path: LOCAL_FILE, hash: "0".repeat(64) },
  "an asset that is not there": { [SIGNATURE]: ASSET, path: "not-there.txt" },
  "an asset of a server": { [SIGNATURE]: ASSET, uri: "http://127.0.0.1:1/dialed" },
  "an archive": { [SIGNATURE]: ARCHIVE, path: "." },
  "a secret": { [SIGNATURE]: SECRET, value: "plain", ciphertext: "v1:x" },
  "a resource": { [SIGNATURE]: RESOURCE, urn: "urn:pulumi:dev::example::a:b:C::d", id: "" },
  "an output": { [SIGNATURE]: OUTPUT, value: "x", secret: "true", dependencies: "[]" },
  "unknown values": { a: UNKNOWN, b: UNKNOWN_ARCHIVE, [UNKNOWN]: "c" },
  "keys of the engine": { __defaults: "[]", __provider: "exports.handler=0", __run: "{}" },
  "keys like those of objects": {
    id: "x",
    urn: "y",
    then: "no promise",
    toJSON: "z",
    "a.b[0]": "",
  },
  "control sequences": { "\u001b]0;title\u0007": "\u001b[2J\u009b31mred\u202e" },
};

/** Entries whose names mean something to the engine, or to a terminal. */
const ENTRIES = [
  { path: UNKNOWN, content: "a" },
  { path: "__defaults", content: "b" },
  { path: "__provider", content: "c" },
  { path: SIGNATURE, content: "d" },
  { path: "esc\u001b[31m.txt", content: "e" },
  { path: "link", type: "symlink", link: UNKNOWN },
  { path: "__proto__", content: "f" },
];

/** An artifact for each of the annotations, under the tags 0, 1, 2, … */
function publishAll(registry: TestRegistry, text: string): void {
  const bytes = gzip(tar(ENTRIES));
  for (const [index, annotations] of Object.values(ANNOTATIONS).entries()) {
    publish(registry, REPOSITORY_NAME, String(index), {
      artifactType: UNKNOWN,
      annotations,
      layers: [
        { bytes, mediaType: MEDIA_TYPES.tarGzip, annotations },
        { bytes: text, mediaType: "text/plain", title: UNKNOWN_ARCHIVE },
        { bytes: text, mediaType: UNKNOWN, title: "title\u001b[31m" },
      ],
    });
  }
}

describe("a manifest and an archive full of what Pulumi reads as its own", () => {
  let registry: TestRegistry;
  let project: Project;
  before(async () => {
    registry = await startRegistry();
    publishAll(registry, "titled");
    const repository = `${registry.host}/${REPOSITORY_NAME}`;
    const more = Object.keys(ANNOTATIONS).map(
      (name, index) =>
        `exports["${name}"] = new OciArtifact("${name}", { reference: "${repository}:${index}", plainHttp: true }).annotations;`,
    );
    const source = program(plainArgs(registry)) + more.join("\n");
    project = await createProject({ program: source, files: { [LOCAL_FILE]: LOCAL_TEXT } });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  function assertHarmless({ exitCode, text, events }: Operation): void {
    assert.equal(exitCode, 0, text);
    assert.doesNotMatch(text, /\[unknown\]|output<|\[secret\]/);
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.ok(!text.includes(LOCAL_TEXT) && !JSON.stringify(events).includes(LOCAL_TEXT));
  }

  test("previews and is applied, and nothing is unknown, secret or read", async () => {
    assertHarmless(await project.preview({ diff: true }));
    assertHarmless(await project.up({ diff: true, args: ["--skip-preview"] }));
  });

  test("lies in the state as plain texts", async () => {
    const outputs = await project.stackOutputs();
    assert.deepEqual(
      Object.fromEntries(Object.keys(ANNOTATIONS).map((name) => [name, outputs[name]])),
      {
        "an asset": { path: LOCAL_FILE, hash: "0".repeat(64) },
        "an asset that is not there": { path: "not-there.txt" },
        "an asset of a server": { uri: "http://127.0.0.1:1/dialed" },
        "an archive": { path: "." },
        "a secret": { value: "plain", ciphertext: "v1:x" },
        "a resource": { urn: "urn:pulumi:dev::example::a:b:C::d", id: "" },
        "an output": { value: "x", secret: "true", dependencies: "[]" },
        "unknown values": { a: `"${UNKNOWN}"`, b: `"${UNKNOWN_ARCHIVE}"` },
        "keys of the engine": {},
        "keys like those of objects": ANNOTATIONS["keys like those of objects"],
        "control sequences": { "\ufffd]0;title\ufffd": "\ufffd[2J\ufffd31mred\ufffd" },
      },
    );
    const text = JSON.stringify(await project.exportState());
    assert.ok(!text.includes(LOCAL_TEXT));
    assert.doesNotMatch(text, new RegExp(`"${UNKNOWN}"|"${UNKNOWN_ARCHIVE}"`));
  });

  test("lies on the disk under the names that it has", async () => {
    const { path } = await project.stackOutputs();
    const folder = join(project.directory, String(path));
    const names = [...ENTRIES.map((entry) => entry.path), UNKNOWN_ARCHIVE, "title\u001b[31m"];
    assert.deepEqual((await readdir(folder)).sort(), names.sort());
    assert.equal(await readFile(join(folder, SIGNATURE), "utf8"), "d");
  });

  test("shows no diff, also after a refresh and when the local file changes", async () => {
    await writeFile(join(project.directory, LOCAL_FILE), "changed");
    const up = await project.up({ args: ["--refresh", "--skip-preview", "--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
  });

  test("moves with such names on the row, as texts, and is destroyed", async () => {
    publishAll(registry, "moved");
    const preview = await project.preview({ diff: true });
    assertHarmless(preview);
    const row = preview.diagnostics.find(({ urn }) => urn.endsWith("OciArtifact::manifests"));
    const names = `files: ~ ./${UNKNOWN_ARCHIVE}, ~ ./title\ufffd[31m`;
    assert.ok(row?.message.includes(names), row?.message);
    const destroyed = await project.destroy({ args: ["--skip-preview"] });
    assert.equal(destroyed.exitCode, 0, destroyed.text);
  });
});
