import * as assert from "node:assert/strict";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { readSettings } from "../../provider/settings/settings";
import type { TlsOptions } from "../../provider/types";
import { type CertificatePair, createCertificates } from "../support/certificates";
import { ambient, BARE, endpointAt, LOGIN, openWorld, REPOSITORY, serve } from "./world";

const CERTIFICATES = createCertificates();

/** Asks a registry with that certificate. */
async function ask(
  t: TestContext,
  tls: CertificatePair,
  options: Partial<TlsOptions> = {},
  settings = BARE,
): Promise<string> {
  const registry = await serve(t, { tls });
  registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
  const { client, context } = openWorld(t, { settings });
  const endpoint = endpointAt(registry.host, {
    plainHttp: false,
    tls: { skipVerify: false, certificateAuthorities: [], ...options },
  });
  return (await client.getManifest(endpoint, "1", context)).digest;
}

const trusting: Partial<TlsOptions> = { certificateAuthorities: [CERTIFICATES.authority.cert] };

describe("certificates", () => {
  test("of a given authority are trusted, beside another one", async (t) => {
    await ask(t, CERTIFICATES.server, trusting);
    const both = [CERTIFICATES.otherAuthority.cert, CERTIFICATES.authority.cert].join("\n");
    await ask(t, CERTIFICATES.server, { certificateAuthorities: [both] });
    const spaced = both.replaceAll("\n", "\n\n");
    await ask(t, CERTIFICATES.server, { certificateAuthorities: [spaced] });
  });

  const refused: readonly (readonly [string, CertificatePair, Partial<TlsOptions>, RegExp])[] = [
    ["of an unknown authority", CERTIFICATES.server, {}, /authority that is not trusted/],
    [
      "of the wrong authority",
      CERTIFICATES.fromOtherAuthority,
      trusting,
      /authority that is not trusted|no TLS connection/,
    ],
    ["signed by themselves", CERTIFICATES.selfSigned, trusting, /authority that is not trusted/],
    ["for another name", CERTIFICATES.otherName, trusting, /for another name/],
    ["that have expired", CERTIFICATES.expired, trusting, /has expired/],
    ["of tomorrow", CERTIFICATES.early, trusting, /not valid yet/],
  ];
  for (const [name, pair, options, fact] of refused) {
    test(`${name} are refused, once`, async (t) => {
      await assert.rejects(ask(t, pair, options), (error) => {
        assert.ok(error instanceof OciError);
        assert.equal(error.code, "TLS");
        assert.match(error.fact, fact);
        assert.doesNotMatch(error.message, /skipTlsVerify/);
        return true;
      });
    });
  }

  test("of an unknown authority point to caCertificates and the system's store", async (t) => {
    await assert.rejects(ask(t, CERTIFICATES.server), {
      hint: "add the authority's certificate to caCertificates, or to the system's store",
    });
  });

  test("are not looked at with skipTlsVerify", async (t) => {
    for (const pair of [CERTIFICATES.selfSigned, CERTIFICATES.otherName, CERTIFICATES.expired]) {
      await ask(t, pair, { skipVerify: true });
    }
  });

  test("that are none fail as an input", async (t) => {
    const garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (const text of ["/etc/ca.pem", garbage]) {
      await assert.rejects(ask(t, CERTIFICATES.server, { certificateAuthorities: [text] }), {
        code: "INVALID_INPUT",
        message: /caCertificates/,
      });
    }
  });

  test("that are none fail so over plain HTTP, too, and nothing is asked for", async (t) => {
    const registry = await serve(t, {});
    const { client, context } = openWorld(t, { settings: BARE });
    const endpoint = endpointAt(registry.host, {
      plainHttp: true,
      tls: { skipVerify: false, certificateAuthorities: ["no PEM"] },
    });
    await assert.rejects(client.getManifest(endpoint, "1", context), { code: "INVALID_INPUT" });
    assert.deepEqual(registry.requests, []);
  });
});

describe("the machine's authorities", () => {
  async function layOut(t: TestContext, file: string, text: string): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), "oci-trust-"));
    t.after(() => rm(root, { recursive: true }));
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
    return root;
  }
  const { cert } = CERTIFICATES.authority;

  for (const bundle of ["etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt"]) {
    test(`in /${bundle}`, async (t) => {
      const text = `# comment\n${CERTIFICATES.otherAuthority.cert}${cert}`;
      const root = await layOut(t, bundle, text);
      await ask(t, CERTIFICATES.server, {}, readSettings({ environment: {}, root }));
    });
  }

  test("in NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and SSL_CERT_DIR, also beside given ones", async (t) => {
    const folder = await layOut(t, "certs/corp.pem", cert);
    const file = join(folder, "certs/corp.pem");
    for (const environment of [
      { NODE_EXTRA_CA_CERTS: file },
      { SSL_CERT_FILE: file },
      { SSL_CERT_DIR: `${join(folder, "missing")}:${join(folder, "certs")}` },
    ]) {
      const settings = readSettings({ environment, root: "/nowhere" });
      await ask(t, CERTIFICATES.server, {}, settings);
      const given = { certificateAuthorities: [CERTIFICATES.otherAuthority.cert] };
      await ask(t, CERTIFICATES.server, given, settings);
    }
  });

  test("that cannot be read, or are garbage, trust nobody and break nothing", async (t) => {
    const root = await layOut(
      t,
      "etc/ssl/certs/ca-certificates.crt",
      `garbage\n${cert.slice(0, 99)}`,
    );
    const environment = { SSL_CERT_FILE: "/nowhere/file", SSL_CERT_DIR: "/nowhere/folder" };
    await assert.rejects(ask(t, CERTIFICATES.server, {}, readSettings({ environment, root })), {
      code: "TLS",
    });
  });
});

describe("what is allowed for one host", () => {
  test("skipTlsVerify does not reach the host of a redirect", async (t) => {
    const registry = await serve(t, { tls: CERTIFICATES.selfSigned });
    const storage = await serve(t, { tls: CERTIFICATES.selfSigned });
    const location = `https://${storage.localhost}/v2/`;
    registry.fault({ kind: "manifest", then: { kind: "redirect", location } });
    const { client, context } = openWorld(t);
    const tls = { skipVerify: true, certificateAuthorities: [] };
    const endpoint = endpointAt(registry.host, { plainHttp: false, tls });
    await assert.rejects(client.getManifest(endpoint, "1", context), { code: "TLS" });
    assert.equal(storage.requests.length, 0);
  });

  test("a token service without TLS gets nothing from a registry with TLS", async (t) => {
    const plain = await serve(t);
    const registry = await serve(t, { tls: CERTIFICATES.server });
    const headers = { "www-authenticate": `Bearer realm="${plain.url}/token"` };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 401, headers } });
    const { client, context } = openWorld(t, { ambient: ambient() });
    const tls = { skipVerify: false, certificateAuthorities: [CERTIFICATES.authority.cert] };
    const endpoint = endpointAt(registry.host, { plainHttp: false, tls });
    await assert.rejects(client.getManifest(endpoint, "1", context), {
      code: "UNAUTHORIZED",
      message: /without TLS/,
    });
    assert.equal(plain.requests.length, 0);
  });

  test("a redirect from HTTPS to plain HTTP is not followed", async (t) => {
    const plain = await serve(t);
    const registry = await serve(t, { tls: CERTIFICATES.server });
    const location = `${plain.url}/v2/`;
    registry.fault({ kind: "manifest", then: { kind: "redirect", location } });
    const { client, context } = openWorld(t);
    const endpoint = endpointAt(registry.host, {
      plainHttp: false,
      tls: { skipVerify: false, certificateAuthorities: [CERTIFICATES.authority.cert] },
    });
    await assert.rejects(client.getManifest(endpoint, "1", context), {
      code: "REGISTRY",
      message: /from HTTPS to plain HTTP/,
    });
    assert.equal(plain.requests.length, 0);
  });

  test("tokens over HTTPS work with a private authority", async (t) => {
    const registry = await serve(t, {
      tls: CERTIFICATES.server,
      auth: { kind: "token", ...LOGIN },
    });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const { client, context, warnings } = openWorld(t, { ambient: ambient() });
    const tls = { skipVerify: false, certificateAuthorities: [CERTIFICATES.authority.cert] };
    await client.getManifest(endpointAt(registry.host, { plainHttp: false, tls }), "1", context);
    assert.equal(registry.count({ kind: "token" }), 1);
    assert.deepEqual(warnings, []);
  });
});
