/**
 * registries.conf as users have it, in each place where it may lie: mirrors for digests only, and
 * what is blocked. Names of the real world lead to servers of this machine by a proxy, over TLS, with
 * an authority that certs.d names.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { startProxy } from "../registry/proxy-server";
import { createAuthority, createServerCertificate } from "../support/certificates";
import type { Operation, OperationOptions, Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import type { TestRegistry } from "../support/registry";
import { registryFor } from "../support/registry-for-test";

const CONF = `
[[registry]]
location = "prodlocation.io/xx"
mirror-by-digest-only = true

[[registry.mirror]]
location = "preprodlocation.com/xx"

[[registry]]
prefix = "*.untrusted.example"
blocked = true
`;

/** One artifact by digest and one by tag; or a blocked one, alone. */
function program(digest: string): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const config = new pulumi.Config();
    const more = { registriesConf: config.get("conf") };
    const one = (name, reference) => new OciArtifact(name, { reference, ...more }).digest;
    const blocked = config.get("blocked");
    if (blocked !== undefined) {
      one("blocked", blocked);
    } else {
      one("by-digest", "prodlocation.io/xx/pinned@${digest}");
      one("by-tag", "prodlocation.io/xx/tagged:1");
    }`;
}

interface Site {
  readonly project: Project;
  readonly mirror: TestRegistry;
  readonly origin: TestRegistry;
  /** Leads to both by their names. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tagged: string;
  readonly pinned: string;
}

/** Both hosts have all the content, so that it shows who is asked. */
async function openSite(t: TestContext): Promise<Site> {
  const authority = createAuthority();
  const registryAt = (name: string): Promise<TestRegistry> =>
    registryFor(t, { tls: createServerCertificate(authority, { names: [name] }) });
  const origin = await registryAt("prodlocation.io");
  const mirror = await registryAt("preprodlocation.com");
  for (const registry of [origin, mirror]) {
    publishFiles(registry, FIRST, "1", "xx/pinned");
    publishFiles(registry, SECOND, "1", "xx/tagged");
  }
  const proxy = await startProxy(t, {
    ports: { "prodlocation.io:443": origin.port, "preprodlocation.com:443": mirror.port },
  });
  const digestIn = (repository: string): string =>
    origin.repository(repository).manifest("1")?.digest ?? "";
  const [pinned, tagged] = [digestIn("xx/pinned"), digestIn("xx/tagged")];
  const project = await projectFor(t, { program: program(pinned) });
  for (const host of ["prodlocation.io", "preprodlocation.com"]) {
    const file = join(project.home, ".config/containers/certs.d", host, "ca.crt");
    await write(file, authority.cert);
  }
  return { project, mirror, origin, environment: { HTTPS_PROXY: proxy.url }, pinned, tagged };
}

/** With the folders that it needs. */
async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** "GET manifest pinned", in order. */
function asked(registry: TestRegistry): readonly string[] {
  return registry.requests.map(
    ({ method, kind, repository = "" }) => `${method} ${kind} ${repository.replace("xx/", "")}`,
  );
}

function assertRoutes(operation: Operation, { mirror, origin, pinned, tagged }: Site): void {
  assert.equal(operation.exitCode, 0, operation.text);
  assert.equal(operation.step("by-digest").inputs["digest"], pinned);
  assert.equal(operation.step("by-tag").inputs["digest"], tagged);
  assert.deepEqual(asked(mirror), ["GET manifest pinned", "GET blob pinned"]);
  assert.deepEqual(asked(origin), ["GET manifest tagged", "GET blob tagged"]);
  assert.match(operation.text, /served by mirror https:\/\/preprodlocation\.com\/xx\/pinned/);
  assert.doesNotMatch(operation.text, /warning|error/);
  for (const registry of [mirror, origin]) registry.clearRequests();
}

/** Forgets all content, so that it is asked for again. */
async function forget({ cache, directory }: Project): Promise<void> {
  for (const folder of [cache, join(directory, ".oci-artifacts")]) {
    await rm(folder, { recursive: true, force: true });
  }
}

async function blockedIsRefused({ project, environment }: Site, home: string): Promise<void> {
  await write(home, CONF);
  await project.setConfig("blocked", "eu.untrusted.example/team/app:1");
  const preview = await project.preview({ environment });
  assert.notEqual(preview.exitCode, 0);
  const message = preview.diagnostics.find(({ severity }) => severity === "error")?.message ?? "";
  assert.ok(
    message.includes(`cannot pull eu.untrusted.example/team/app:1: registries.conf blocks it
  eu.untrusted.example/team/app: blocked by [[registry]] "*.untrusted.example" of ${home}
hint: `),
    message,
  );
  assert.deepEqual(await readdir(project.cache), []);
  assert.equal(existsSync(join(project.directory, ".oci-artifacts")), false);
  await project.run("pulumi", ["config", "rm", "blocked", "--stack", "dev"]);
}

test("registries.conf", async (t) => {
  const site = await openSite(t);
  const { project, environment } = site;
  const home = join(project.home, ".config/containers/registries.conf");
  const beside = join(project.directory, "conf/registries.conf");
  const named = { ...environment, CONTAINERS_REGISTRIES_CONF: beside };
  const { setConfig } = project;
  const ways: readonly (readonly [string, string, () => Promise<OperationOptions>])[] = [
    ["the user's own", home, () => Promise.resolve({ environment })],
    ["CONTAINERS_REGISTRIES_CONF", beside, () => Promise.resolve({ environment: named })],
    [
      "the input registriesConf",
      beside,
      () => setConfig("conf", "conf/registries.conf").then(() => ({ environment })),
    ],
  ];

  await t.test("a blocked registry fails by table and file, and nothing is written", () =>
    blockedIsRefused(site, home),
  );
  for (const [name, file, prepare] of ways) {
    await t.test(`${name}: a digest is the mirror's, a tag the registry's`, async () => {
      await write(file, CONF);
      assertRoutes(await project.preview(await prepare()), site);
      await forget(project);
      await rm(file);
    });
  }
});
