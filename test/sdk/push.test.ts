/** The class that publishes, under mocks: nothing dials, nothing is packed, and secrets are secret. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { PUSH_ROWS } from "../../provider/pulumi/push/push-inputs";
import { PUSH_OUTPUTS } from "../../provider/pulumi/push/push-outputs";
import { PUSH_STUB, PUSH_TYPE } from "../../provider/pulumi/stub";
import { OciArtifact, OciArtifactPush, type OciArtifactPushArgs } from "../../sdk/index";
import { knownValue } from "../../sdk/outputs";

interface Registered {
  readonly type: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

let registered: Registered[] = [];

/** Mocks that answer with the inputs and `state`. */
async function mock(state: Readonly<Record<string, unknown>> = {}): Promise<void> {
  registered = [];
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      registered.push({ type, inputs: inputs as Registered["inputs"] });
      return { id: `${name}-id`, state: { ...(inputs as object), ...state } };
    },
    call: ({ inputs }) => inputs as Record<string, unknown>,
  });
}

const ARGS: OciArtifactPushArgs = {
  source: "./nowhere",
  reference: "registry.invalid/team/app:1",
};

describe("under mocks", () => {
  test("the outputs are what the mock says, and nobody is asked", async () => {
    await mock({ digest: "sha256:d", tagged: { "1": "sha256:d" } });
    const push = new OciArtifactPush("app", ARGS);
    assert.equal(await knownValue(push.digest), "sha256:d");
    assert.deepEqual(await knownValue(push.tagged), { "1": "sha256:d" });
    const [{ type, inputs } = assert.fail()] = registered;
    assert.equal(type, PUSH_TYPE);
    assert.equal(inputs["__provider"], PUSH_STUB);
    assert.deepEqual(inputs["__run"], {
      preview: false,
      urn: await knownValue(push.urn),
      directory: process.cwd(),
      dependsOn: false,
    });
  });

  test("what it waits for is told", async () => {
    await mock();
    const first = new OciArtifactPush("first", ARGS);
    const second = new OciArtifactPush("second", ARGS, { dependsOn: first });
    await knownValue(second.urn);
    const run = registered.at(-1)?.inputs["__run"] as { dependsOn: boolean };
    assert.equal(run.dependsOn, true);
  });

  test("what may hold a login is secret", async () => {
    await mock();
    const credentials = { username: "u", password: "hunter2-x" };
    const registries = { "registry.invalid": { credentials } };
    const push = new OciArtifactPush("app", { ...ARGS, credentials, registries, proxy: "none" });
    await knownValue(push.urn);
    const all = push as unknown as Readonly<Record<string, pulumi.Output<unknown>>>;
    for (const name of ["credentials", "registries", "proxy"]) {
      assert.equal(await pulumi.isSecret(all[name] ?? assert.fail(name)), true, name);
    }
  });

  test("is told from one that pulls", async () => {
    await mock();
    const push = new OciArtifactPush("app", ARGS);
    assert.equal(OciArtifactPush.isInstance(push), true);
    assert.equal(OciArtifact.isInstance(push), false);
    assert.equal(OciArtifactPush.isInstance({}), false);
  });
});

describe("arguments and options that can do nothing", () => {
  for (const [name, hint] of [
    ["digest", /oci:\/\//],
    ["files", /sources/],
    ["mediaType", /layerType/],
    ["owned", /remove it/],
  ] as const) {
    test(`${name} is an output`, async () => {
      await mock();
      const given = { ...ARGS, [name]: "x" };
      assert.throws(
        () => new OciArtifactPush("app", given),
        (error: Error & { code?: string }) =>
          error.code === "INVALID_INPUT" && hint.test(error.message),
      );
    });
  }

  for (const options of [{ import: "x" }, { id: "x" }, { replaceOnChanges: ["digest"] }]) {
    test(`the option ${Object.keys(options).join()} is refused in words of a push`, async () => {
      await mock();
      assert.throws(
        () => new OciArtifactPush("app", ARGS, options),
        /^Error: cannot use option .*push/s,
      );
    });
  }
});

test("each output of the table is one of the class, and no input by another meaning", async () => {
  await mock();
  const push = new OciArtifactPush("app", ARGS);
  for (const name of Object.keys(PUSH_OUTPUTS)) assert.ok(name in push, name);
  const both = Object.keys(PUSH_OUTPUTS).filter((name) => PUSH_ROWS.has(name));
  assert.deepEqual(both, ["artifactType"]);
});
