/**
 * devcontainers/cli pull request 1276: redirects of a token service took the login along, and what a
 * challenge said became parameters of the request. Neither happens here.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { assertFailed, LOGIN, openSandbox, publishKnown, REPOSITORY } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

const GIVEN = { inputs: { plainHttp: true, credentials: LOGIN } };

test("a token service that redirects: the login stays", async (t) => {
  const registry = await registryFor(t, { auth: { kind: "token", ...LOGIN } });
  const stranger = await registryFor(t);
  const sandbox = openSandbox(t, registry, [stranger]);
  publishKnown(registry);
  const location = `${stranger.url}/token`;
  registry.fault({ kind: "token", then: { kind: "redirect", location } });
  assertFailed(await sandbox.pull(GIVEN), "REGISTRY", /the token service is not there/);
  assert.deepEqual(
    stranger.requests.map(({ kind, authorization }) => `${kind} ${authorization}`),
    ["token none"],
  );
});

const INJECTED: Readonly<Record<string, readonly [service: string, scope: string]>> = {
  "the service": [`s&scope=repository:secret/app:pull&account=admin#`, "x"],
  "the scope": ["s", "repository:a:pull&service=other&scope=repository:secret/app:pull"],
  "the scope, by line feeds": ["s", "repository:a:pull\\r\\nX-Injected: yes"],
};

for (const [place, [service, scope]] of Object.entries(INJECTED)) {
  test(`parameters in ${place} stay in it`, async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    const challenge = `Bearer realm="${registry.url}/token",service="${service}",scope="${scope}"`;
    const headers = { "www-authenticate": challenge };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 401, headers } });
    const body = { token: "for-anybody" };
    registry.fault({ kind: "token", then: { kind: "status", status: 200, body } });
    assertFailed(await sandbox.pull(GIVEN), "UNAUTHORIZED", /refuses the credentials/);
    const [request, ...others] = registry.matching({ kind: "token" });
    assert.equal(others.length, 0);
    const { searchParams } = new URL(request?.path ?? "", registry.url);
    assert.deepEqual(
      [...searchParams],
      [
        ["service", service],
        ["scope", `repository:${REPOSITORY}:pull`],
      ],
    );
    assert.equal(request?.headers["x-injected"], undefined);
  });
}
