/**
 * GHSA-28r5-37g7-p6mp: whoever could answer for a registry named a token service at an address of
 * their own, and got the login. To a bare address that nobody named goes an anonymous request alone.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { assertFailed, LOGIN, openSandbox, publishKnown, REPOSITORY } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

for (const address of ["127.0.0.1", "[::ffff:7f00:1]", "0177.0.0.1"]) {
  test(`a token service at ${address}`, async (t) => {
    const registry = await registryFor(t);
    const stranger = await registryFor(t);
    const sandbox = openSandbox(t, registry, [stranger]);
    publishKnown(registry);
    const headers = {
      "www-authenticate": `Bearer realm="http://${address}:${stranger.port}/token",service="s"`,
    };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 401, headers } });
    const body = { token: "for-anybody" };
    stranger.fault({ kind: "token", then: { kind: "status", status: 200, body } });
    const reference = `${registry.localhost}/${REPOSITORY}:1`;
    const inputs = { plainHttp: true, credentials: LOGIN };
    const words = /withheld: the token service .* is a bare address that is not the registry's own/;
    assertFailed(await sandbox.pull({ reference, inputs }), "UNAUTHORIZED", words);
    assert.deepEqual(
      stranger.requests.map(({ kind, authorization }) => `${kind} ${authorization}`),
      ["token none"],
    );
  });
}
