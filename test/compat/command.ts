/**
 * The command of the installed package against a registry with TLS and a login, in a project of a
 * compatibility test. It knows nothing of the runtime that runs it.
 */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { tarGz, tarOf } from "../support/archives";
import { MEDIA_TYPES, publish, type LayerContent } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { PACKAGE } from "../support/compat-package";
import type { CompatProject } from "../support/compat-project";
import { FIRST } from "../support/manifests";
import type { Finished } from "../support/processes";
import type { TestRegistry } from "../support/registry";
import { registryFor } from "../support/registry-for-test";
import { zip } from "../support/zips";
import { zstdFrame } from "../support/zstd";

/** More than the calling thread unpacks by itself. */
export const LARGE = randomBytes(9 * 1024 * 1024);

/** A layer with that in the file `noise.bin`. */
export const LARGE_LAYER: LayerContent = {
  bytes: zstdFrame(tarOf({ "noise.bin": LARGE })),
  mediaType: MEDIA_TYPES.tarZstd,
};

const ZIPPED = "zipped";

const THREE_LAYERS: readonly LayerContent[] = [
  { bytes: tarGz(FIRST), mediaType: MEDIA_TYPES.tarGzip },
  { bytes: zip([{ path: "zipped.txt", content: ZIPPED }]), mediaType: "application/zip" },
  LARGE_LAYER,
];

const CERTIFICATES = createCertificates();
const LOGIN = { username: "robot", password: "correct horse" } as const;

/**
 * It pulls three kinds of archives, and only over trusted TLS and with the login.
 *
 * @param isNode - Whether the runtime is Node, for which compiled code is kept
 */
export async function assertCommandPulls(
  t: TestContext,
  world: CompatProject,
  isNode: boolean,
): Promise<void> {
  const auth = { kind: "token", ...LOGIN } as const;
  const registry = await registryFor(t, { tls: CERTIFICATES.server, auth });
  publish(registry, "team/three", "1", { layers: THREE_LAYERS });
  const authority = join(world.project.directory, "authority.pem");
  await writeFile(authority, CERTIFICATES.authority.cert);

  assertRefused(await pull(world, registry), /certificate of an authority that is not trusted/);
  assert.equal(registry.count(), 0, "no request over a connection that is not trusted");

  assertRefused(await pull(world, registry, "--ca-file", authority), /asks for credentials/);
  assert.equal(registry.count({ kind: "blob" }), 0);

  await logIn(world.project.dockerConfig, registry);
  const { exitCode, text } = await pull(world, registry, "--ca-file", authority);
  assert.equal(exitCode, 0, text);
  await assertOutput(join(world.project.directory, "out"));
  const compiled = await compiledTwice(world, registry, "--ca-file", authority);
  assert.equal(compiled.length, isNode ? 1 : 0, compiled.join(", "));

  const other = await registryFor(t, { tls: CERTIFICATES.otherName });
  const wrongName = await pull(world, other, "--ca-file", authority);
  assertRefused(wrongName, /certificate for another name/);
  assert.equal(other.count(), 0);
}

/** What two further pulls leave of compiled code: one file, of whichever time it is, or none. */
async function compiledTwice(
  { project, environment }: CompatProject,
  registry: TestRegistry,
  ...flags: readonly string[]
): Promise<readonly number[]> {
  const file = join(project.directory, "node_modules", PACKAGE, "dist/bin/compiled");
  // Without the probe, beside which nothing is kept.
  const plain = { project, environment: { ...environment, NODE_OPTIONS: "" } };
  const times = new Set<number>();
  for (let pulls = 0; pulls < 2; pulls += 1) {
    const { exitCode, text } = await pull(plain, registry, ...flags);
    assert.equal(exitCode, 0, text);
    const facts = statSync(file, { throwIfNoEntry: false });
    if (facts !== undefined) times.add(facts.mtimeMs);
  }
  return [...times];
}

function pull(
  { project, environment }: Pick<CompatProject, "project" | "environment">,
  { host }: TestRegistry,
  ...flags: readonly string[]
): Promise<Finished> {
  const command = join("node_modules", PACKAGE, "dist/bin/oci-artifact.js");
  const pulling = [command, "pull", `${host}/team/three:1`, "--output", "out"];
  return project.run("node", [...pulling, ...flags], { environment });
}

function assertRefused({ exitCode, text }: Finished, words: RegExp): void {
  assert.equal(exitCode, 1, text);
  assert.match(text, words);
}

async function assertOutput(folder: string): Promise<void> {
  assert.equal(await readFile(join(folder, "zipped.txt"), "utf8"), ZIPPED);
  assert.ok(LARGE.equals(await readFile(join(folder, "noise.bin"))));
  for (const [path, content] of Object.entries(FIRST)) {
    assert.equal(await readFile(join(folder, path), "utf8"), content);
  }
}

/** As `docker login` does. */
async function logIn(folder: string, { host }: TestRegistry): Promise<void> {
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
}
