/** From the inputs that say how to the transport, and from there over the whole road. */
import * as assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { checkInputs } from "../../provider/pulumi/check-inputs";
import type { CheckedInputs } from "../../provider/pulumi/inputs";
import { hostOptions } from "../../provider/pulumi/transport";
import { redact } from "../../provider/redact";
import { createCertificates } from "../support/certificates";
import { endpointFor } from "../support/endpoint";
import { folderFor } from "../support/folder-for-test";
import { assertFailed, assertPulled, openSandbox, publishKnown } from "../support/pulling";
import { registryFor } from "../support/registry-for-test";

const CERTIFICATES = createCertificates();
const { client: PAIR, authority } = CERTIFICATES;
const PASSPHRASE = "open sesame 99";
const ENCRYPTED = createPrivateKey(PAIR.key)
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE })
  .toString();

function transport(how: Partial<CheckedInputs>, directory = "/nowhere") {
  return hostOptions(how, { registry: "host", isOwn: true }, directory);
}

function failuresOf(how: Readonly<Record<string, unknown>>): readonly string[] {
  const checked = checkInputs({ reference: "host/app:1", ...how });
  return checked.ok ? [] : checked.failures.map((text) => text.split("\n")[0] ?? "");
}

describe("checks", () => {
  const range = "it must be above 0 and at most 86400";
  const cases: readonly [Readonly<Record<string, unknown>>, readonly string[]][] = [
    [{ insecure: 1 }, ['"insecure": it must be true or false, and is a number']],
    [{ clientCertificate: { certificate: "c" } }, ['"clientCertificate": it has no key']],
    [{ clientCertificate: { key: "k" } }, ['"clientCertificate": it has no certificate']],
    [{ clientCertificate: {} }, ['"clientCertificate": it has no certificate and no key']],
    [
      { clientCertificate: { certificate: "c", key: ["k"] } },
      ['"clientCertificate.key": it must be a string, and is a list'],
    ],
    [{ clientCertificate: [] }, ['"clientCertificate": it must be an object, and is a list']],
    [
      { proxy: "socks5://me:geheim@p" },
      ['"proxy": it names no proxy that is reached by http: or https:'],
    ],
    [{ proxy: "" }, ['"proxy": it is an empty string']],
    [{ proxy: "none", timeouts: { connect: 0.5, stall: 86_400, total: null } }, []],
    [{ proxy: "http://me:geheim@proxy.example:3128" }, []],
    [{ timeouts: { connect: "5" } }, ['"timeouts.connect": it must be a number, and is a string']],
    [
      { timeouts: { connect: 0, stall: -1, total: NaN } },
      ["connect", "stall", "total"].map((name) => `"timeouts.${name}": ${range}`),
    ],
    [{ timeouts: { total: Infinity } }, [`"timeouts.total": ${range}`]],
  ];
  for (const [how, failures] of cases) {
    test(JSON.stringify(how), () => {
      const expected = failures.map((failure) => `cannot use input ${failure}`);
      assert.deepEqual(failuresOf(how), expected);
    });
  }
});

describe("clientCertificate", () => {
  test("is taken as texts and as files, relative to the program", async (t) => {
    const directory = folderFor(t);
    writeFileSync(join(directory, "client.crt"), PAIR.cert);
    writeFileSync(join(directory, "client.key"), PAIR.key);
    const expected = { certificate: PAIR.cert, key: PAIR.key };
    for (const [certificate, key] of [
      [PAIR.cert, PAIR.key],
      ["client.crt", join(directory, "client.key")],
    ] as const) {
      const options = await transport({ clientCertificate: { certificate, key } }, directory);
      assert.deepEqual(options.clientCertificate, expected);
    }
    const passphrase = PASSPHRASE;
    const clientCertificate = { certificate: PAIR.cert, key: ENCRYPTED, passphrase };
    const options = await transport({ clientCertificate });
    assert.deepEqual(options.clientCertificate, clientCertificate);
  });

  test("a certificate and its encrypted key in one text are taken, in either order", async () => {
    const passphrase = PASSPHRASE;
    // OpenSSL's own form has a header, and an empty line behind it that counts.
    const sealed = createPrivateKey(PAIR.key)
      .export({ type: "sec1", format: "pem", cipher: "aes-128-cbc", passphrase })
      .toString();
    assert.match(sealed, /^Proc-Type: 4,ENCRYPTED\n.*\n\n/m);
    for (const both of [`${PAIR.cert}${sealed}`, `${sealed}${PAIR.cert}`]) {
      const clientCertificate = { certificate: both, key: both, passphrase };
      const options = await transport({ clientCertificate });
      assert.deepEqual(options.clientCertificate, clientCertificate);
    }
  });

  const key = PAIR.key;
  const broken: readonly [string, NonNullable<CheckedInputs["clientCertificate"]>, RegExp][] = [
    [
      "a missing file",
      { certificate: "a.crt", key },
      /\.certificate: a\.crt cannot be read \(ENOENT/,
    ],
    ["a missing key file", { certificate: PAIR.cert, key: "geheim.key" }, /\.key: the file cannot/],
    ["no certificate", { certificate: key, key }, /\.certificate: the text holds no certificate/],
    ["no key", { certificate: PAIR.cert, key: PAIR.cert }, /\.key: the text holds no private key/],
    [
      "another's key",
      { certificate: PAIR.cert, key: CERTIFICATES.server.key },
      /\.key: it is not the key of the certificate/,
    ],
    [
      "an encrypted key",
      { certificate: PAIR.cert, key: ENCRYPTED },
      /\.passphrase: the key is encrypted, and there is none/,
    ],
    [
      "another's passphrase",
      { certificate: PAIR.cert, key: ENCRYPTED, passphrase: "geheim 123" },
      /\.passphrase: it does not open the key/,
    ],
    [
      "a damaged certificate",
      { certificate: PAIR.cert.replace(/\n[^-]+/, "\nAAAA\n"), key },
      /\.certificate: it is no certificate/,
    ],
    [
      "a damaged key",
      { certificate: PAIR.cert, key: key.replace(/\n[^-]+/, "\nAAAA\n") },
      /\.key: it is no private key/,
    ],
  ];
  for (const [name, clientCertificate, fact] of broken) {
    test(`${name} is named, and nothing of the key is shown`, async () => {
      await assert.rejects(transport({ clientCertificate }), (error) => {
        assert.ok(error instanceof OciError && error.code === "CONFIG");
        assert.match(error.message, /^cannot use clientCertificate\./);
        assert.match(error.message, fact);
        assert.doesNotMatch(error.message, /geheim|BEGIN/);
        assert.ok(!error.message.includes(key.split("\n")[1] ?? ""));
        return true;
      });
    });
  }
});

test("secrets are known as such from here on", async () => {
  await transport({
    clientCertificate: { certificate: PAIR.cert, key: ENCRYPTED, passphrase: PASSPHRASE },
    proxy: "http://me:pass%20word%2099@proxy.example:3128",
  });
  const text = `${PASSPHRASE}, pass%20word%2099, pass word 99, ${ENCRYPTED}`;
  assert.equal(redact(text), "[secret], [secret], [secret], [secret]");
});

describe("proxy and timeouts", () => {
  test("become a URL or none, and milliseconds", async () => {
    const options = await transport({ proxy: "proxy.example:3128", timeouts: { connect: 1.5 } });
    assert.equal(String(options.proxy), "http://proxy.example:3128/");
    assert.deepEqual(options.timeouts, { connect: 1_500 });
    assert.equal((await transport({ proxy: "none" })).proxy, "none");
    // Nought would switch the bound off.
    assert.deepEqual((await transport({ timeouts: { total: 1e-9 } })).timeouts, { total: 1 });
  });
});

describe("the endpoint", () => {
  const reference = { registry: "host", repository: "app" };
  test("of insecure is not verified, and may be asked without TLS", () => {
    const endpoint = endpointFor(reference, { insecure: true });
    assert.equal(endpoint.fallsBackToHttp, true);
    assert.equal(endpoint.tls.skipVerify, true);
    assert.equal(endpoint.plainHttp, false);
  });
  test("of plainHttp has no way to fall", () => {
    const endpoint = endpointFor(reference, { insecure: true, plainHttp: true });
    assert.equal(endpoint.plainHttp, true);
    assert.equal(endpoint.fallsBackToHttp, undefined);
  });
});

describe("over the whole road", () => {
  test("insecure pulls from a registry without TLS, and from one with any certificate", async (t) => {
    for (const options of [{}, { tls: CERTIFICATES.selfSigned }]) {
      const registry = await registryFor(t, options);
      publishKnown(registry);
      const sandbox = openSandbox(t, registry);
      assertPulled(await sandbox.pull({ inputs: { plainHttp: false, insecure: true } }));
    }
  });

  test("a client certificate opens a registry that wants one", async (t) => {
    const tls = { ...CERTIFICATES.server, clientAuthority: authority.cert };
    const registry = await registryFor(t, { tls });
    publishKnown(registry);
    const sandbox = openSandbox(t, registry);
    const certificate = join(folderFor(t), "client.crt");
    writeFileSync(certificate, PAIR.cert);
    const caCertificates = [authority.cert];
    const wrong = await sandbox.pull({ inputs: { caCertificates } });
    assertFailed(wrong, "TLS", /give clientCertificate/);
    const clientCertificate = { certificate, key: PAIR.key };
    assertPulled(await sandbox.pull({ inputs: { caCertificates, clientCertificate } }));
  });
});
