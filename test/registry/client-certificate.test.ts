/** Client certificates: shown to the endpoint that they were given for, and to nobody else. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEADLINES } from "../../provider/registry/deadlines";
import { connectionError } from "../../provider/registry/failure";
import { readSettings } from "../../provider/settings/settings";
import type { Endpoint } from "../../provider/types";
import { createCertificates } from "../support/certificates";
import { folderFor } from "../support/folder-for-test";
import { ambient, endpointAt, LOGIN, openWorld, REPOSITORY, serve } from "./world";

const { authority, server, client: pair } = createCertificates();
const MUTUAL = { tls: { ...server, clientAuthority: authority.cert } };
const TRUSTING = { skipVerify: false, certificateAuthorities: [authority.cert] };
const CLIENT = { certificate: pair.cert, key: pair.key };

function endpoint(host: string, more: Partial<Endpoint> = {}): Endpoint {
  return endpointAt(host, { plainHttp: false, tls: TRUSTING, clientCertificate: CLIENT, ...more });
}

function without(host: string): Endpoint {
  return endpointAt(host, { plainHttp: false, tls: TRUSTING });
}

describe("a registry that asks for a client certificate", () => {
  test("says so to those without one", async (t) => {
    const registry = await serve(t, MUTUAL);
    const { client, context } = openWorld(t);
    await assert.rejects(client.getManifest(without(registry.host), "1", context), {
      code: "TLS",
      fact: "the registry asks for a client certificate",
      hint: "give clientCertificate",
    });
    assert.equal(registry.requests.length, 0);
  });

  test("gets it, whatever else decides about trust", async (t) => {
    const registry = await serve(t, MUTUAL);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const root = folderFor(t);
    mkdirSync(join(root, "etc/ssl/certs"), { recursive: true });
    writeFileSync(join(root, "etc/ssl/certs/ca-certificates.crt"), authority.cert);
    const settings = readSettings({ environment: {}, home: "/nowhere", root });
    const { client, context } = openWorld(t, { settings });
    for (const tls of [
      TRUSTING,
      { skipVerify: true, certificateAuthorities: [] },
      { skipVerify: false, certificateAuthorities: [] },
    ]) {
      await client.getManifest(endpoint(registry.host, { tls }), "1", context);
    }
    assert.equal(registry.requests.length, 3);
  });

  test("gets it from one resource, and not from another of the same process", async (t) => {
    const registry = await serve(t, MUTUAL);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context } = openWorld(t);
    await client.getManifest(endpoint(registry.host), "1", context);
    await assert.rejects(client.getManifest(without(registry.host), "1", context), {
      code: "TLS",
    });
    await client.getManifest(endpoint(registry.host), "1", context);
    assert.equal(registry.requests.length, 2);
  });

  test("gives its tokens to whom it knows by certificate, and to nobody else", async (t) => {
    const registry = await serve(t, { ...MUTUAL, auth: { kind: "token", ...LOGIN } });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context } = openWorld(t, { ambient: ambient() });
    await client.getManifest(endpoint(registry.host), "1", context);
    assert.equal(registry.count({ kind: "token" }), 1);
  });
});

test("a certificate that is not accepted is named, and not the key", async (t) => {
  const registry = await serve(t, { tls: server });
  const { client, context } = openWorld(t);
  const code = "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA";
  const place = endpoint(registry.host);
  for (const [given, fact] of [
    [place, "the registry refuses the client certificate"],
    [without(registry.host), "the registry asks for a client certificate"],
  ] as const) {
    const url = new URL(registry.url);
    const parts = { verb: "v", subject: "s", deadlines: DEADLINES, signal: context.signal };
    const error = connectionError({ ...parts, url, endpoint: given }, systemError(code));
    assert.equal(error.fact, fact);
    assert.doesNotMatch(error.message, /PRIVATE KEY/);
  }
  const said = Buffer.from("<center>No required SSL certificate was sent</center>");
  registry.fault({ kind: "manifest", then: { kind: "status", status: 400, body: said } });
  await assert.rejects(client.getManifest(without(registry.host), "1", context), {
    code: "TLS",
    hint: "give clientCertificate",
  });
});

function systemError(code: string): Error {
  return Object.assign(new Error("an alert"), { code });
}

describe("nobody else is shown it", () => {
  test("the host of a redirect", async (t) => {
    const registry = await serve(t, MUTUAL);
    const storage = await serve(t, MUTUAL);
    const { client, context } = openWorld(t);
    // Another port, and another name of the same machine.
    for (const origin of [storage.url, `https://localhost:${registry.port}`]) {
      const location = `${origin}/v2/`;
      const fault = registry.fault({ kind: "manifest", then: { kind: "redirect", location } });
      await assert.rejects(client.getManifest(endpoint(registry.host), "1", context), {
        code: "TLS",
        fact: "the host it redirects to asks for a client certificate",
        hint: /the registry's own host and port only/,
      });
      fault.remove();
    }
    assert.equal(storage.requests.length, 0);
  });

  test("the registry itself, when a redirect leads back from elsewhere", async (t) => {
    const registry = await serve(t, MUTUAL);
    const storage = await serve(t, { tls: server });
    const there = `${storage.url}/v2/team/app/manifests/1`;
    const back = `${registry.url}/v2/team/app/manifests/2`;
    registry.fault({ kind: "manifest", then: { kind: "redirect", location: there } });
    storage.fault({ kind: "manifest", then: { kind: "redirect", location: back } });
    const { client, context } = openWorld(t);
    await assert.rejects(client.getManifest(endpoint(registry.host), "1", context), {
      code: "TLS",
    });
    assert.deepEqual([registry.requests.length, storage.requests.length], [1, 1]);
  });

  test("a token service at another port", async (t) => {
    const auth = { kind: "token", ...LOGIN, realm: "separate" } as const;
    const registry = await serve(t, { ...MUTUAL, auth });
    const { client, context } = openWorld(t, { ambient: ambient() });
    await assert.rejects(client.getManifest(endpoint(registry.host), "1", context), {
      code: "TLS",
    });
    assert.equal(registry.count({ kind: "token" }), 0);
  });
});
