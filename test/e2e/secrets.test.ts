/**
 * Credentials stay home: given as plain strings, secrets or configuration, they are in no state, no
 * event, no log and no output, and rotating them is no diff.
 */
import * as assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, plainArgs, program, publishFiles, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

const USER = "robot$deployer";
const PASSWORD = "correct-horse-7421";
const NEXT = "other-horse-6650";
const WRONG = "incorrect-mule-9933";

/** Everything that the command showed, logged or wrote down. */
async function traces(project: Project, operation: Operation): Promise<string> {
  const files = await readdir(project.directory, { recursive: true, withFileTypes: true });
  const cached = await readdir(project.cache, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    [...files, ...cached]
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .filter(({ name }) => !/^(index\.js|Pulumi\..*yaml)$/.test(name))
      .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1")),
  );
  const { resources = [] } = (await project.exportState()).deployment;
  const written = JSON.stringify([operation.events, resources], withoutConfiguration);
  return [operation.text, written, ...texts].join("\n");
}

/** The engine lists the configuration, and keeps it in the state of its own provider: all but secrets in plain. */
function withoutConfiguration(key: string, value: unknown): unknown {
  if (key === "preludeEvent") return undefined;
  const { type } = (value ?? {}) as { readonly type?: unknown };
  return type === "pulumi:providers:pulumi-nodejs" ? undefined : value;
}

describe("credentials", () => {
  let registry: TestRegistry;
  let project: Project;
  const withLogin = (password: string): string =>
    program(plainArgs(registry, `credentials: { username: "${USER}", password: ${password} }`));

  before(async () => {
    registry = await startRegistry({
      auth: { kind: "token", username: USER, password: PASSWORD },
    });
    publishFiles(registry, FIRST);
    project = await createProject({ program: withLogin(JSON.stringify(PASSWORD)) });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("given as plain strings leave no trace", async () => {
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    const all = await traces(project, up);
    assert.ok(!all.includes(PASSWORD), "the password");
    assert.ok(!all.includes(Buffer.from(`${USER}:${PASSWORD}`).toString("base64")), "encoded");
    assert.ok(!all.includes(USER), "not even the user's name");
    assert.ok(registry.count({ kind: "token" }) > 0, "and were used");
  });

  test("that rotate are no diff, also as a secret of the configuration", async () => {
    await project.setConfig("password", PASSWORD, "secret");
    await project.writeProgram(withLogin(`new pulumi.Config().requireSecret("password")`));
    const up = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(up.exitCode, 0, up.text);
    const { resources = [] } = (await project.exportState()).deployment;
    const artifact = resources.find(({ type }) => type.endsWith(":OciArtifact"));
    assert.ok(artifact);
    assert.ok(!JSON.stringify(artifact).includes("ciphertext"), "and no output became secret");
  });

  test("that are wrong fail with where they came from, and without their value", async () => {
    publishFiles(registry, SECOND);
    await project.writeProgram(withLogin(JSON.stringify(WRONG)));
    const preview = await project.preview({ diff: true });
    assert.notEqual(preview.exitCode, 0);
    assert.match(preview.text, /cannot read the manifest of .*team\/manifests:1: /);
    assert.match(preview.text, /input "credentials"/);
    assert.match(preview.text, /hint: /);
    const all = await traces(project, preview);
    assert.ok(!all.includes(WRONG), "the wrong password is a secret, too");
    assert.doesNotMatch(preview.text, /\n\s+at .*\(/, "no stack");
    registry.clearRequests();
    const refreshed = await project.refresh({ args: ["--expect-no-changes"] });
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.equal(registry.count(), 0, "a refresh needs none");
  });

  test("of Docker's config file are found", async () => {
    await mkdir(project.dockerConfig, { recursive: true });
    const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
    await writeFile(
      join(project.dockerConfig, "config.json"),
      JSON.stringify({ auths: { [registry.host]: { auth } } }),
    );
    await project.writeProgram(program(plainArgs(registry)));
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const all = await traces(project, up);
    assert.ok(!all.includes(PASSWORD) && !all.includes(auth));
  });
});

/** In the address of a proxy, which is never asked about this machine. */
const PROXY_PASSWORD = "lame-donkey-3387";
const WAYS = ["plain", "secret", "whole", "promise", "config", "configSecret", "output"] as const;

/** An artifact for each way to give a password, and the function; all get the same one. */
function everyWay({ host }: TestRegistry, password: string): string {
  return `
    const pulumi = require("@pulumi/pulumi");
    const { getOciArtifactOutput, OciArtifact } = require("pulumi-oci-artifact");
    class Login extends pulumi.dynamic.Resource {
      constructor(name, args) {
        const outsOf = ({ given }) => ({ given, password: given });
        const create = async (inputs) => ({ id: name, outs: outsOf(inputs) });
        const update = async (_id, _olds, inputs) => ({ outs: outsOf(inputs) });
        super({ create, update }, name, { ...args, password: undefined },
          { additionalSecretOutputs: ["password"] });
      }
    }
    const config = new pulumi.Config();
    const given = config.requireSecret("configSecret");
    const plain = ${JSON.stringify(password)};
    const ways = {
      plain,
      secret: pulumi.secret(plain),
      promise: Promise.resolve(plain),
      config: config.require("config"),
      configSecret: given,
      output: new Login("login", { given }).password,
    };
    const reference = "${host}/team/manifests:1";
    const proxy = "http://robot:${PROXY_PASSWORD}@proxy.example:3128";
    const argsOf = (password) =>
      ({ reference, plainHttp: true, proxy, credentials: { username: "${USER}", password } });
    for (const [name, password] of Object.entries(ways)) new OciArtifact(name, argsOf(password));
    const whole = argsOf(plain);
    new OciArtifact("whole", { ...whole, credentials: pulumi.secret(whole.credentials) });
    exports.plain = getOciArtifactOutput(argsOf(plain)).digest;
    exports.secret = getOciArtifactOutput(argsOf(given)).digest;`;
}

describe("a password in every way that there is", () => {
  let registry: TestRegistry;
  let project: Project;

  /** A registry with this password alone, at the address of the one before, if any. */
  async function serve(password: string, port = 0): Promise<void> {
    registry = await startRegistry({ port, auth: { kind: "token", username: USER, password } });
    publishFiles(registry, FIRST);
    await project.setConfig("config", password);
    await project.setConfig("configSecret", password, "secret");
    await project.writeProgram(everyWay(registry, password));
  }

  async function assertNoTrace(operation: Operation): Promise<void> {
    const all = await traces(project, operation);
    for (const word of [PASSWORD, NEXT, PROXY_PASSWORD, USER]) {
      assert.ok(!all.includes(word), word);
      assert.ok(
        !all.includes(Buffer.from(word).toString("base64").slice(0, -4)),
        `${word} encoded`,
      );
    }
  }

  before(async () => {
    project = await createProject({ program: "" });
    await serve(PASSWORD);
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("leaves no trace, and makes no output secret", async () => {
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    await assertNoTrace(up);
    const { resources = [] } = (await project.exportState()).deployment;
    for (const way of WAYS) {
      const found = resources.find(({ urn }) => urn.endsWith(`OciArtifact::${way}`));
      assert.ok(found !== undefined && !JSON.stringify(found).includes("ciphertext"), way);
      assert.equal("credentials" in (found.inputs ?? {}), false);
    }
  });

  test("makes what a function gives secret where it was secret, as Pulumi has it", async () => {
    const { resources = [] } = (await project.exportState()).deployment;
    const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    assert.match(String(stack?.outputs?.["plain"]), /^sha256:/);
    assert.match(JSON.stringify(stack?.outputs?.["secret"]), /"ciphertext":/);
  });

  test("is rotated without a diff, and the new one is used", async () => {
    await registry.close();
    await serve(NEXT, registry.port);
    const up = await project.up({ diff: true });
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("login").operation, "update");
    for (const way of WAYS) assert.equal(up.step(way).operation, "same", way);
    await assertNoTrace(up);
    const tokens = registry.matching({ kind: "token" });
    assert.ok(tokens.length > 0 && tokens.every(({ status }) => status === 200));
  });

  test("costs one token a phase, though all of them ask", async () => {
    registry.clearRequests();
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
    assert.equal(registry.count({ kind: "token" }), 2);
    assert.equal(registry.count({ kind: "blob" }), 0);
  });
});
