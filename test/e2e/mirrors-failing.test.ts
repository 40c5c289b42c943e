/**
 * Mirrors that begin well: one that dies in the middle of a blob, and some that send other bytes than
 * they should. The content comes out right, whoever sent it, and nothing wrong is ever stored.
 */
import * as assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { digestOf } from "../../provider/digest";
import { flipped } from "../support/archives";
import { publish, type ArtifactContent } from "../support/artifacts";
import { deadHostFor } from "../support/dead-host";
import type { Operation, Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import type { LoggedRequest, TestRegistry } from "../support/registry";
import { registryFor } from "../support/registry-for-test";

const SIZE = 64 * 1024 ** 2;
/** What comes before the mirror dies. */
const SENT = 40 * 1024 ** 2 + 17;

/** One artifact by its own name, with these mirrors before its registry. */
function artifact(name: string, reference: string, mirrors: readonly TestRegistry[]): string {
  const locations = mirrors.map(({ host }) => ({ location: `${host}/cache`, plainHttp: true }));
  const args = { reference, plainHttp: true, mirrors: locations };
  return `exports["${name}"] = new OciArtifact("${name}", ${JSON.stringify(args)}).path;`;
}

function program(...artifacts: readonly string[]): string {
  return [`const { OciArtifact } = require("pulumi-oci-artifact");`, ...artifacts].join("\n");
}

function said(severity: string, name: string, { diagnostics }: Operation): readonly string[] {
  return diagnostics
    .filter((each) => each.severity === severity && each.urn.endsWith(`::${name}`))
    .map(({ message }) => message.trim());
}

function asked({ method, kind, headers }: LoggedRequest): string {
  return `${method} ${kind} ${headers.range ?? "all"}`;
}

/** Every blob in the cache is what its name says, and nothing is left under way. */
async function assertNothingWrong({ cache }: Project): Promise<void> {
  const store = join(cache, "pulumi-oci-artifact");
  const blobs = join(store, "blobs/sha256");
  const names = await readdir(blobs);
  assert.ok(names.length > 0);
  for (const name of names) {
    assert.equal(digestOf(await readFile(join(blobs, name))), `sha256:${name}`);
  }
  assert.deepEqual(await readdir(join(store, "staging")), []);
}

test("a mirror that dies in the middle of a blob of 64 MiB", async (t) => {
  const [mirror, origin] = [await registryFor(t), await registryFor(t)];
  // No two places in it are alike, so that bytes in the wrong one are wrong.
  const key = Buffer.alloc(16);
  const bytes = createCipheriv("aes-128-ctr", key, key).update(Buffer.alloc(SIZE));
  const mediaType = "application/octet-stream";
  const content: ArtifactContent = { layers: [{ bytes, mediaType, title: "large.bin" }] };
  publish(origin, "team/large", "1", content);
  publish(mirror, "cache/team/large", "1", content);
  mirror.fault({
    kind: "blob",
    then: {
      kind: "handler",
      handle(_request, response) {
        response.writeHead(200, { "content-length": String(SIZE) });
        response.write(bytes.subarray(0, SENT), () => void mirror.stop());
      },
    },
  });
  const source = program(artifact("large", `${origin.host}/team/large:1`, [mirror]));
  const project = await projectFor(t, { program: source });
  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  const file = join(project.directory, String(preview.step("large").inputs["path"]), "large.bin");
  assert.equal(digestOf(await readFile(file)), digestOf(bytes));
  assert.deepEqual(mirror.requests.map(asked), ["GET manifest all", "GET blob all"]);
  assert.deepEqual(origin.requests.map(asked), [`GET blob bytes=${SENT}-`]);
  assert.equal(origin.count({ status: 206 }), 1, "the rest, and nothing twice");
  const [warning = "", ...more] = said("warning", "large", preview);
  assert.deepEqual(more, []);
  assert.ok(
    warning.startsWith(
      `went on at ${origin.url} after mirror ${mirror.url}/cache/team/large failed: `,
    ),
    warning,
  );
  await assertNothingWrong(project);
});

test("mirrors that send other bytes than they should", async (t) => {
  const [ofManifests, ofBlobs] = [await registryFor(t), await registryFor(t)];
  const origin = await registryFor(t);
  for (const [registry, prefix] of [
    [ofManifests, "cache/"],
    [ofBlobs, "cache/"],
    [origin, ""],
  ] as const) {
    publishFiles(registry, FIRST, "1", `${prefix}team/first`);
    publishFiles(registry, SECOND, "1", `${prefix}team/second`);
  }
  const digest = origin.repository("team/first").manifest("1")?.digest ?? "";
  const wrong = {
    kind: "body",
    bytes: (body: Uint8Array) => flipped(Buffer.from(body), 7),
  } as const;
  ofManifests.fault({ kind: "manifest", then: wrong });
  ofBlobs.fault({ kind: "blob", then: wrong });
  const source = program(
    artifact("first", `${origin.host}/team/first@${digest}`, [ofManifests]),
    artifact("second", `${origin.host}/team/second:1`, [ofBlobs]),
  );
  const project = await projectFor(t, { program: source });
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  for (const [name, liar, lie] of [
    ["first", ofManifests, "manifest"],
    ["second", ofBlobs, "blob"],
  ] as const) {
    const wanted = liar.matching({ kind: lie }).map(({ reference = "" }) => reference);
    assert.deepEqual(said("warning", name, up), [
      `mirror ${liar.url}/cache/team/${name} sends other bytes than it should for ${wanted.join()}; it is not asked again in this run`,
    ]);
    assert.doesNotMatch(said("info", name, up).join(), new RegExp(`served by .*${liar.host}`));
    const from = origin.matching({ repository: `team/${name}` }).map(asked);
    assert.deepEqual(
      from,
      lie === "blob" ? ["GET blob all"] : ["GET manifest all", "GET blob all"],
    );
  }
  const { first, second } = await project.stackOutputs();
  for (const [path, files] of [
    [first, FIRST],
    [second, SECOND],
  ] as const) {
    const file = join(project.directory, String(path), "deployment.yaml");
    assert.equal(await readFile(file, "utf8"), files["deployment.yaml"]);
  }
  await assertNothingWrong(project);
});

test("a registry out of reach behind a mirror for digests costs its time once", async (t) => {
  const mirror = await registryFor(t);
  const dead = await deadHostFor(t);
  const names = ["app-0", "app-1", "app-2"];
  const mirrors = [
    { location: `${mirror.host}/cache`, plainHttp: true, pullFromMirror: "digest-only" },
  ];
  const lines = names.map((name) => {
    const { digest } = publishFiles(mirror, { "name.txt": name }, "1", `cache/team/${name}`);
    const reference = `${dead.host}/team/${name}:1@${digest}`;
    const args = { reference, plainHttp: true, timeouts: { stall: 1 }, mirrors };
    return `new OciArtifact("${name}", ${JSON.stringify(args)});`;
  });
  const project = await projectFor(t, { program: program(...lines) });

  const preview = await project.preview();
  assert.equal(preview.exitCode, 0, preview.text);
  assert.equal(mirror.count({ kind: "blob", status: 200 }), names.length);
  // What the tags point to is of interest for a warning alone. Two looks are for the last resort: for
  // each in the program, all at the same time, and once in the provider, where one follows the other.
  assert.ok(dead.dials() <= 2 * (names.length + 1), dead.heard.join("\n"));
});
