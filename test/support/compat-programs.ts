/**
 * What a user writes, for the compatibility tests: a program with artifacts, as CommonJS or as an ES
 * module, and a unit test of it for each test runner. Texts only; nothing is run here.
 */

export type Format = "commonjs" | "module";

/** Name of a file of the program in each format: the same, as package.json tells them apart. */
export const MAIN_FILE = "index.js";

/** A program with two artifacts of the registry: some manifests, and a large one. */
export function programText(host: string, format: Format): string {
  const isModule = format === "module";
  const load = loaderOf(format);
  const exported = isModule
    ? (name: string, value: string) => `export const ${name} = ${value};`
    : (name: string, value: string) => `exports.${name} = ${value};`;
  return [
    load("pulumi", "@pulumi/pulumi"),
    load("{ OciArtifact }", "pulumi-oci-artifact"),
    `const from = (name) => ({ reference: "${host}/team/" + name + ":1", plainHttp: true });`,
    `const manifests = new OciArtifact("manifests", from("manifests"));`,
    `const large = new OciArtifact("large", from("large"));`,
    exported("digest", "manifests.digest"),
    exported("path", "manifests.path"),
    exported("contentDigest", "manifests.contentDigest"),
    exported("deployment", `manifests.file("deployment.yaml")`),
    exported("asset", `manifests.fileAsset("deployment.yaml")`),
    exported("isArtifact", "OciArtifact.isInstance(manifests)"),
    exported("isResource", "manifests instanceof pulumi.CustomResource"),
    exported("largePath", "large.path"),
    exported("runtime", `process.versions.bun ? "bun " + process.versions.bun : process.version`),
    "",
  ].join("\n");
}

/** Writes the line that loads a whole package, or, in braces, names of it. */
function loaderOf(format: Format): (names: string, from: string) => string {
  if (format === "commonjs") return (names, from) => `const ${names} = require("${from}");`;
  return (names, from) =>
    `import ${names.startsWith("{") ? names : `* as ${names}`} from "${from}";`;
}

export type Runner = "node" | "vitest" | "jest" | "bun";

/** Where `test` comes from; Jest has it as a global. */
const TEST_FROM: Readonly<Record<Exclude<Runner, "jest">, string>> = {
  node: "node:test",
  vitest: "vitest",
  bun: "bun:test",
};

function loadTest(runner: Runner, format: Format): string {
  return runner === "jest" ? "" : loaderOf(format)("{ test }", TEST_FROM[runner]);
}

/** A unit test of that program, under mocks, as the README shows it. */
export function mocksTestText(runner: Runner, format: Format): string {
  const isModule = format === "module";
  const load = loaderOf(format);
  return `
    ${loadTest(runner, format)}
    ${load("assert", "node:assert/strict")}
    ${load("pulumi", "@pulumi/pulumi")}

    const valueOf = (output) => new Promise((resolve) => output.apply(resolve));

    test("the program under mocks", async () => {
      const types = [];
      await pulumi.runtime.setMocks({
        newResource({ type, name, inputs }) {
          types.push(type);
          return { id: name + "-id", state: { ...inputs, digest: "sha256:mocked", path: "test/" + name } };
        },
        call: ({ inputs }) => inputs,
      });
      const program = ${isModule ? `await import("./${MAIN_FILE}")` : `require("./${MAIN_FILE}")`};
      assert.equal(await valueOf(program.digest), "sha256:mocked");
      assert.equal(await valueOf(program.path), "test/manifests");
      assert.equal(await valueOf(program.deployment), "test/manifests/deployment.yaml");
      const asset = await valueOf(program.asset);
      assert.ok(pulumi.asset.FileAsset.isInstance(asset));
      assert.equal(await asset.path, "test/manifests/deployment.yaml");
      assert.equal(await valueOf(program.contentDigest), undefined);
      assert.equal(program.isArtifact, true);
      assert.equal(program.isResource, true);
      assert.deepEqual(types, Array(2).fill("pulumi-nodejs:dynamic/oci-artifact:OciArtifact"));
    });
  `;
}

/** What each runner prints when exactly that one test has passed. */
export const PASSED: Readonly<Record<Runner, RegExp>> = {
  node: /^# pass 1\n# fail 0$/m,
  vitest: /Tests {2}1 passed \(1\)/,
  jest: /Tests: +1 passed, 1 total/,
  bun: /^ 1 pass\n 0 fail$/m,
};

/** A test that pulls for real, in the process of the runner: content of `length` bytes. */
export function pullTestText(runner: Runner, format: Format, host: string, length: number): string {
  const load = loaderOf(format);
  return `
    ${loadTest(runner, format)}
    ${load("assert", "node:assert/strict")}
    ${load("{ statSync }", "node:fs")}
    ${load("{ getOciArtifact }", "pulumi-oci-artifact")}

    const from = (name) => ({ reference: "${host}/team/" + name + ":1", plainHttp: true });

    test("a pull", async () => {
      const { absolutePath } = await getOciArtifact(from("large"));
      assert.equal(statSync(absolutePath + "/noise.bin").size, ${length});
      await assert.rejects(getOciArtifact(from("missing")), { code: "NOT_FOUND" });
    });
  `;
}
