import * as assert from "node:assert/strict";
import { test } from "node:test";
import { endpointsOf } from "../../provider/settings/endpoints";

test("a reference is asked for at its own registry, with HTTPS, verified", () => {
  const reference = { registry: "ghcr.io", repository: "team/app", tag: "1" };
  assert.deepEqual(endpointsOf(reference, {}), [
    {
      role: "origin",
      host: "ghcr.io",
      registry: "ghcr.io",
      repository: "team/app",
      plainHttp: false,
      tls: { skipVerify: false, certificateAuthorities: [] },
    },
  ]);
});

test("Docker Hub is served by another host than it is filed under", () => {
  const [endpoint] = endpointsOf({ registry: "docker.io", repository: "library/busybox" }, {});
  assert.deepEqual([endpoint?.host, endpoint?.registry], ["registry-1.docker.io", "docker.io"]);
});

test("each option becomes its own fact of the endpoint", () => {
  const credentials = { username: "u", password: "p", source: "the test", explicit: true };
  const options = {
    plainHttp: true,
    skipTlsVerify: true,
    caCertificates: ["PEM"],
    credentials,
  };
  const [endpoint] = endpointsOf({ registry: "localhost:5000", repository: "a" }, options);
  assert.equal(endpoint?.plainHttp, true);
  assert.deepEqual(endpoint.tls, { skipVerify: true, certificateAuthorities: ["PEM"] });
  assert.equal(endpoint.credential, credentials);
  assert.ok(Object.isFrozen(endpoint));
});
