/** What a resource costs the program that makes it: stacks that nobody reads; and those that somebody does. */
import * as assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { OciArtifact, OciArtifactPush } from "../../sdk/index";
import { shortenStacks } from "../../sdk/short-stacks";

const MAKERS = {
  OciArtifact: (name: string, options?: pulumi.CustomResourceOptions) =>
    new OciArtifact(name, { reference: "registry.invalid/team/app:1" }, options),
  OciArtifactPush: (name: string, options?: pulumi.CustomResourceOptions) =>
    new OciArtifactPush(name, { reference: "registry.invalid/team/app:1", source: "." }, options),
};

beforeEach(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: ({ inputs }) => inputs as Record<string, unknown>,
  });
});

/** The frames of each stack that was written meanwhile. */
function stacksOf(work: () => void): readonly number[] {
  const lengths: number[] = [];
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  Error.prepareStackTrace = (_, frames) => {
    lengths.push(frames.length);
    return "";
  };
  try {
    work();
  } finally {
    Object.defineProperty(Error, "prepareStackTrace", before ?? { value: undefined });
  }
  return lengths;
}

for (const [type, make] of Object.entries(MAKERS)) {
  describe(`a new ${type}`, () => {
    test("has no long stack written for each promise of each output", () => {
      const long = stacksOf(() => make("app")).filter((length) => length > 1);
      // Where the program declares it, for the engine; the rest is of the inputs.
      assert.ok(long.length <= 8, `${long.length} long stacks`);
    });

    test("leaves the limit of stacks as it was", () => {
      const before = Error.stackTraceLimit;
      make("app");
      assert.throws(() => make(""));
      assert.equal(Error.stackTraceLimit, before);
    });

    test("fails with the line of the program in the stack", () => {
      assert.throws(() => make(""), isFromHere);
    });

    test("fails with the line of a transformation in the stack, and that of the program", () => {
      const transformations = [
        function faulty(): undefined {
          throw new Error("refused");
        },
      ];
      assert.throws(
        () => make("app", { transformations }),
        (error) =>
          isFromHere(error) && /^ +at (Array\.)?faulty .*short-stacks/m.test(error.stack ?? ""),
      );
    });
  });
}

test("where built-in things are frozen, stacks stay long, and nothing is thrown", () => {
  const before = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
  // As under --frozen-intrinsics, but for one property.
  Object.defineProperty(Error, "stackTraceLimit", { writable: false });
  try {
    const stacks = shortenStacks();
    assert.equal(Error.stackTraceLimit, before?.value);
    stacks.restore();
  } finally {
    Object.defineProperty(Error, "stackTraceLimit", before ?? {});
  }
});

test("what is thrown and is no error stays as it is", () => {
  const stacks = shortenStacks();
  assert.equal(stacks.whole("text"), "text");
  stacks.restore();
});

function isFromHere(error: unknown): error is Error {
  assert.ok(error instanceof Error);
  assert.match(error.stack ?? "", /^ +at .*short-stacks\.test/m);
  return true;
}
