/** Resource options that an artifact cannot serve are refused before anything is registered. */
import * as assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact } from "../../sdk";
import { knownValue } from "../../sdk/outputs";

const ARGS = { reference: "registry.invalid/team/app:1" };

let registered: Readonly<Record<string, unknown>>[] = [];

beforeEach(async () => {
  registered = [];
  await pulumi.runtime.setMocks({
    newResource({ inputs, name }) {
      registered.push(inputs as Readonly<Record<string, unknown>>);
      return { id: name, state: inputs as object };
    },
    call: ({ inputs }) => inputs as object,
  });
});

/** The hidden input of an artifact with these options. */
async function runOptionsWith(options: pulumi.CustomResourceOptions): Promise<object> {
  await knownValue(new OciArtifact("app", ARGS, options).urn);
  return registered.at(-1)?.["__run"] as object;
}

describe("refused", () => {
  const refused: readonly [pulumi.CustomResourceOptions, RegExp][] = [
    [{ import: "app" }, /^cannot use option "import": .+\nhint: leave the option out: .+$/],
    [{ id: "app" }, /^cannot use option "id": .+\nhint: .*getOciArtifact/],
    [
      { customTimeouts: { create: "1m" } },
      /^cannot use option "customTimeouts": .+\nhint: use the input timeouts: \{ total: 600 \}/,
    ],
    [
      { replaceOnChanges: ["digest"] },
      /^cannot use option "replaceOnChanges": .+\nhint: set the option on the resources that use/,
    ],
  ];
  for (const [options, message] of refused) {
    const [name = ""] = Object.keys(options);
    test(name, () => {
      assert.throws(
        () => new OciArtifact("app", ARGS, options),
        (error: unknown) => {
          assert.ok(pulumi.RunError.isInstance(error), "Pulumi shows it without frames");
          assert.match(error.message, message);
          assert.equal((error as { readonly code?: unknown }).code, "INVALID_INPUT");
          return true;
        },
      );
      assert.deepEqual(registered, []);
    });
  }
});

describe("left open", () => {
  test("options without a value are no options", async () => {
    const open: object = { import: undefined, replaceOnChanges: [] };
    assert.deepEqual(Object.keys(await runOptionsWith(open)).sort(), [
      "dependsOn",
      "directory",
      "preview",
      "urn",
    ]);
  });

  test("an empty dependsOn waits for nothing, and one that is an output may wait", async () => {
    const dependsOn = async (value: pulumi.CustomResourceOptions["dependsOn"]) =>
      (await runOptionsWith({ dependsOn: value as never })) as { readonly dependsOn: boolean };
    assert.equal((await dependsOn([])).dependsOn, false);
    assert.equal((await dependsOn(undefined)).dependsOn, false);
    assert.equal((await dependsOn(pulumi.output([]))).dependsOn, true);
    assert.equal((await dependsOn([new OciArtifact("other", ARGS)])).dependsOn, true);
  });
});
