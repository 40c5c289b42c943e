/**
 * GHSA-vh4v-2xq2-g5cg and CVE-2026-50151: the Authorization header went along with a redirect to
 * another origin. It stays with the scheme, host and port that it was made for, also on the way back.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertFailed, assertPulled, LOGIN, openSandbox, publishKnown } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { LoggedRequest, TestRegistry } from "../support/registry-types";

const GIVEN = { inputs: { plainHttp: true, credentials: LOGIN } };

const to = (origin: (server: TestRegistry) => string, server: TestRegistry) => ({
  kind: "redirect" as const,
  location: ({ path }: LoggedRequest): string => origin(server) + path,
});

const ORIGINS: Readonly<Record<string, (server: TestRegistry) => string>> = {
  "another port": ({ url }) => url,
  "another host": ({ localhost }) => `http://${localhost}`,
};

for (const auth of ["basic", "token"] as const) {
  for (const kind of ["manifest", "blob"] as const) {
    describe(`a ${kind}, with a ${auth} login`, () => {
      for (const [name, origin] of Object.entries(ORIGINS)) {
        test(`redirected to ${name}`, async (t) => {
          const registry = await registryFor(t, { auth: { kind: auth, ...LOGIN } });
          const stranger = await registryFor(t);
          const sandbox = openSandbox(t, registry, [stranger]);
          for (const server of [registry, stranger]) publishKnown(server);
          registry.fault({ kind, then: to(origin, stranger) });
          assertPulled(await sandbox.pull(GIVEN));
          assert.deepEqual(
            stranger.requests.map((request) => `${request.kind} ${request.authorization}`),
            [`${kind} none`],
          );
        });
      }

      test("redirected away and back again", async (t) => {
        const registry = await registryFor(t, { auth: { kind: auth, ...LOGIN } });
        const stranger = await registryFor(t);
        const sandbox = openSandbox(t, registry, [stranger]);
        for (const server of [registry, stranger]) publishKnown(server);
        registry.fault({ kind, times: 1, then: to(({ url }) => url, stranger) });
        stranger.fault({ kind, then: to(({ url }) => url, registry) });
        assertFailed(await sandbox.pull(GIVEN), "UNAUTHORIZED", /asks for credentials/);
        assert.equal(registry.requests.at(-1)?.authorization, "none");
      });
    });
  }
}
