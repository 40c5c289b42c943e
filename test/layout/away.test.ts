/**
 * A layout that is not there is like a registry that cannot be reached: what is in the cache goes on,
 * with a warning, and what is not is an error that names the path.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { layoutEndpoint } from "../../provider/layout/endpoint";
import { accessError, placeOf } from "../../provider/layout/problems";
import { parseReference } from "../../provider/reference/parse";
import { lifecycleWorld, type HostProcess } from "../pulumi/lifecycle-world";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";

async function world(t: TestContext) {
  const made = await lifecycleWorld(t);
  const layout = layoutIn(join(made.project, "bundle"));
  const artifact = layout.put(artifactOf(), { [REF_NAME]: "1" });
  return { ...made, layout, artifact };
}

const INPUTS = { reference: "oci-layout://bundle:1" };

async function errorOf(host: HostProcess, inputs: object, olds: object = {}): Promise<OciError> {
  const error: unknown = await host.check({ ...inputs }, {}, { ...olds }).then(
    ({ failures }) => new Error(failures.join("\n")),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, String(error));
  return error;
}

test("the state holds the reference as written, and a digest that names no machine", async (t) => {
  const { host, artifact } = await world(t);
  const { inputs } = await host().check(INPUTS);
  assert.equal(inputs["reference"], INPUTS.reference);
  assert.equal(inputs["pinned"], `oci-layout://bundle@${artifact.digest}`);
  assert.equal(inputs["tag"], "1");
  assert.match(String(inputs["path"]), /^\.oci-artifacts\/bundle-[0-9a-f]{16}$/);
});

test("its medium is away: the same content with a warning, also without a tag", async (t) => {
  const { host, layout } = await world(t);
  for (const reference of [INPUTS.reference, "oci-layout://bundle"]) {
    const { inputs } = await host().check({ reference });
    renameSync(layout.folder, `${layout.folder}.away`);
    const later = host();
    const again = await later.check({ reference }, {}, inputs);
    assert.deepEqual(again, { ...again, inputs, failures: [] });
    const [warning = ""] = later.report.said("warning");
    assert.match(
      warning,
      /^the image layout cannot be asked whether .* has moved; going on with sha/,
    );
    assert.match(warning, /the image layout is not there\n.*bundle: ENOENT/);
    renameSync(`${layout.folder}.away`, layout.folder);
  }
});

test("an empty folder is a medium that is not mounted", async (t) => {
  const { host, layout } = await world(t);
  const { inputs } = await host().check(INPUTS);
  rmSync(layout.folder, { recursive: true });
  mkdirSync(layout.folder);
  const later = host();
  assert.deepEqual((await later.check(INPUTS, {}, inputs)).inputs, inputs);
  assert.match(later.report.said("warning")[0] ?? "", /is an empty folder/);
});

test("what is pinned and cached is not looked for at all", async (t) => {
  const { host, layout, artifact } = await world(t);
  await host().check(INPUTS);
  rmSync(layout.folder, { recursive: true });
  const later = host();
  const { inputs } = await later.check({ reference: `oci-layout://bundle@${artifact.digest}` });
  assert.equal(inputs["digest"], artifact.digest);
  assert.deepEqual(later.report.said("warning"), []);
});

test("what is not cached cannot be had, and the error has the whole path", async (t) => {
  const { host, project } = await world(t);
  const error = await errorOf(host(), { reference: "oci-layout://elsewhere:1" });
  assert.equal(error.code, "UNREACHABLE");
  assert.equal(
    error.message,
    [
      "cannot read the manifest of oci-layout://elsewhere:1: the image layout is not there",
      `  image layout ${join(project, "elsewhere")}: ENOENT`,
      "hint: check the path, and whether its medium is there and mounted",
    ].join("\n"),
  );
});

test("a layout that is there and damaged is an error, cached or not", async (t) => {
  const { host, layout } = await world(t);
  const { inputs } = await host().check(INPUTS);
  writeFileSync(join(layout.folder, "index.json"), "{");
  assert.equal((await errorOf(host(), INPUTS, inputs)).code, "LAYOUT");
});

describe("what the operating system refuses", () => {
  for (const [code, meant] of [
    ["EACCES", "STORE"],
    ["EPERM", "STORE"],
    ["EIO", "UNREACHABLE"],
    ["ESTALE", "UNREACHABLE"],
  ] as const) {
    test(`${code} is ${meant}`, () => {
      const endpoint = layoutEndpoint(parseReference(INPUTS.reference), "/program");
      const place = placeOf("read the manifest of", endpoint, { tag: "1" });
      const error = accessError(place, Object.assign(new Error("no"), { code }));
      assert.equal(error.code, meant);
      assert.deepEqual(error.details, [`image layout /program/bundle: ${code}`]);
    });
  }
});

test("a tag that moves in the layout is a new digest", async (t) => {
  const { host, layout, project } = await world(t);
  const { inputs } = await host().check(INPUTS);
  rmSync(layout.folder, { recursive: true });
  const files = { "new.txt": "new" };
  const after = layoutIn(join(project, "bundle")).put(artifactOf(files), { [REF_NAME]: "1" });
  const later = host();
  const again = await later.check(INPUTS, {}, inputs);
  assert.equal(again.inputs["digest"], after.digest);
  assert.match(later.report.lines.join("\n"), /oci-layout:\/\/bundle:1 moved: sha256:/);
});
