/**
 * Auth files and certs.d over the whole road of a check: which credential goes to which host, and what
 * is said of files that do not serve.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { createCertificates } from "../support/certificates";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { lifecycleWorld, type HostProcess } from "./lifecycle-world";

const FILES = { "a.txt": "a" };
const OWN = { username: "own", password: "geheim of own" };
const OTHER = { username: "other", password: "geheim of other" };
const CERTIFICATES = createCertificates();

type Login = typeof OWN;

function authText(logins: Readonly<Record<string, Login>>): string {
  const auths = Object.entries(logins).map(([key, { username, password }]) => [
    key,
    { auth: Buffer.from(`${username}:${password}`).toString("base64") },
  ]);
  return JSON.stringify({ auths: Object.fromEntries(auths) as object });
}

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** The credentials that arrived, decoded. */
function loginsAt({ requests }: TestRegistry): readonly string[] {
  const sent = requests.flatMap(({ headers }) => headers.authorization ?? []);
  return sent.map((header) => Buffer.from(header.replace("Basic ", ""), "base64").toString());
}

async function failureOf(
  provider: HostProcess,
  inputs: Readonly<Record<string, unknown>>,
): Promise<string> {
  try {
    return (await provider.check(inputs)).failures.join("\n");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("authFile", () => {
  test("is where the login comes from, by the repository's own key", async (context) => {
    const world = await lifecycleWorld(context, { auth: { kind: "basic", ...OWN } });
    world.publish(FILES);
    const { registry, project, reference } = world;
    const keys = { [registry.host]: OTHER, [`${registry.host}/team`]: OWN };
    write(project, "login/auth.json", authText(keys));
    const provider = world.host();
    const inputs = { reference, plainHttp: true, authFile: "login/auth.json" };
    assert.deepEqual((await provider.check(inputs)).failures, []);
    assert.deepEqual([...new Set(loginsAt(registry))], [`own:${OWN.password}`]);
  });

  test("that is missing is an error that names it, also where no login is wanted", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const { reference } = world;
    const inputs = { reference, plainHttp: true, authFile: "gone.json" };
    const failure = await failureOf(world.host(), inputs);
    assert.match(failure, /gone\.json/);
    assert.match(failure, /authFile/);
    assert.doesNotMatch(failure, /geheim/);
  });
});

describe("a mirror", () => {
  test("gets the login of its own name and namespace, the registry that of its own", async (context) => {
    const world = await lifecycleWorld(context, { auth: { kind: "basic", ...OWN } });
    world.publish(FILES);
    const { registry, project, reference } = world;
    const mirror = await registryFor(context, { auth: { kind: "basic", ...OTHER } });
    const keys = { [registry.host]: OWN, [`${mirror.host}/empty`]: OTHER };
    write(project, "auth.json", authText(keys));
    const mirrors = [{ location: `${mirror.host}/empty`, plainHttp: true }];
    const inputs = { reference, plainHttp: true, mirrors, authFile: "auth.json" };
    assert.deepEqual((await world.host().check(inputs)).failures, []);
    assert.deepEqual([...new Set(loginsAt(mirror))], [`other:${OTHER.password}`]);
    assert.deepEqual([...new Set(loginsAt(registry))], [`own:${OWN.password}`]);
  });

  test("on another port gets nothing of the credentials of the reference", async (context) => {
    const world = await lifecycleWorld(context, { auth: { kind: "basic", ...OWN } });
    world.publish(FILES);
    const { registry, reference } = world;
    const mirror = await registryFor(context, { auth: { kind: "basic", ...OTHER } });
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    const inputs = { reference, plainHttp: true, mirrors, credentials: OWN };
    assert.deepEqual((await world.host().check(inputs)).failures, []);
    assert.deepEqual(loginsAt(mirror), []);
    assert.ok(loginsAt(registry).length > 0);
  });

  test("on the same host and port gets them, too", async (context) => {
    const world = await lifecycleWorld(context, { auth: { kind: "basic", ...OWN } });
    const { registry, reference } = world;
    publishFiles(registry, FILES, "1", "cache/team/app");
    const mirrors = [`${registry.host}/cache`];
    const inputs = { reference, plainHttp: true, mirrors, credentials: OWN };
    assert.deepEqual((await world.host().check(inputs)).failures, []);
    assert.deepEqual([...new Set(loginsAt(registry))], [`own:${OWN.password}`]);
  });
});

describe("certs.d", () => {
  const { server, authority, client } = CERTIFICATES;

  test("has whom to trust, and what to show", async (context) => {
    const tls = { ...server, clientAuthority: authority.cert };
    const world = await lifecycleWorld(context, { tls });
    world.publish(FILES);
    const { registry, reference, cache } = world;
    const folder = join(cache, "../etc/containers/certs.d", registry.host);
    write(folder, "ca.crt", authority.cert);
    write(folder, "client.cert", client.cert);
    write(folder, "client.key", client.key);
    assert.deepEqual((await world.host().check({ reference })).failures, []);
  });

  test("with a .pem says that it does not count, where its authority is wanted", async (context) => {
    const world = await lifecycleWorld(context, { tls: server });
    world.publish(FILES);
    const { registry, reference, cache } = world;
    write(join(cache, "../etc/docker/certs.d", registry.host), "ca.pem", authority.cert);
    const failure = await failureOf(world.host(), { reference });
    assert.match(failure, /hint: .*ca\.pem does not count.*; or add the authority's certificate/);
  });

  test("with half a pair ends the turn of its host, and no other's", async (context) => {
    const world = await lifecycleWorld(context, { tls: server });
    world.publish(FILES);
    const { registry, reference, cache } = world;
    const mirror = await registryFor(context);
    publishFiles(mirror, FILES, "1", "team/app");
    write(join(cache, "../etc/docker/certs.d", registry.host), "client.key", client.key);
    const failure = await failureOf(world.host(), { reference });
    assert.match(failure, /client\.key/);
    const mirrors = [{ location: mirror.host, plainHttp: true }];
    assert.deepEqual((await world.host().check({ reference, mirrors })).failures, []);
  });
});
