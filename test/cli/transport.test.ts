/** The flags that say how a registry is reached, in processes of their own. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test, type TestContext } from "node:test";
import { parseCommand, type PullCommand } from "../../cli/arguments";
import { readSources } from "../../cli/flag-sources";
import { inputsOf, type FlagValues } from "../../cli/flag-values";
import { withFlags } from "../../cli/flag-words";
import { OciError } from "../../provider/errors";
import { checkInputs } from "../../provider/pulumi/check-inputs";
import type { Flag } from "../../provider/pulumi/input-types";
import { documentedInputs } from "../../provider/pulumi/inputs";
import { startProxy } from "../registry/proxy-server";
import { createCertificates } from "../support/certificates";
import { folderFor } from "../support/folder-for-test";
import { FIRST, publishFiles } from "../support/manifests";
import type { RegistryOptions } from "../support/registry-types";
import { registryFor } from "../support/registry-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

const CERTIFICATES = createCertificates();

async function world(t: TestContext, options: RegistryOptions = {}) {
  const registry = await registryFor(t, options);
  const folder = folderFor(t);
  publishFiles(registry, FIRST);
  const run = async (...flags: readonly string[]) => {
    const [reference = "", ...more] = flags;
    const args = [COMMAND, "pull", reference, "--output", "out", ...more];
    const child = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    });
    child.stdin.end();
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stderr };
  };
  const assertThere = (): void => {
    for (const [name, content] of Object.entries(FIRST)) {
      assert.equal(readFileSync(join(folder, "out", name), "utf8"), content);
    }
  };
  return { registry, folder, run, assertThere, reference: `${registry.host}/team/manifests:1` };
}

function commandOf(...flags: readonly string[]): PullCommand {
  const command = parseCommand(["pull", "host/app", "--output", "out", ...flags]);
  assert.equal(command.kind, "pull");
  return command;
}

describe("flags", () => {
  test("become the inputs that they are documented as", () => {
    const flags = documentedInputs()
      .flatMap(({ flags: own }): readonly Flag[] => own)
      .filter(({ name }) => name !== "output");
    const values: Readonly<Record<string, string>> = {
      "on-tag-move": "keep",
      "on-local-change": "keep",
      proxy: "http://proxy.example:3128",
      extract: "never",
      kind: "opentofu-provider",
      "provider-source": "team/tool",
      limit: "entries=7",
      mirror: "of.a.flag",
      annotation: "of=a flag=",
    };
    const args = flags.flatMap(({ name, argument }) =>
      argument === undefined ? [`--${name}`] : [`--${name}`, values[name] ?? "7"],
    );
    const inputs = inputsOf("host/app", commandOf(...args).flags, {
      verify: { keys: ["of.a.file"], annotations: { team: "a", of: "a file" } },
      "password-stdin": "p",
      "identity-token-file": "t",
      "passphrase-file": "secret",
      mirrors: [{ location: "of.a.file" }],
      registries: { host: { plainHttp: true } },
    });
    assert.deepEqual(inputs, {
      reference: "host/app",
      semver: "7",
      tagPrefix: "7",
      semverFilter: "7",
      prereleases: true,
      digest: "7",
      platform: "7",
      referrer: { artifactType: "7" },
      lockFile: "7",
      kind: "opentofu-provider",
      providerSource: "team/tool",
      mediaTypes: ["7"],
      titles: ["7"],
      layers: [7],
      extract: "never",
      stripComponents: 7,
      subPath: "7",
      include: ["7"],
      exclude: ["7"],
      allowOverwrite: true,
      allowNameClashes: true,
      allowEmpty: true,
      limits: { entries: 7 },
      onTagMove: "keep",
      destination: "out",
      onLocalChange: "keep",
      verify: {
        keys: ["of.a.file", "7"],
        identities: [
          {
            certificateIdentity: "7",
            certificateIdentityRegexp: "7",
            certificateOidcIssuer: "7",
            certificateOidcIssuerRegexp: "7",
          },
        ],
        trustedRoot: "7",
        tuf: { mirror: "7", root: "7" },
        ignoreTlog: true,
        ignoreSct: true,
        requireTimestamp: true,
        allowAttestations: true,
        annotations: { team: "a", of: "a flag=" },
      },
      plainHttp: true,
      skipTlsVerify: true,
      insecure: true,
      caCertificates: ["7"],
      clientCertificate: { certificate: "7", key: "7", passphrase: "secret" },
      credentials: { username: "7", password: "p", identityToken: "t" },
      proxy: "http://proxy.example:3128",
      timeouts: { connect: 7, stall: 7, total: 7 },
      mirrors: ["of.a.flag", { location: "of.a.file" }],
      fallback: false,
      registries: { host: { plainHttp: true } },
      registriesConf: "7",
      authFile: "7",
    });
    const login = { credentials: { username: "7", password: "p" } };
    assert.equal(checkInputs({ ...inputs, ...login }).ok, true);
    assert.deepEqual(inputsOf("host/app", commandOf().flags), {
      reference: "host/app",
      destination: "out",
    });
  });

  test("that need each other, or a number, say so", () => {
    for (const [args, problem] of [
      [["--cert-file", "a"], "--cert-file and --key-file go together"],
      [["--key-file", "a"], "--cert-file and --key-file go together"],
      [["--username", "a"], "--username and --password-stdin go together"],
      [["--timeout", "soon"], "--timeout takes a number"],
      [["--stall-timeout", ""], "--stall-timeout takes a number"],
      [["--layer", "0", "--layer", "one"], "--layer takes a number"],
      [
        ["--limit", "entries=5", "--limit", "entries"],
        "--limit takes NAME=VALUE, and as the value a number",
      ],
      [["--limit", "blobBytes=1GiB"], "--limit takes NAME=VALUE, and as the value a number"],
      [["--verify-key", "a", "--annotation", "env"], "--annotation takes NAME=VALUE"],
      [["--verify-key", "a", "--annotation", "=prod"], "--annotation takes NAME=VALUE"],
    ] as const) {
      const command = parseCommand(["pull", "host/app", "--output", "out", ...args]);
      assert.deepEqual(command, { kind: "wrong", problem });
    }
  });

  test("are named in hints in place of fields", () => {
    assert.equal(
      withFlags("cannot x\nhint: raise timeouts.total, or give clientCertificate"),
      "cannot x\nhint: raise --timeout, or give --cert-file and --key-file",
    );
    assert.equal(
      withFlags("cannot x\nhint: raise limits.entries; subPath counts before include"),
      "cannot x\nhint: raise --limit entries=…; --sub-path counts before include",
    );
  });
});

describe("oci-artifact pull", () => {
  test("--insecure pulls from a registry without TLS", async (t) => {
    const { run, reference, assertThere } = await world(t);
    assert.deepEqual(await run(reference, "--insecure"), { exitCode: 0, stderr: "" });
    assertThere();
  });

  test("--cert-file and --key-file open a registry that wants them", async (t) => {
    const { server, authority, client } = CERTIFICATES;
    const tls = { ...server, clientAuthority: authority.cert };
    const { run, reference, assertThere, folder } = await world(t, { tls });
    writeFileSync(join(folder, "ca.crt"), authority.cert);
    writeFileSync(join(folder, "client.crt"), client.cert);
    writeFileSync(join(folder, "client.key"), client.key);
    const wrong = await run(reference, "--ca-file", "ca.crt");
    assert.equal(wrong.exitCode, 1);
    assert.match(
      wrong.stderr,
      /asks for a client certificate\n.*\nhint: give --cert-file and --key-file\n$/,
    );
    const files = ["--cert-file", "client.crt", "--key-file", "client.key"];
    const right = await run(reference, "--ca-file", "ca.crt", ...files);
    assert.deepEqual(right, { exitCode: 0, stderr: "" });
    assertThere();
  });

  test("--proxy leads to a registry that nothing else leads to", async (t) => {
    const { run, registry, assertThere } = await world(t);
    const proxy = await startProxy(t, { ports: { "registry.test:80": registry.port } });
    const url = proxy.url.replace("//", "//me:geheim99@");
    const reference = "registry.test/team/manifests:1";
    const result = await run(reference, "--plain-http", "--proxy", url);
    assert.deepEqual(result, { exitCode: 0, stderr: "" });
    assertThere();
    const wrong = await run(reference, "--proxy", url, "--digest", `sha256:${"0".repeat(64)}`);
    assert.equal(wrong.exitCode, 1);
    assert.doesNotMatch(wrong.stderr, /geheim99/);
  });

  test("--timeout ends a pull, and is named", async (t) => {
    const { run, registry, reference } = await world(t);
    registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1 } });
    const { exitCode, stderr } = await run(reference, "--plain-http", "--timeout", "2");
    assert.equal(exitCode, 1);
    assert.match(stderr, /takes longer than the 2 seconds of --timeout\nhint: .* --timeout:/);
  });
});

describe("flags that name files", () => {
  const wrong = async (flags: FlagValues): Promise<string> => {
    try {
      await readSources(flags);
    } catch (error) {
      assert.ok(error instanceof OciError);
      return error.message;
    }
    return "";
  };

  test("take what the files hold, without the end of the line", async (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, "token"), "geheim 42\n");
    writeFileSync(join(folder, "registries.json"), '{"host": {"plainHttp": true}}');
    const read = await readSources({
      "identity-token-file": join(folder, "token"),
      registries: join(folder, "registries.json"),
      "ca-file": ["is left to the road"],
    });
    assert.deepEqual(read, {
      "identity-token-file": "geheim 42",
      registries: { host: { plainHttp: true } },
    });
  });

  test("say which flag it is that cannot be used, and show nothing of the file", async (context) => {
    const folder = folderFor(context);
    writeFileSync(join(folder, "registries.json"), '{"host": geheim}');
    const message = await wrong({ registries: join(folder, "registries.json") });
    assert.match(message, /^cannot use --registries: .*registries\.json is not JSON\nhint: /);
    assert.doesNotMatch(message, /geheim/);
    writeFileSync(join(folder, "null.json"), "null");
    const nothing = await wrong({ verify: join(folder, "null.json") });
    assert.match(nothing, /^cannot use --verify: .*null\.json says null, which is nothing\n/);
    const missing = await wrong({ "passphrase-file": "nowhere.txt" });
    assert.match(missing, /^cannot use --passphrase-file: nowhere\.txt cannot be read \(ENOENT\)/);
  });
});

test("--registries says how a registry is reached", async (context) => {
  const { assertThere, folder, reference, registry, run } = await world(context);
  const options = JSON.stringify({ [registry.host]: { plainHttp: true } });
  writeFileSync(join(folder, "registries.json"), options);
  const { exitCode, stderr } = await run(reference, "--registries", "registries.json");
  assert.equal(exitCode, 0, stderr);
  assertThere();
});
