/**
 * go-containerregistry issue 2193: the realm of a challenge was asked whatever it was. Here it is an
 * http: or https: URL, it never takes TLS away, and what is none is not asked.
 */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { assertFailed, LOGIN, openSandbox, publishKnown } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

const REALMS = [
  "file:///etc/passwd",
  "data:application/json,{}",
  "unix:///var/run/docker.sock",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "//127.0.0.1/token",
  "../token",
  "http:",
  "https://[::1",
  " ",
];

for (const realm of REALMS) {
  test(`the realm "${realm}" is not asked`, async (t) => {
    const registry = await registryFor(t);
    const sandbox = openSandbox(t, registry);
    publishKnown(registry);
    const headers = { "www-authenticate": `Bearer realm="${realm}",service="s"` };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 401, headers } });
    const inputs = { plainHttp: true, credentials: LOGIN };
    const words = /names (no token service that could be asked|a token service by [a-z]+:, which)/;
    assertFailed(await sandbox.pull({ inputs }), "UNAUTHORIZED", words);
    assert.equal(registry.requests.length, 1);
    assert.equal(registry.requests[0]?.authorization, "none");
  });
}
