import * as assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { get as httpsGet, type RequestOptions } from "node:https";
import { describe, test } from "node:test";
import { createCertificates, createServerCertificate, type CertificatePair } from "./certificates";
import { registryFor } from "./registry-for-test";

const certificates = createCertificates();
const { authority, client } = certificates;

/** The status of the ping; rejects with the error of TLS. */
function ping(url: string, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpsGet(`${url}/v2/`, { agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
  });
}

describe("server certificates", () => {
  test("a client that trusts the authority connects by each loopback name", async (t) => {
    const registry = await registryFor(t, { tls: certificates.server });
    assert.match(registry.url, /^https:/);
    for (const host of [registry.host, registry.localhost]) {
      assert.equal(await ping(`https://${host}`, { ca: authority.cert }), 200);
    }
  });

  test("the certificate names localhost and both loopback addresses", () => {
    const certificate = new X509Certificate(certificates.server.cert);
    assert.ok(certificate.checkHost("localhost"));
    assert.ok(certificate.checkIP("127.0.0.1"));
    assert.ok(certificate.checkIP("::1"));
    assert.equal(certificate.checkHost("another.example"), undefined);
    assert.ok(certificate.checkIssued(new X509Certificate(authority.cert)));
    assert.ok(certificate.verify(new X509Certificate(authority.cert).publicKey));
  });

  const broken: readonly (readonly [string, CertificatePair, string])[] = [
    ["expired", certificates.expired, "CERT_HAS_EXPIRED"],
    ["early", certificates.early, "CERT_NOT_YET_VALID"],
    ["otherName", certificates.otherName, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["selfSigned", certificates.selfSigned, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["fromOtherAuthority", certificates.fromOtherAuthority, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ];
  for (const [name, pair, code] of broken) {
    test(`${name}: refused with ${code}, and accepted by who does not look`, async (t) => {
      const registry = await registryFor(t, { tls: pair });
      await assert.rejects(ping(registry.url, { ca: authority.cert }), { code });
      assert.equal(registry.count(), 0);
      assert.equal(await ping(registry.url, { rejectUnauthorized: false }), 200);
    });
  }

  test("without the authority the server is unknown", async (t) => {
    const registry = await registryFor(t, { tls: certificates.server });
    await assert.rejects(ping(registry.url, {}), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });

  test("names and times are those asked for, also after 2050", () => {
    const notAfter = new Date("2051-02-03T04:05:06Z");
    const options = { names: ["a.example", "2001:db8::1:2"], notAfter };
    const certificate = new X509Certificate(createServerCertificate(authority, options).cert);
    assert.equal(certificate.subject, "CN=a.example");
    assert.equal(certificate.issuer, "CN=Test Authority");
    assert.ok(certificate.checkIP("2001:db8::1:2"));
    assert.equal(new Date(certificate.validTo).getTime(), notAfter.getTime());
  });
});

describe("client certificates", () => {
  test("a server that wants one lets in nobody else", async (t) => {
    const registry = await registryFor(t, {
      tls: { ...certificates.server, clientAuthority: authority.cert },
    });
    const ca = authority.cert;
    assert.equal(await ping(registry.url, { ca, cert: client.cert, key: client.key }), 200);
    await assert.rejects(ping(registry.url, { ca }));
    const foreign = certificates.selfSigned;
    await assert.rejects(ping(registry.url, { ca, cert: foreign.cert, key: foreign.key }));
    assert.equal(registry.count(), 1);
  });
});
