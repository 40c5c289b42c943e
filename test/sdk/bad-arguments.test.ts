/** Arguments that only a program in JavaScript can get wrong. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact, type OciArtifactArgs } from "../../sdk";

describe("arguments of the class", () => {
  test("the name of an output is refused, and not silently dropped", async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ inputs, name }) => ({ id: name, state: inputs as object }),
      call: ({ inputs }) => inputs as object,
    });
    for (const [name, hint] of [
      ["tag", /hint: write the tag into the reference/],
      ["path", /hint: remove it/],
      ["files", /hint: remove it/],
    ] as const) {
      const args = { reference: "host.example/app", [name]: "x" } as OciArtifactArgs;
      assert.throws(
        () => new OciArtifact("artifact", args),
        (error: unknown) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, new RegExp(`^cannot use input "${name}": it is an output`));
          assert.match(error.message, hint);
          return true;
        },
      );
    }
    const digest = `sha256:${"a".repeat(64)}`;
    assert.ok(new OciArtifact("pinned", { reference: "host.example/app", digest }));
  });

  test("none at all are left to check, which names what is missing", () => {
    assert.ok(new OciArtifact("none", undefined as never));
  });
});
