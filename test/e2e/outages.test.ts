/**
 * Cached means offline: where the registry is out of reach or out of order, what the cache holds
 * under the recorded digest goes on, with a warning on the row. Anything else is an error.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createCertificates } from "../support/certificates";
import { createProject, type Operation, type Project } from "../support/engine";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../support/manifests";
import { startRegistry, type TestRegistry } from "../support/registry";

/** Each kind of outage, by the resource that meets it. */
const OUTAGES: Readonly<Record<string, RegExp>> = {
  refused: /the registry refuses connections/,
  silent: /the registry could not be connected to in time/,
  broken: /the registry is out of order\n.*answered 503/,
  busy: /the registry refuses so many requests\n.*answered 429/,
};

/** Of one request that is answered 503 or 429. */
const TRIES = 5;

/** Accepts connections and says nothing: no TLS handshake ever ends. */
interface SilentHost {
  stop(): Promise<void>;
}

async function silentHost(port: number): Promise<SilentHost> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined).resume());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe("an outage", () => {
  const certificates = createCertificates();
  let refused: TestRegistry;
  let silent: TestRegistry;
  let faulty: TestRegistry;
  let impostor: SilentHost | undefined;
  let project: Project;

  /** A row for each outage, and one that is pinned: nobody need be asked for that. */
  function source(digest: string): string {
    const certificate = JSON.stringify(certificates.authority.cert);
    return `
      const pulumi = require("@pulumi/pulumi");
      const { OciArtifact } = require("pulumi-oci-artifact");
      const config = new pulumi.Config();
      const timeouts = { connect: config.getNumber("connect") ?? 60 };
      function artifact(name, reference, args) {
        const { path } = new OciArtifact(name, { reference, ...args });
        const content = path.apply((folder) => new pulumi.asset.FileArchive(folder));
        new pulumi.ComponentResource("example:index:Bundle", name + "-bundle", { content });
        exports[name] = path;
      }
      const plain = { plainHttp: true };
      const tag = config.get("tag") ?? "1";
      artifact("refused", "${refused.host}/${REPOSITORY_NAME}:" + tag, plain);
      artifact("pinned", "${refused.host}/${REPOSITORY_NAME}@${digest}", plain);
      artifact("silent", "${silent.host}/team/silent:1", { caCertificates: [${certificate}], timeouts });
      artifact("broken", "${faulty.host}/team/broken:1", plain);
      artifact("busy", "${faulty.host}/team/busy:1", plain);
    `;
  }

  before(async () => {
    refused = await startRegistry();
    silent = await startRegistry({ tls: certificates.server });
    faulty = await startRegistry();
    // Content of its own: what has the same digest in another registry serves, too.
    const { digest } = publishFiles(refused, SECOND);
    publishFiles(refused, { ...SECOND, "more.yaml": "" }, "2");
    publishFiles(silent, FIRST, "1", "team/silent");
    publishFiles(faulty, FIRST, "1", "team/broken");
    publishFiles(faulty, FIRST, "1", "team/busy");
    project = await createProject({ program: source(digest) });
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
    await refused.stop();
    await silent.stop();
    impostor = await silentHost(silent.port);
    faulty.fault({ repository: "team/broken", then: { kind: "status", status: 503 } });
    faulty.fault({ repository: "team/busy", then: { kind: "status", status: 429 } });
    await project.setConfig("connect", "0.5");
  });
  after(async () => {
    await impostor?.stop();
    await project.dispose();
    for (const registry of [refused, silent, faulty]) await registry.close();
  });

  /** One warning on each row that meets one, with its reason; and nothing differs. */
  function assertGoesOn(operation: Operation): void {
    assert.equal(operation.exitCode, 0, operation.text);
    const warnings = operation.diagnostics.filter(({ severity }) => severity === "warning");
    const rows = warnings.map(({ urn }) => urn.replace(/^.*::/, ""));
    assert.deepEqual(rows.sort(), Object.keys(OUTAGES).sort(), operation.text);
    for (const { urn, message } of warnings) {
      const reason = OUTAGES[urn.replace(/^.*::/, "")] ?? /^never$/;
      assert.match(
        message,
        /^the registry cannot be asked whether 1 has moved; going on with sha256:/m,
      );
      assert.match(message, reason);
    }
  }

  async function errorsOf(operation: Operation): Promise<readonly string[]> {
    assert.notEqual(operation.exitCode, 0, operation.text);
    assert.doesNotMatch(operation.text, /\n\s+at .*\(/, "no stack");
    for (const name of [...Object.keys(OUTAGES), "pinned"]) {
      const path = String((await project.stackOutputs())[name]);
      assert.ok(existsSync(join(project.directory, path, "deployment.yaml")), name);
    }
    return operation.diagnostics
      .filter(({ severity, urn }) => severity === "error" && urn.includes(":OciArtifact::"))
      .map(({ urn, message }) => `${urn.replace(/^.*::/, "")}: ${message}`);
  }

  test("of any kind is a warning in a preview and in an up, and no diff", async () => {
    for (const operate of [
      () => project.preview({ args: ["--expect-no-changes"] }),
      () => project.up({ args: ["--skip-preview", "--expect-no-changes"] }),
    ]) {
      faulty.clearRequests();
      assertGoesOn(await operate());
      for (const [repository, method] of [
        ["team/broken", "GET"],
        ["team/busy", "HEAD"],
      ] as const) {
        assert.equal(faulty.count({ repository, method }), TRIES, "those of the program alone");
      }
    }
  });

  test("is none to a refresh", async () => {
    faulty.clearRequests();
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    assert.doesNotMatch(refreshed.text, /warning|error/);
    assert.equal(faulty.count(), 0);
  });

  test("a certificate that has expired is no outage", async () => {
    await impostor?.stop();
    impostor = undefined;
    faulty.clearFaults();
    await refused.start();
    await project.setConfig("connect", "60");
    const expired = await startRegistry({ tls: certificates.expired, port: silent.port });
    try {
      const [error = "", ...more] = await errorsOf(await project.preview());
      assert.match(error, /^silent: .*the registry shows a certificate that has expired/);
      assert.deepEqual(more, []);
    } finally {
      await expired.close();
      await silent.start();
    }
  });

  test("between preview and update: what was shown is applied from the cache", async () => {
    const { digest } = publishFiles(refused, { ...SECOND, "moved.yaml": "" });
    const up = await project.up({
      async onEvent({ summaryEvent }) {
        if (summaryEvent?.isPreview === true) await refused.stop();
      },
    });
    await refused.start();
    assert.equal(up.exitCode, 0, up.text);
    assert.equal(up.step("refused").operation, "update");
    assert.equal(up.step("refused").outputs["digest"], digest);
    assert.deepEqual(
      up.diagnostics.filter(({ severity }) => severity === "warning"),
      [],
    );
  });

  test("leaves another reference an error, though the cache has its content", async () => {
    await project.setConfig("tag", "2");
    const preview = await project.preview();
    assert.equal(preview.exitCode, 0, preview.text);
    await refused.stop();
    const [error = "", ...more] = await errorsOf(await project.preview());
    assert.match(error, /^refused: .*team\/manifests:2: the registry refuses connections/);
    assert.match(error, /hint: /);
    assert.deepEqual(more, []);
  });

  test("leaves what the cache has lost an error", async () => {
    await project.setConfig("tag", "1");
    await rm(project.cache, { recursive: true });
    const [error = ""] = await errorsOf(await project.up());
    assert.match(
      error,
      /^(refused|pinned): .*team\/manifests[:@].*: the registry refuses connections/,
    );
  });

  test("is none to a destroy", async () => {
    await faulty.stop();
    await silent.stop();
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.doesNotMatch(destroyed.text, /warning|error/);
    assert.equal(destroyed.step("refused").operation, "delete");
  });
});
