/**
 * A registry that refuses is no outage: a preview and an up fail, cached or not, and name the cause
 * on the row. What is here stays as it is, and refresh and destroy ask nobody.
 */
import * as assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles } from "../support/manifests";
import { startRegistry, type FaultPlan, type TestRegistry } from "../support/registry";

const LOGIN = { username: "robot", password: "correct-horse-7421" } as const;

/** What the registry does, and what the row says. */
interface Refusal {
  readonly faults: readonly FaultPlan[];
  readonly words: RegExp;
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  "credentials that have expired": {
    faults: [{ kind: "token", then: { kind: "status", status: 401 } }],
    words: /the token service refuses the credentials\n[^]*input "credentials"[^]*\nhint: /,
  },
  "an account that may not (403)": {
    faults: [{ kind: "manifest", then: { kind: "status", status: 403 } }],
    words: /the registry denies access\n[^]*\nhint: /,
  },
  "a tag that is gone (404)": {
    faults: [{ kind: "manifest", then: { kind: "status", status: 404 } }],
    words: /the registry does not have it\n[^]*\nhint: check the name and the tag/,
  },
  "a manifest that is not what its digest says": {
    faults: [
      {
        kind: "manifest",
        method: "HEAD",
        then: { kind: "digestHeader", value: `sha256:${"0".repeat(64)}` },
      },
      {
        kind: "manifest",
        method: "GET",
        then: { kind: "body", bytes: (body) => Buffer.concat([body, Buffer.from("\n")]) },
      },
    ],
    words: /the registry sends other bytes than it should\n[^]*\nhint: /,
  },
};

describe("what is cached is no reason to overlook", () => {
  let registry: TestRegistry;
  let project: Project;

  const source = (password: string): string => `
    const { OciArtifact } = require("pulumi-oci-artifact");
    const { path } = new OciArtifact("manifests", {
      reference: "${registry.host}/team/manifests:1", plainHttp: true,
      credentials: { username: "${LOGIN.username}", password: "${password}" },
    });
    exports.path = path;
  `;

  before(async () => {
    registry = await startRegistry({ auth: { kind: "token", ...LOGIN } });
    publishFiles(registry, FIRST);
    project = await createProject({ program: source(LOGIN.password) });
    const up = await project.up({ args: ["--skip-preview"] });
    assert.equal(up.exitCode, 0, up.text);
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  async function assertRefused(command: "preview" | "up", words: RegExp): Promise<void> {
    const state = await project.exportState();
    const operation = await project[command]();
    assert.notEqual(operation.exitCode, 0, operation.text);
    const errors = operation.diagnostics.filter(
      ({ severity, urn }) => severity === "error" && urn.endsWith("::manifests"),
    );
    assert.equal(errors.length, 1, operation.text);
    assert.match(errors[0]?.message ?? "", words);
    assert.doesNotMatch(operation.text, /going on with|\n\s+at .*\(/);
    assert.deepEqual(await project.exportState(), state);
    const file = join(
      project.directory,
      String((await project.stackOutputs())["path"]),
      "service.yaml",
    );
    assert.equal(await readFile(file, "utf8"), FIRST["service.yaml"]);
  }

  for (const [name, { faults, words }] of Object.entries(REFUSALS)) {
    test(`${name}, in a preview`, async () => {
      for (const fault of faults) registry.fault(fault);
      try {
        await assertRefused("preview", words);
      } finally {
        registry.clearFaults();
      }
    });
  }

  test("credentials that are wrong, in an up", async () => {
    await project.writeProgram(source("incorrect-mule-9933"));
    await assertRefused("up", /the token service refuses the credentials\n/);
  });

  test("where the engine checks nothing, content that cannot be restored is a warning", async () => {
    await rm(join(project.directory, ".oci-artifacts"), { recursive: true });
    await rm(project.cache, { recursive: true });
    const up = await project.up({ args: ["--target", "**::example-dev"] });
    assert.equal(up.exitCode, 0, up.text);
    const warnings = up.diagnostics.filter(({ severity }) => severity === "warning");
    assert.ok(warnings.length > 0, up.text);
    for (const { urn, message } of warnings) {
      assert.match(urn, /::manifests$/);
      assert.match(message, /@sha256:\w+: the token service refuses the credentials\n/);
    }
  });

  test("and neither a refresh nor a destroy asks for them", async () => {
    registry.clearRequests();
    const refreshed = await project.refresh();
    assert.equal(refreshed.exitCode, 0, refreshed.text);
    const destroyed = await project.destroy();
    assert.equal(destroyed.exitCode, 0, destroyed.text);
    assert.equal(destroyed.step("manifests").operation, "delete");
    assert.equal(registry.count(), 0);
  });
});
