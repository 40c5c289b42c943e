/**
 * Pulls out of image layouts in the shapes in which tools write them: a folder or a tar, by a tag, by a
 * digest, or by neither. Nobody is dialled.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { inspectInputs, pullInputs } from "../../provider/pulumi/session";
import { buildArtifact, buildIndex, MEDIA_TYPES, publish } from "../support/artifacts";
import {
  artifactOf,
  IMAGE_NAME,
  LAYOUT_FILES,
  layoutIn,
  type LayoutFolder,
  REF_NAME,
  tarOfLayout,
} from "../support/layouts";
import { run } from "../support/processes";
import { registryFor } from "../support/registry-for-test";
import { programsFor } from "../support/session-for-test";
import { findOrBuild } from "../support/toolchain";

const PROGRAMS = programsFor({ after });

const OTHER = buildArtifact(artifactOf({ "other.txt": "other" }));

/** Who writes so; how it is filled; what names the known artifact in it. */
const SHAPES: readonly (readonly [string, (layout: LayoutFolder) => void, string])[] = [
  ["oras cp --to-oci-layout", orasShape, ":1.0"],
  ["oras cp --to-oci-layout, without a tag", orasShape, ""],
  [
    "skopeo copy oci:, with a full name",
    (layout) => {
      layout.put(artifactOf(), { [REF_NAME]: "registry.example:5000/team/app:1.0" });
      layout.put(OTHER, { [REF_NAME]: "registry.example:5000/team/app:2.0" });
    },
    ":1.0",
  ],
  [
    "skopeo copy oci:, without a name",
    (layout) => {
      layout.put(artifactOf());
    },
    "",
  ],
  [
    "buildx -o type=oci, and docker save",
    (layout) => {
      const names = { [IMAGE_NAME]: "docker.io/team/app:1.0", [REF_NAME]: "1.0" };
      layout.put(artifactOf(), names);
      layout.write("manifest.json", "[]");
    },
    ":1.0",
  ],
  [
    "ctr images export, with containerd's name alone",
    (layout) => {
      layout.put(artifactOf(), { [IMAGE_NAME]: "docker.io/team/app:1.0" });
    },
    ":1.0",
  ],
  [
    "regctl image export, of latest among others",
    (layout) => {
      layout.put(OTHER, { [REF_NAME]: "1.0" });
      layout.put(artifactOf(), { [REF_NAME]: "latest" });
    },
    "",
  ],
];

/** Tagged manifests first, then those that belong to them. */
function orasShape(layout: LayoutFolder): void {
  const artifact = layout.put(artifactOf(), { [REF_NAME]: "1.0" });
  layout.put({ ...artifactOf({ "sbom.json": "{}" }), subject: artifact.descriptor });
}

describe("layouts as tools write them", () => {
  for (const [name, fill, suffix] of SHAPES) {
    for (const form of ["folder", "tar", "tar with ./"] as const) {
      test(`${name}: a ${form}`, async () => {
        const { directory, inputs } = PROGRAMS.next();
        const layout = layoutIn(join(directory, "media", "bundle"));
        fill(layout);
        const path = form === "folder" ? "media/bundle" : "media/bundle.tar";
        const prefix = form === "tar" ? "" : "./";
        writeFileSync(join(directory, "media", "bundle.tar"), tarOfLayout(layout.folder, prefix));
        const values = { ...inputs, reference: `oci-layout://${path}${suffix}` };
        const { pulled } = await pullInputs(values, { directory });
        assert.deepEqual(filesOf(pulled.tree.directory), LAYOUT_FILES);
        assert.match(pulled.path, /^\.oci-artifacts\/bundle-[0-9a-f]{16}$/);
        const { digest } = buildArtifact(artifactOf());
        assert.equal(pulled.digest, digest);
        assert.equal(pulled.reference.tag, suffix === "" ? undefined : "1.0");
        const pinned = { ...inputs, reference: `oci-layout://${path}@${digest}` };
        assert.equal((await pullInputs(pinned, { directory })).pulled.path, pulled.path);
      });
    }
  }

  test("what crane writes, really", async (t) => {
    const crane = await findOrBuild("crane");
    const registry = await registryFor(t);
    const { digest } = publish(registry, "team/app", "1.0", artifactOf());
    const { directory, inputs } = PROGRAMS.next();
    for (const options of [[], ["--annotate-ref"]]) {
      const folder = `crane${options.length}`;
      const reference = `${registry.host}/team/app:1.0`;
      const args = ["pull", "--format=oci", "--insecure", ...options, reference, folder];
      const done = await run(crane, args, {
        cwd: directory,
        environment: { HOME: directory },
        owner: directory,
        timeoutMs: 60_000,
      });
      assert.equal(done.exitCode, 0, done.text);
      registry.clearRequests();
      for (const suffix of options.length === 0 ? [""] : ["", ":1.0"]) {
        const values = { ...inputs, reference: `oci-layout://${folder}${suffix}` };
        const { pulled } = await pullInputs(values, { directory });
        assert.equal(pulled.digest, digest);
        assert.deepEqual(filesOf(pulled.tree.directory), LAYOUT_FILES);
      }
      assert.equal(registry.requests.length, 0);
    }
  });

  test("an absolute path, and one platform of an index that the layout names", async () => {
    const { directory, inputs } = PROGRAMS.next();
    const layout = layoutIn(join(directory, "bundle"));
    const amd64 = { artifact: buildArtifact(artifactOf()), platform: platform("amd64") };
    const arm64 = { artifact: OTHER, platform: platform("arm64") };
    const index = buildIndex({ manifests: [amd64, arm64] });
    layout.put(index, { [REF_NAME]: "1.0" });
    const reference = `oci-layout://${layout.folder}:1.0`;
    const values = { ...inputs, reference, platform: "linux/arm64" };
    const { pulled } = await pullInputs(values, { directory });
    assert.equal(pulled.digest, index.digest);
    assert.equal(pulled.manifestDigest, OTHER.digest);
    assert.deepEqual(filesOf(pulled.tree.directory), { "other.txt": "other" });
  });

  test("a digest of 512 bits, whose name is too long for a plain header of tar", async () => {
    const { directory, inputs } = PROGRAMS.next();
    const layout = layoutIn(join(directory, "bundle"));
    const artifact = layout.put({ ...artifactOf(), algorithm: "sha512" }, { [REF_NAME]: "1" });
    writeFileSync(join(directory, "bundle.tar"), tarOfLayout(layout.folder));
    const values = { ...inputs, reference: "oci-layout://bundle.tar:1" };
    assert.equal((await pullInputs(values, { directory })).pulled.digest, artifact.digest);
  });

  test("a tar that is written anew is read anew", async () => {
    const { directory, inputs } = PROGRAMS.next();
    const reference = "oci-layout://bundle.tar";
    const digests = [];
    for (const files of [LAYOUT_FILES, { "other.txt": "other" }]) {
      const layout = layoutIn(join(directory, `layout${digests.length}`));
      layout.put(artifactOf(files));
      writeFileSync(join(directory, "bundle.tar"), tarOfLayout(layout.folder));
      const { pulled } = await pullInputs({ ...inputs, reference }, { directory });
      digests.push(pulled.digest);
    }
    assert.deepEqual(digests, [buildArtifact(artifactOf()).digest, OTHER.digest]);
  });

  test("inspect looks into it like into a registry", async () => {
    const { directory, inputs } = PROGRAMS.next();
    const layout = layoutIn(join(directory, "bundle"));
    const { digest } = layout.put(artifactOf(), { [REF_NAME]: "1" });
    const values = { ...inputs, reference: "oci-layout://bundle:1" };
    const { pinned, found } = await inspectInputs(values, { directory });
    assert.equal(pinned, `oci-layout://bundle@${digest}`);
    assert.equal(found.layers[0]?.descriptor.mediaType, MEDIA_TYPES.tarGzip);
  });

  test("files about registries are not read for it", async () => {
    const { directory, inputs } = PROGRAMS.next();
    mkdirSync(join(directory, "bundle"));
    layoutIn(join(directory, "bundle")).put(artifactOf());
    writeFileSync(join(directory, "registries.conf"), "broken [");
    writeFileSync(join(directory, "auth.json"), "broken {");
    const mirrors = ["mirror.invalid"];
    const values = { ...inputs, mirrors, reference: "oci-layout://bundle" };
    assert.ok((await pullInputs(values, { directory })).pulled.tree.fileCount > 0);
  });
});

function platform(architecture: string) {
  return { os: "linux", architecture };
}

/** Path → content. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
  );
}
