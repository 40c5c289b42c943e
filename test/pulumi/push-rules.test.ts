/** The inputs of a push: what goes together and what does not, each failure with the input's name. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readPushInputs, validPushInputs } from "../../provider/pulumi/push/read-push-inputs";

const TARGET = { reference: "registry.example/team/app:1" };

function failuresOf(values: Readonly<Record<string, unknown>>): readonly string[] {
  const read = readPushInputs(values);
  return "failures" in read ? read.failures : [];
}

/** The names of the inputs that failed. */
function failed(values: Readonly<Record<string, unknown>>): readonly string[] {
  return failuresOf({ ...TARGET, ...values }).map(
    (failure) => /^cannot use input "(.*?)": /.exec(failure)?.[1] ?? failure,
  );
}

describe("inputs that hold together", () => {
  for (const values of [
    { source: "./content" },
    { source: "./content", kind: "opentofu-module", alsoArgocd: true, git: true, subject: "1" },
    { source: "./chart", kind: "helm-chart", include: ["**"], exclude: ["ci/**"], tags: ["1.2"] },
    { source: "a.wasm", artifactType: "application/wasm", layerType: "application/wasm" },
    { sources: [{ path: "a" }, { path: "b", title: "x/b", mediaType: "text/plain" }] },
    { platforms: { "linux/amd64": "a.zip" } },
    { platforms: { "linux/amd64": "a.zip" }, kind: "opentofu-provider" },
    { source: "oci://registry.example/other:1", platform: "linux/amd64" },
    { source: "oci-layout://./layout:1", tags: ["2"], git: false },
    { source: "x", subject: `sha256:${"a".repeat(64)}`, deleteOnDestroy: true },
    { source: "x", registries: { "registry.example": { plainHttp: true } }, onTagDrift: "keep" },
  ]) {
    test(JSON.stringify(values), () => {
      assert.deepEqual(failuresOf({ ...TARGET, ...values }), []);
    });
  }
});

describe("inputs that do not", () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, readonly string[]])[] = [
    [{}, ["source"]],
    [
      { source: "a", sources: [{ path: "b" }], platforms: { "a/b": "c" } },
      ["sources", "platforms"],
    ],
    [{ sources: [] }, ["sources"]],
    [{ sources: [{ title: "x" }] }, ["sources[0]"]],
    [{ sources: [{ path: "x", mediaType: "none" }] }, ["sources[0].mediaType"]],
    [{ sources: [{ path: "x" }], include: ["*"] }, ["include"]],
    [{ sources: [{ path: "x" }], kind: "flux" }, ["sources"]],
    [{ sources: [{ path: "x" }], layerType: "a/b" }, ["layerType"]],
    [{ platforms: {} }, ["platforms"]],
    [{ platforms: { linux: "a.zip" } }, ['platforms["linux"]']],
    [{ platforms: { "linux/amd64": "a.zip" }, kind: "flux" }, ["platforms"]],
    [{ source: "a", kind: "opentofu-provider" }, ["kind"]],
    [{ source: "a", kind: "chart" }, ["kind"]],
    [{ source: "a", alsoArgocd: true }, ["alsoArgocd"]],
    [{ source: "a", kind: "flux", artifactType: "a/b" }, ["artifactType"]],
    [{ source: "a", artifactType: "wasm" }, ["artifactType"]],
    [{ source: "a", platform: "linux/amd64" }, ["platform"]],
    [{ source: "oci://r.example/a", platform: "linux" }, ["platform"]],
    [
      { source: "oci://r.example/a", kind: "files", git: true, exclude: ["x"] },
      ["kind", "git", "exclude"],
    ],
    [{ source: "a", tags: ["a b", "v1"] }, ["tags[0]"]],
    [{ source: "a", subject: "sha256:00" }, ["subject"]],
    [{ source: "a", subject: "a b" }, ["subject"]],
    [{ source: "a", exclude: ["/x"] }, ["exclude[0]"]],
    [{ source: "a", files: ["x"] }, ["files"]],
    [{ source: "a", mirrors: ["m.example"] }, ["mirrors"]],
    [{ source: "a", reference: "oci-layout://x" }, ["reference"]],
    [{ source: "a", reference: "oci://r.example/a//b" }, ["reference"]],
    [{ source: "a", reference: `r.example/a@sha256:${"a".repeat(64)}` }, ["reference"]],
    [{ source: "a", reference: undefined }, ["reference"]],
  ];
  for (const [values, names] of cases) {
    test(JSON.stringify(values), () => {
      assert.deepEqual(failed(values), names);
    });
  }

  test("are told all at once, without values", () => {
    const given = { source: "a", tags: ["a b"], credentials: { username: "u", password: 7 } };
    assert.throws(
      () => validPushInputs(given),
      (error: Error) => {
        assert.match(error.message, /^cannot push the artifact: 3 inputs are wrong\n/);
        assert.match(error.message, /"reference": it is missing/);
        assert.match(error.message, /"credentials.password": it must be a string/);
        return true;
      },
    );
  });

  test("a reference that is none says why", () => {
    const [failure = ""] = failuresOf({ source: "a", reference: "Registry.example/UPPER" });
    assert.match(failure, /upper-case/);
  });
});
