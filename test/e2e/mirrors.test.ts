/**
 * Mirrors from the first preview to destroy: one where nobody answers, one without the content, and
 * the registry itself. Who is asked shows in the request logs, who served on the row, and nothing of
 * it in the state.
 */
import * as assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { deadHostFor, type DeadHost } from "../support/dead-host";
import { startDistribution, type Distribution } from "../support/distribution";
import { requestsOf } from "../support/distribution-log";
import type { Operation, Project } from "../support/engine";
import { projectFor } from "../support/project-for-test";
import { pushOverHttp } from "../support/push-over-http";
import type { TestRegistry } from "../support/registry";
import { registryFor } from "../support/registry-for-test";
import { filesWith, machineOf } from "../support/traces";

const ARTIFACTS = Array.from({ length: 10 }, (_, index) => `app-${index}`);

/** Whoever may be asked, and the machine that asks. */
interface Site {
  /** Takes connections, and answers nothing. */
  readonly dead: DeadHost;
  /** Refuses connections. */
  readonly closed: TestRegistry;
  /** Has nothing. */
  readonly empty: Distribution;
  /** Has all ten artifacts. */
  readonly origin: Distribution;
  /** Of the artifacts, in order. */
  readonly digests: readonly string[];
  readonly project: Project;
}

async function openSite(t: TestContext): Promise<Site> {
  const distribution = async (): Promise<Distribution> => {
    const registry = await startDistribution();
    t.after(() => registry.stop());
    return registry;
  };
  const [empty, origin] = [await distribution(), await distribution()];
  const digests: string[] = [];
  for (const name of ARTIFACTS) {
    const layers = [{ bytes: tarGz({ "name.txt": name }), mediaType: "application/gzip" }];
    const { digest } = await pushOverHttp(origin.host, `team/${name}`, "1", { layers });
    digests.push(digest);
  }
  const closed = await registryFor(t);
  await closed.stop();
  const dead = await deadHostFor(t);
  const project = await projectFor(t, { program: "" });
  return { dead, closed, empty, origin, digests, project };
}

/** Ten artifacts with these inputs, and the outputs of each; in a chain, each waits for the one before. */
function program({ origin }: Site, how: object, isChain = false): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { OciArtifact } = require("pulumi-oci-artifact");
    const tag = new pulumi.Config().get("tag") ?? "1";
    let before = [];
    for (const name of ${JSON.stringify(ARTIFACTS)}) {
      const reference = "${origin.host}/team/" + name + ":" + tag;
      const args = { reference, plainHttp: true, ...${JSON.stringify(how)} };
      const artifact = new OciArtifact(name, args, ${isChain ? "{ dependsOn: before }" : "{}"});
      before = [artifact];
      exports[name] = { digest: artifact.digest, path: artifact.path };
    }`;
}

function mirrorsAt(...hosts: readonly { readonly host: string }[]): object {
  return { mirrors: hosts.map(({ host }) => ({ location: `${host}/cache`, plainHttp: true })) };
}

/** What was said on the rows of the artifacts: "app-1: served by …". */
function rows({ diagnostics }: Operation, severity: string): readonly string[] {
  return diagnostics
    .filter((each) => each.severity === severity && each.urn.includes(":OciArtifact::"))
    .map(({ urn, message }) => `${urn.replace(/^.*::/, "")}: ${message.trim()}`);
}

function assertEach(operation: Operation, expected: string): void {
  const artifacts = operation.steps.filter(({ type }) => type.endsWith(":OciArtifact"));
  const found = artifacts.map(({ name, operation: done }) => `${done} ${name}`);
  assert.deepEqual(
    found.sort(),
    ARTIFACTS.map((name) => `${expected} ${name}`),
  );
}

test("a dead mirror, one without the content, and the registry", async (t) => {
  const site = await openSite(t);
  const steps: Readonly<Record<string, (on: Site) => Promise<void>>> = {
    "the registry serves, and each row says so": registryServes,
    "one after the other, the dead one costs its time once": deadMirrorCostsOnce,
    "other ways to the same content are no diff, and in no state": waysAreNoDiff,
    "where nobody serves, the row has a line for each with its reason": nobodyServes,
    "where nobody can be asked, the cache serves, and each row says why": cacheServes,
    "refresh and destroy need none of them": refreshAndDestroy,
  };
  for (const [name, step] of Object.entries(steps)) await t.test(name, () => step(site));
});

async function registryServes(site: Site): Promise<void> {
  const { dead, empty, origin, digests, project } = site;
  const pushed = requestsOf(origin).length;
  const how = { timeouts: { stall: 3 }, ...mirrorsAt(dead, empty) };
  await project.writeProgram(program(site, how));
  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.deepEqual(
    ARTIFACTS.map((name) => up.step(name).outputs["digest"]),
    digests,
  );
  const served = rows(up, "info").filter((line) => line.includes("served by"));
  const expected = ARTIFACTS.map((name) => `${name}: served by http://${origin.host}`);
  assert.deepEqual([...served].sort(), expected);
  const [missed = "", ...more] = [...rows(up, "warning"), ...rows(up, "error")];
  assert.match(
    missed,
    /: mirror \S+ cannot be used: did not answer within 3 seconds .*; it is asked last from now on$/,
  );
  assert.deepEqual(more, [], "told of once, for all of them");

  const wanted = ARTIFACTS.map((name) => `GET /v2/cache/team/${name}/manifests/1`);
  assert.ok(dead.dials() >= 1 && dead.dials() <= ARTIFACTS.length, "nobody asked it twice");
  assert.ok(dead.heard.every((line) => wanted.includes(line.replace(" HTTP/1.1", ""))));
  assert.deepEqual(
    [...requestsOf(empty)].sort(),
    wanted.map((line) => `${line} 404`),
  );
  const gets = requestsOf(origin).slice(pushed);
  assert.equal(gets.filter((line) => /\/manifests\/1 200$/.test(line)).length, 10);
  assert.equal(gets.filter((line) => /\/blobs\/sha256:\w+ 200$/.test(line)).length, 10);
  assert.equal(gets.length, 20, "all in the preview; the update applies what it has shown");
}

/** On a machine without a cache; and without mirrors, everything is the same. */
async function deadMirrorCostsOnce(site: Site): Promise<void> {
  const { dead, empty, project } = site;
  const other = await project.elsewhere();
  try {
    const how = { timeouts: { stall: 3 }, ...mirrorsAt(dead, empty) };
    await other.writeProgram(program(site, how, true));
    const dials = dead.dials();
    const preview = await other.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.exitCode, 0, preview.text);
    // The program pulls the first one ahead; the provider checks the others, one after the other.
    assert.equal(dead.dials() - dials, 2, "once in each process");
    await rm(other.cache, { recursive: true });
    await rm(join(other.directory, ".oci-artifacts"), { recursive: true });
    await other.writeProgram(program(site, {}));
    const without = await other.preview({ args: ["--expect-no-changes"] });
    assert.equal(without.exitCode, 0, without.text);
    assertEach(without, "same");
  } finally {
    await other.dispose();
  }
}

async function waysAreNoDiff(site: Site): Promise<void> {
  const { dead, closed, empty, origin, project } = site;
  const credentials = { username: "robot-6612", password: "correct-horse-2290" };
  const files = { registriesConf: "corp-registries.conf", authFile: "corp-auth.json" };
  const table = `[[registry]]\nlocation = "${origin.host}"\n`;
  await writeFile(join(project.directory, files.registriesConf), table);
  await writeFile(join(project.directory, files.authFile), `{ "auths": {} }`);
  const how = {
    ...files,
    mirrors: [{ location: `${closed.host}/very-own-cache`, plainHttp: true, credentials }],
    registries: { [empty.host]: { plainHttp: true, credentials } },
    fallback: true,
  };
  await project.writeProgram(program(site, how));
  const up = await project.up({ args: ["--expect-no-changes"] });
  assert.equal(up.exitCode, 0, up.text);
  assertEach(up, "same");
  const states = join(machineOf(project), "state");
  assert.notDeepEqual(await filesWith(states, [origin.host]), [], "states are looked through");
  const names = [dead.host, empty.host, closed.host, "very-own-cache", "/cache"];
  const words = [...names, ...Object.values(files), ...Object.values(credentials)];
  assert.deepEqual(await filesWith(states, words), []);
  const secret = await filesWith(machineOf(project), [credentials.password]);
  assert.deepEqual(secret, ["program/index.js"]);
}

async function nobodyServes(site: Site): Promise<void> {
  const { closed, empty, origin, project } = site;
  await project.setConfig("tag", "2");
  await project.writeProgram(program(site, mirrorsAt(closed, empty)));
  const preview = await project.preview();
  assert.notEqual(preview.exitCode, 0);
  const [error = "", ...others] = rows(preview, "error");
  assert.deepEqual(others, [], "the engine stops at the first");
  const [, text = "", name = ""] = /(cannot pull \S+\/team\/(app-\d):2: [^]*)$/.exec(error) ?? [];
  const unknown = "answered 404, MANIFEST_UNKNOWN: manifest unknown";
  assert.deepEqual(text.split("\n"), [
    `cannot pull ${origin.host}/team/${name}:2: the registry does not have it`,
    `  mirror http://${closed.host}/cache/team/${name}: refuses connections (connect ECONNREFUSED ${closed.host})`,
    `  mirror http://${empty.host}/cache/team/${name}: does not have it (${unknown})`,
    `  http://${origin.host}: ${unknown}`,
    "hint: check the name and the tag; some registries answer so where credentials are missing",
  ]);
}

async function cacheServes({ closed, empty, origin, project }: Site): Promise<void> {
  await empty.stop();
  await origin.stop();
  await project.setConfig("tag", "1");
  const up = await project.up({ args: ["--skip-preview", "--expect-no-changes"] });
  assert.equal(up.exitCode, 0, up.text);
  const warnings = rows(up, "warning");
  assert.equal(warnings.length, ARTIFACTS.length, "one on each row");
  for (const warning of warnings) {
    assert.match(warning, /: the registry cannot be asked whether 1 has moved; going on with /);
    for (const { host } of [closed, empty, origin]) {
      assert.equal(warning.split(`ECONNREFUSED ${host}`).length, 2, "each with its reason, once");
    }
  }
}

async function refreshAndDestroy({ project }: Site): Promise<void> {
  const refreshed = await project.refresh();
  assert.equal(refreshed.exitCode, 0, refreshed.text);
  const destroyed = await project.destroy();
  assert.equal(destroyed.exitCode, 0, destroyed.text);
  assert.doesNotMatch(refreshed.text + destroyed.text, /warning|error/);
  assertEach(destroyed, "delete");
}
