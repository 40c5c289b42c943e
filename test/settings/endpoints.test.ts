import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { endpointOf } from "../../provider/settings/endpoints";
import { endpointFor } from "../support/endpoint";

test("a reference is asked for at its own registry, with HTTPS, verified", () => {
  const reference = { registry: "ghcr.io", repository: "team/app", tag: "1" };
  assert.deepEqual(endpointFor(reference), {
    role: "origin",
    host: "ghcr.io",
    registry: "ghcr.io",
    repository: "team/app",
    plainHttp: false,
    tls: { skipVerify: false, certificateAuthorities: [] },
  });
});

test("Docker Hub is served by another host than it is filed under", () => {
  const endpoint = endpointFor({ registry: "docker.io", repository: "library/busybox" });
  assert.deepEqual([endpoint.host, endpoint.registry], ["registry-1.docker.io", "docker.io"]);
});

test("each option becomes its own fact of the endpoint", () => {
  const credentials = { username: "u", password: "p", source: "the test", explicit: true };
  const options = {
    plainHttp: true,
    skipTlsVerify: true,
    caCertificates: ["PEM"],
    credentials,
  };
  const endpoint = endpointFor({ registry: "localhost:5000", repository: "a" }, options);
  assert.equal(endpoint.plainHttp, true);
  assert.deepEqual(endpoint.tls, { skipVerify: true, certificateAuthorities: ["PEM"] });
  assert.equal(endpoint.credential, credentials);
  assert.ok(Object.isFrozen(endpoint));
});

describe("what registries.conf says of a place", () => {
  const place = { role: "mirror", registry: "m.example", repository: "a", insecure: true } as const;

  test("holds where the user says nothing", () => {
    const { tls, fallsBackToHttp } = endpointOf(place, {});
    assert.deepEqual([tls.skipVerify, fallsBackToHttp], [true, true]);
  });

  test("does not hold against what the user says", () => {
    const { tls, fallsBackToHttp } = endpointOf(place, { insecure: false });
    assert.deepEqual([tls.skipVerify, fallsBackToHttp], [false, undefined]);
  });

  test("goes along: who names it, and the name that a proxy wants", () => {
    const endpoint = endpointOf({ ...place, namespaceProxy: "ghcr.io", namedBy: "mirrors[0]" }, {});
    assert.deepEqual([endpoint.namespaceProxy, endpoint.namedBy], ["ghcr.io", "mirrors[0]"]);
  });
});
