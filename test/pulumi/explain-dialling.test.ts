/** How each place would be dialled, and with which credential, by the files of the machine. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createCertificates } from "../support/certificates";
import { CONF, dialled, type Inputs, machineFor, onlyOne } from "./explain-world";

describe("how a place is dialled", () => {
  const { authority, client } = createCertificates();
  const reference = "own.example/app:1";

  test("HTTPS, plain HTTP, unverified, or both", async (t) => {
    const { explained } = machineFor(t);
    const shapeOf = async (options: object): Promise<unknown> => {
      const { scheme, tls, url } = onlyOne(await explained({ reference, ...options }));
      return [scheme, tls?.verified, new URL(url).protocol];
    };
    assert.deepEqual(await shapeOf({}), ["https", true, "https:"]);
    assert.deepEqual(await shapeOf({ plainHttp: true }), ["http", undefined, "http:"]);
    assert.deepEqual(await shapeOf({ skipTlsVerify: true }), ["https", false, "https:"]);
    assert.deepEqual(await shapeOf({ insecure: true }), ["https-else-http", false, "https:"]);
  });

  test("with authorities and a client certificate that were given", async (t) => {
    const { explained } = machineFor(t);
    const { tls, clientCertificate } = onlyOne(
      await explained({
        reference,
        caCertificates: [authority.cert],
        clientCertificate: { certificate: client.cert, key: client.key },
      }),
    );
    assert.deepEqual(tls, { verified: true, givenAuthorities: 1 });
    assert.deepEqual(clientCertificate, { source: "given" });
  });

  test("with those of the host's directory in certs.d", async (t) => {
    const { explained, folder, write } = machineFor(t);
    const directory = ".config/containers/certs.d/own.example";
    write(`${directory}/ca.crt`, authority.cert);
    write(`${directory}/client.cert`, client.cert);
    write(`${directory}/client.key`, client.key);
    write(`${directory}/old.pem`, authority.cert);
    const { tls, clientCertificate, notes } = onlyOne(await explained({ reference }));
    const place = join(folder, directory);
    assert.deepEqual(tls, {
      verified: true,
      givenAuthorities: 0,
      hostAuthorities: { directory: place, count: 1 },
    });
    assert.deepEqual(clientCertificate, { source: place });
    assert.match(notes?.join("\n") ?? "", /old\.pem does not count/);
  });

  test("and where that directory is broken, says so and goes on", async (t) => {
    const { explained, write } = machineFor(t);
    write(".config/containers/certs.d/own.example/client.key", client.key);
    const found = await explained({ reference, mirrors: ["m.example"] });
    assert.equal(dialled(found.endpoints[0]).unusable, undefined);
    assert.match(dialled(found.endpoints[1]).unusable?.message ?? "", /client\.key: there is no/);
  });

  test("through a proxy, whose login is not shown", async (t) => {
    const HTTPS_PROXY = "http://me:geheim99@proxy.example:3128";
    const { explained } = machineFor(t, { HTTPS_PROXY, NO_PROXY: "other.example" });
    const proxyOf = async (inputs: Inputs): Promise<unknown> =>
      onlyOne(await explained(inputs)).proxy;
    const url = "http://proxy.example:3128";
    assert.deepEqual(await proxyOf({ reference }), { url, source: "HTTPS_PROXY" });
    assert.equal(await proxyOf({ reference: "other.example/app" }), undefined);
    assert.deepEqual(await proxyOf({ reference, proxy: "http://u:geheim98@p.example" }), {
      url: "http://p.example",
      source: "given",
    });
    assert.deepEqual(await proxyOf({ reference, proxy: "none" }), { url: "none", source: "given" });
    assert.equal(
      await proxyOf({ reference: "localhost:5000/app", proxy: "http://p.example" }),
      undefined,
    );
  });

  test("and where the variable names no proxy, says so", async (t) => {
    const { explained } = machineFor(t, { HTTPS_PROXY: "socks5://proxy.example" });
    const { unusable, proxy } = onlyOne(await explained({ reference }));
    assert.equal(proxy, undefined);
    assert.match(unusable?.message ?? "", /^cannot use HTTPS_PROXY: it names no proxy/);
  });

  test("for one registry of a proxy of many", async (t) => {
    const { explained, write } = machineFor(t);
    write(CONF, `[[registry]]\nlocation = "own.example"\nnamespace-proxy = "docker.io"\n`);
    const { namespaceProxy, url } = onlyOne(await explained({ reference }));
    assert.equal(namespaceProxy, "docker.io");
    assert.equal(url, "https://own.example/v2/app/manifests/1?ns=docker.io");
  });
});

describe("the credential", () => {
  const reference = "own.example/app:1";
  const auth = Buffer.from("me:geheim99").toString("base64");

  test("that is given", async (t) => {
    const { explained } = machineFor(t);
    const credentials = { username: "me", password: "geheim99" };
    const { credential } = onlyOne(await explained({ reference, credentials }));
    assert.deepEqual(credential, { source: 'the input "credentials"' });
  });

  test("of a file, by its key, and nothing of what it holds", async (t) => {
    const { explained, folder, write } = machineFor(t);
    write(".docker/config.json", JSON.stringify({ auths: { "own.example": { auth } } }));
    const found = await explained({ reference });
    const { credential } = onlyOne(found);
    assert.ok("source" in credential, JSON.stringify(credential));
    assert.ok(credential.source.includes(join(folder, ".docker/config.json")), credential.source);
    assert.ok(credential.source.includes("own.example"), credential.source);
    assert.doesNotMatch(JSON.stringify(found), new RegExp(`geheim99|${auth}`));
  });

  test("of a helper is named, and the helper is not run", async (t) => {
    const { explained, folder, write } = machineFor(t);
    write("bin/docker-credential-test", `#!/bin/sh\n: > ${folder}/has-run\n`, 0o755);
    write(".docker/config.json", JSON.stringify({ credHelpers: { "own.example": "test" } }));
    const { credential } = onlyOne(await explained({ reference }));
    assert.ok("source" in credential, JSON.stringify(credential));
    assert.match(credential.source, /docker-credential-test/);
    assert.equal(existsSync(join(folder, "has-run")), false);
  });

  test("that is nowhere, with where it was looked for", async (t) => {
    const { explained, folder } = machineFor(t);
    const { credential } = onlyOne(await explained({ reference }));
    assert.ok("searched" in credential, JSON.stringify(credential));
    assert.ok(credential.searched.includes(join(folder, ".docker/config.json")));
  });
});
