/** What certs.d says of a host: which directory counts, which files, and what is said of mistakes. */
import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { OciError } from "../../../provider/errors";
import {
  type HostCertificates,
  readHostCertificates,
} from "../../../provider/settings/certs-d/read";
import {
  createAuthority,
  createClientCertificate,
  createServerCertificate,
} from "../../support/certificates";
import { folderFor } from "../../support/folder-for-test";

const [one, two] = [createAuthority("One"), createAuthority("Two")];
const client = createClientCertificate(one, { commonName: "client" });
const other = createClientCertificate(one, { commonName: "other" });
const HOST = "registry.example:5000";

interface Machine {
  readonly folder: string;
  readonly read: (host?: string) => Promise<HostCertificates>;
}

/** Two directories, `user` before `system`, with these files. */
function machineWith(t: TestContext, files: Readonly<Record<string, string | Buffer>>): Machine {
  const folder = folderFor(t);
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    fs.mkdirSync(path.endsWith("/") ? file : dirname(file), { recursive: true });
    if (!path.endsWith("/")) fs.writeFileSync(file, content);
  }
  const directories = ["user", "system"].map((name) => join(folder, name));
  return { folder, read: (host = HOST) => readHostCertificates({ directories }, host) };
}

async function refusalOf(machine: Machine): Promise<OciError> {
  const error: unknown = await machine.read().catch((it: unknown) => it);
  assert.ok(error instanceof OciError, "nothing was refused");
  assert.equal(error.code, "CONFIG");
  assert.doesNotMatch(error.message, /PRIVATE KEY/);
  return error;
}

describe("which directory counts", () => {
  test("the first that is there, alone, even if it is empty", async (t) => {
    const machine = machineWith(t, {
      [`user/${HOST}/`]: "",
      [`system/${HOST}/ca.crt`]: one.cert,
    });
    assert.deepEqual(await machine.read(), {
      directory: join(machine.folder, "user", HOST),
      certificateAuthorities: [],
      notes: [],
    });
    fs.rmdirSync(join(machine.folder, "user", HOST));
    const { directory, certificateAuthorities } = await machine.read();
    assert.equal(directory, join(machine.folder, "system", HOST));
    assert.deepEqual(certificateAuthorities, [one.cert.trimEnd()]);
  });

  test("that of exactly this host and port", async (t) => {
    const machine = machineWith(t, { [`user/${HOST}/ca.crt`]: one.cert });
    for (const host of ["registry.example", "registry.example:443", "Registry.example:5000"]) {
      assert.deepEqual(await machine.read(host), { certificateAuthorities: [], notes: [] });
    }
  });

  test("none where a file is in the place of the directory of all hosts", async (t) => {
    const machine = machineWith(t, { user: "", [`system/${HOST}/ca.crt`]: one.cert });
    assert.equal((await machine.read()).certificateAuthorities.length, 1);
  });

  test("a file in the place of the host's directory is an error", async (t) => {
    const error = await refusalOf(machineWith(t, { [`user/${HOST}`]: one.cert }));
    assert.equal(error.fact, "it is no directory");
    assert.match(error.hint ?? "", /put the authority's certificate there as ca\.crt/);
  });

  test("one that this user may not read is passed over", async (t) => {
    const { folder } = machineWith(t, {
      [`user/${HOST}/ca.crt`]: one.cert,
      [`system/${HOST}/ca.crt`]: two.cert,
    });
    fs.chmodSync(folder, 0o755);
    fs.chmodSync(join(folder, "user"), 0);
    const directories = ["user", "system"].map((name) => join(folder, name));
    // File modes do not bind root, so another process reads, as a user whom they bind.
    const script = `
      process.setuid?.(process.getuid() === 0 ? 65534 : process.getuid());
      const { readHostCertificates } = require(process.argv[1]);
      const [places, host] = JSON.parse(process.argv[2]);
      readHostCertificates(places, host).then(({ directory }) => console.log(directory));`;
    const modulePath = require.resolve("../../../provider/settings/certs-d/read");
    const question = JSON.stringify([{ directories }, HOST]);
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, ["-e", script, modulePath, question]);
    fs.chmodSync(join(folder, "user"), 0o755);
    assert.equal(stdout.trim(), join(folder, "system", HOST));
  });
});

describe("authorities", () => {
  test("are all certificates of all *.crt, whatever else is in them", async (t) => {
    const machine = machineWith(t, {
      [`user/${HOST}/a.crt`]: `# two of them\n${one.cert}${two.cert}`,
      [`user/${HOST}/b.crt`]: `-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n${one.cert}`,
      [`user/${HOST}/README`]: "nothing",
      [`user/${HOST}/..data/`]: "",
    });
    const { certificateAuthorities, notes } = await machine.read();
    const [first, second] = [one.cert.trimEnd(), two.cert.trimEnd()];
    assert.deepEqual(certificateAuthorities, [first, second, first]);
    assert.deepEqual(notes, []);
  });

  test("may have empty lines and indentation, which OpenSSL alone would refuse", async (t) => {
    const machine = machineWith(t, {
      [`user/${HOST}/a.crt`]: one.cert.replaceAll("\n", "\n\n"),
      [`user/${HOST}/b.crt`]: two.cert.replaceAll("\n", "\r\n\r\n  "),
      [`user/${HOST}/c.cert`]: client.cert.replaceAll("\n", "\n\n"),
      [`user/${HOST}/c.key`]: client.key,
    });
    const { certificateAuthorities, clientCertificate, notes } = await machine.read();
    assert.deepEqual(certificateAuthorities, [one.cert.trimEnd(), two.cert.trimEnd()]);
    assert.equal(clientCertificate?.certificate.trimEnd(), client.cert.trimEnd());
    assert.deepEqual(notes, []);
  });

  test("a link that leads nowhere is none, and noted", async (t) => {
    const machine = machineWith(t, { [`user/${HOST}/a.crt`]: one.cert });
    fs.symlinkSync("/nonexistent/ca.crt", join(machine.folder, "user", HOST, "b.crt"));
    const { certificateAuthorities, notes } = await machine.read();
    assert.deepEqual(certificateAuthorities, [one.cert.trimEnd()]);
    assert.match(notes[0] ?? "", /b\.crt leads to no file$/);
  });

  test("what is none is noted, with what may be wrong with it", async (t) => {
    const der = Buffer.from(one.cert.replace(/-----.*-----|\s/g, ""), "base64");
    const machine = machineWith(t, {
      [`user/${HOST}/ca.crt`]: der,
      [`user/${HOST}/ca.pem`]: one.cert,
      [`user/${HOST}/ca.CRT`]: one.cert,
    });
    const { certificateAuthorities, notes } = await machine.read();
    assert.deepEqual(certificateAuthorities, []);
    assert.equal(notes.length, 3);
    assert.match(notes[0] ?? "", /ca\.CRT does not count: authorities are \*\.crt/);
    assert.match(notes[1] ?? "", /ca\.pem does not count/);
    assert.match(notes[2] ?? "", /ca\.crt holds no certificate in PEM form: if it is in DER form/);
  });

  test("a *.crt that cannot be read is an error", async (t) => {
    const error = await refusalOf(machineWith(t, { [`user/${HOST}/ca.crt/`]: "" }));
    assert.match(error.message, /cannot use \S+ca\.crt: it is a directory/);
  });
});

describe("a client's pair", () => {
  test("is a *.cert with its *.key; of several the first by name", async (t) => {
    const machine = machineWith(t, {
      [`user/${HOST}/b.cert`]: other.cert,
      [`user/${HOST}/b.key`]: other.key,
      [`user/${HOST}/a.cert`]: client.cert,
      [`user/${HOST}/a.key`]: client.key,
    });
    const { clientCertificate, certificateAuthorities } = await machine.read();
    assert.deepEqual(clientCertificate, { certificate: client.cert, key: client.key });
    assert.deepEqual(certificateAuthorities, []);
  });

  test("without a key is an error, which knows authorities of the wrong name", async (t) => {
    const error = await refusalOf(machineWith(t, { [`user/${HOST}/ca.cert`]: one.cert }));
    assert.match(error.message, /ca\.cert: there is no ca\.key for this client certificate/);
    assert.match(error.hint ?? "", /if it is an authority to trust, rename it to ca\.crt/);
  });

  test("without a certificate is an error, which knows pairs of the wrong name", async (t) => {
    const key = { [`user/${HOST}/client.key`]: client.key };
    const alone = await refusalOf(machineWith(t, key));
    assert.match(alone.message, /client\.key: there is no client\.cert for this key/);
    assert.match(alone.hint ?? "", /put the client's certificate beside it, as client\.cert/);
    const misnamed = { ...key, [`user/${HOST}/client.crt`]: client.cert };
    const { hint = "" } = await refusalOf(machineWith(t, misnamed));
    assert.equal(hint, "rename client.crt to client.cert: *.crt are authorities to trust");
  });

  for (const [what, cert, key, message] of [
    ["of another's key", client.cert, other.key, /client\.key: it is not the key of the cert/],
    ["without a key in it", client.cert, "none", /client\.key: it is no private key in PEM form/],
    [
      "without a certificate in it",
      "none",
      client.key,
      /client\.cert: it is no certificate in PEM/,
    ],
  ] as const) {
    test(`${what} is an error, also behind a good one`, async (t) => {
      const machine = machineWith(t, {
        [`user/${HOST}/a.cert`]: client.cert,
        [`user/${HOST}/a.key`]: client.key,
        [`user/${HOST}/client.cert`]: cert,
        [`user/${HOST}/client.key`]: key,
      });
      const error = await refusalOf(machine);
      assert.match(error.message, message);
      assert.match(error.hint ?? "", /both in PEM form/);
    });
  }

  test("with an encrypted key is an error that names the way with a passphrase", async (t) => {
    const key = createPrivateKey(client.key).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "hunter22",
    });
    const machine = machineWith(t, {
      [`user/${HOST}/client.cert`]: client.cert,
      [`user/${HOST}/client.key`]: key,
    });
    const error = await refusalOf(machine);
    assert.match(error.message, /client\.key: it is encrypted/);
    assert.match(error.hint ?? "", /give clientCertificate, which has one/);
  });

  test("may be a server's: what it is good for is the registry's to say", async (t) => {
    const pair = createServerCertificate(one);
    const machine = machineWith(t, {
      [`user/${HOST}/client.cert`]: pair.cert,
      [`user/${HOST}/client.key`]: pair.key,
    });
    assert.equal((await machine.read()).clientCertificate?.key, pair.key);
  });
});
