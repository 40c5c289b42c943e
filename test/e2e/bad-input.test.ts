/**
 * Bad input on the real engine: each mistake gets an error in words with one thing to do next,
 * nothing is left behind, and no stack reaches the user.
 */
import * as assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzip, tar } from "../support/archives";
import { publish } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { createProject, type Project } from "../support/engine";
import { FIRST, program, publishFiles } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

describe("bad input", () => {
  const certificates = createCertificates();
  let plain: TestRegistry;
  let secure: TestRegistry;
  let project: Project;

  before(async () => {
    plain = await startRegistry();
    secure = await startRegistry({ tls: certificates.server });
    publishFiles(plain, FIRST);
    publishFiles(secure, FIRST);
    publishFiles(plain, FIRST, "1", "team/lies");
    plain.fault({
      kind: "blob",
      repository: "team/lies",
      then: { kind: "body", bytes: (body) => Buffer.alloc(body.length, "x") },
    });
    publish(plain, "team/evil", "1", {
      layers: [
        {
          bytes: gzip(tar([{ path: "../escape.txt", content: "outside" }])),
          mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
        },
      ],
    });
    project = await createProject({ program: "" });
  });
  after(async () => {
    await project.dispose();
    await plain.close();
    await secure.close();
  });

  /** Previews one artifact with these arguments; the row's error, which must be the only trace. */
  async function failure(args: string): Promise<string> {
    await project.writeProgram(program(args));
    const preview = await project.preview({ diff: true });
    assert.notEqual(preview.exitCode, 0, preview.text);
    assert.doesNotMatch(preview.text, /\n\s+at [\w.<]+ ?\(?[/\w]|node:internal/, "no stack");
    const errors = preview.diagnostics.filter(({ severity }) => severity === "error");
    assert.ok(errors.length > 0 && errors.every(({ urn }) => urn.endsWith("::manifests")));
    await assertNothingPlaced();
    return errors.map(({ message }) => message).join("\n");
  }

  async function assertNothingPlaced(): Promise<void> {
    const folder = join(project.directory, ".oci-artifacts");
    const left = await readdir(folder).catch(() => []);
    assert.deepEqual(
      left.filter((name) => !name.startsWith(".")),
      [],
    );
    assert.deepEqual(await readdir(join(folder, ".pulumi/staging")).catch(() => []), []);
    const staging = join(project.cache, "pulumi-oci-artifact", "staging");
    assert.deepEqual(await readdir(staging).catch(() => []), []);
    const above = await readdir(project.directory);
    assert.ok(!above.includes("escape.txt"));
  }

  test("a wrong reference: which part, and how to write it", async () => {
    const message = await failure(`{ reference: "registry.example/Team/manifests:1" }`);
    assert.match(
      message,
      /cannot use the reference .*: repository component "Team" has upper-case/,
    );
    assert.match(message, /hint: write "team"/);
  });

  test("no such tag: what the registry answered", async () => {
    const message = await failure(
      `{ reference: "${plain.host}/team/manifests:2", plainHttp: true }`,
    );
    assert.match(
      message,
      /cannot read the manifest of .*manifests:2: the registry does not have it/,
    );
    assert.match(message, /answered 404, MANIFEST_UNKNOWN/);
    assert.match(message, /hint: check the name and the tag/);
  });

  test("an HTTP server where HTTPS was expected: plainHttp", async () => {
    const message = await failure(`{ reference: "${plain.host}/team/manifests:1" }`);
    assert.match(message, /speaks plain HTTP where HTTPS was expected/);
    assert.match(message, /hint: .*plainHttp: true/);
  });

  test("an unknown authority: caCertificates, and not skipTlsVerify", async () => {
    const message = await failure(`{ reference: "${secure.host}/team/manifests:1" }`);
    assert.match(message, /certificate of an authority that is not trusted/);
    assert.match(message, /hint: .*caCertificates/);
    assert.doesNotMatch(message, /skipTlsVerify/);
  });

  test("a dead registry: unreachable, and where it was looked for", async () => {
    const message = await failure(`{ reference: "127.0.0.1:1/team/manifests:1", plainHttp: true }`);
    assert.match(message, /refuses connections\n +http:\/\/127\.0\.0\.1:1: /);
    assert.match(message, /hint: /);
  });

  test("wrong bytes: nothing of them is kept", async () => {
    const message = await failure(`{ reference: "${plain.host}/team/lies:1", plainHttp: true }`);
    assert.match(message, /cannot fetch .*: blob sha256:\w+ has the digest sha256:/);
    assert.match(message, /hint: .*nothing was kept/);
  });

  test("an archive that leaves its tree: which entry", async () => {
    const message = await failure(`{ reference: "${plain.host}/team/evil:1", plainHttp: true }`);
    assert.match(message, /cannot unpack .*: entry "\.\.\/escape\.txt" of layer 0/);
    assert.match(message, /hint: tell the publisher/);
  });

  test("wrong types and unknown names: all at once, and never a value", async () => {
    const message = await failure(
      `{ reference: 7, plainHttp: "hush-hush", skipTlsVerfy: true, credentials: { password: "hush-hush" } }`,
    );
    assert.match(message, /"reference".*must be a string/);
    assert.match(message, /"plainHttp".*must be true or false/);
    assert.match(message, /"skipTlsVerfy"[^]*did you mean "skipTlsVerify"\?/);
    assert.match(message, /"credentials": it is not complete\nhint: give username and password/);
    assert.doesNotMatch(message, /hush/);
  });

  test("a certificate file that is not there: its name", async () => {
    const message = await failure(
      `{ reference: "${secure.host}/team/manifests:1", caCertificates: ["./none.pem"] }`,
    );
    assert.match(
      message,
      /cannot use caCertificates\[0\]: \.\/none\.pem cannot be read \(ENOENT\)/,
    );
    assert.match(message, /hint: /);
  });

  test("a function that fails ends the program with the same words", async () => {
    await project.writeProgram(`
      const { getOciArtifact } = require("pulumi-oci-artifact");
      module.exports = async () => getOciArtifact({ reference: "${plain.host}/team/manifests:2", plainHttp: true });
    `);
    const preview = await project.preview();
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /cannot read the manifest of .*: the registry does not have it/);
    assert.match(preview.text, /hint: check the name and the tag/);
    assert.doesNotMatch(preview.text, /\n\s+at [\w.<]+ ?\(?[/\w]|node:internal/, "no stack");
  });
});

describe("ways to trust a registry", () => {
  const certificates = createCertificates();
  let secure: TestRegistry;
  let project: Project;
  before(async () => {
    secure = await startRegistry({ tls: certificates.server });
    publishFiles(secure, FIRST);
    project = await createProject({
      program: "",
      files: { "authority.pem": certificates.authority.cert },
    });
  });
  after(async () => {
    await project.dispose();
    await secure.close();
  });

  for (const [name, option] of [
    ["a file of an authority", `caCertificates: ["./authority.pem"]`],
    [
      "the text of an authority",
      `caCertificates: [${JSON.stringify(certificates.authority.cert)}]`,
    ],
    ["skipTlsVerify", `skipTlsVerify: true`],
  ] as const) {
    test(`${name} is enough, and no diff`, async () => {
      await project.writeProgram(
        program(`{ reference: "${secure.localhost}/team/manifests:1", ${option} }`),
      );
      const up = await project.up();
      assert.equal(up.exitCode, 0, up.text);
      assert.match(up.step("manifests").operation, /^(create|same)$/);
      const { path } = await project.stackOutputs();
      assert.deepEqual((await readdir(join(project.directory, String(path)))).sort(), [
        "crds",
        "deployment.yaml",
        "service.yaml",
      ]);
    });
  }
});
