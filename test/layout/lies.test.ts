/**
 * Layouts that are broken, or lie: each is refused in words that say what is wrong, and nothing of it
 * becomes visible.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { inspectInputs, pullInputs } from "../../provider/pulumi/session";
import { buildArtifact } from "../support/artifacts";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { honest, type Honest, PROGRAMS, refused } from "./honest";

describe("a folder that lies", () => {
  test("a layer with other bytes of the same length", async () => {
    const world = honest();
    const { layout, layer, artifact } = world;
    layout.write(layer, Buffer.alloc(artifact.layers[0]?.size ?? 0));
    await refused(world, "DIGEST_MISMATCH", /bundle/);
  });

  test("a layer that is shorter than its descriptor says", async () => {
    const world = honest();
    world.layout.write(world.layer, "short");
    const words =
      /the image layout holds 5 of the \d+ bytes of the descriptor\n {2}image layout \//;
    await refused(world, "DIGEST_MISMATCH", words);
  });

  test("a layer that is not there", async () => {
    const world = honest();
    rmSync(join(world.layout.folder, world.layer));
    await refused(world, "NOT_FOUND", /does not hold the blob sha256:.*\n.*\nhint: copy/);
  });

  test("a manifest with other bytes", async () => {
    const world = honest();
    const { layout, artifact } = world;
    layout.write(layout.blobName(artifact.digest), '{"schemaVersion":2,"layers":[]}');
    await refused(world, "DIGEST_MISMATCH", /holds other bytes than it should: sha256:/);
  });

  test("a manifest whose size the index has wrong", async () => {
    const world = honest();
    world.layout.list({ ...world.artifact.descriptor, size: 1, annotations: { [REF_NAME]: "2" } });
    await refused(world, "DIGEST_MISMATCH", /with 1 byte, and it has/, "oci-layout://bundle:2");
  });

  test("a manifest that is listed and not there", async () => {
    const world = honest();
    rmSync(join(world.layout.folder, world.layout.blobName(world.artifact.digest)));
    await refused(world, "LAYOUT", /lists sha256:\w+ and does not hold it/);
    const pinned = `oci-layout://bundle@${world.artifact.digest}`;
    await refused(world, "NOT_FOUND", /does not have it/, pinned);
  });

  for (const [what, put] of [
    ["a blob that is a link", linkBlob],
    ["a folder of blobs that is a link", linkFolder],
  ] as const) {
    test(`${what}: nothing outside is read, and be it what it should be`, async () => {
      const world = honest();
      put(world);
      await refused(world, "LAYOUT", /has a link at blobs\/sha256\//);
    });
  }

  test("a file in the place of the folder of blobs", async () => {
    const world = honest();
    rmSync(join(world.layout.folder, "blobs"), { recursive: true });
    world.layout.write("blobs", "");
    await refused(world, "LAYOUT", /has a file above blobs\/sha256\//);
  });

  test("a pipe in the place of a blob is not waited for", async () => {
    const world = honest();
    const file = join(world.layout.folder, world.layer);
    rmSync(file);
    execFileSync("mkfifo", [file]);
    await refused(world, "LAYOUT", /has at blobs\/sha256\/\w+ what is no file/);
  });

  test("a pipe in the place of the layout", async () => {
    const program = PROGRAMS.next();
    execFileSync("mkfifo", [join(program.directory, "bundle")]);
    await refused(program, "LAYOUT", /is neither a folder nor a file/);
  });

  for (const [what, name, content, words] of [
    ["no layout", "oci-layout", undefined, /is none: it has no file oci-layout/],
    ["another version", "oci-layout", '{"imageLayoutVersion":"2"}', /version "2", and not 1.0.0/],
    ["no version", "oci-layout", "{}", /version null/],
    ["a broken version", "oci-layout", "{", /broken oci-layout: it is no valid JSON/],
    ["no index", "index.json", undefined, /has no index.json/],
    ["a broken index", "index.json", "[]", /broken index.json: it is no JSON object/],
    ["a manifest as index", "index.json", '{"layers":[]}', /index.json that is no index/],
    [
      "a digest that leads outside",
      "index.json",
      '{"manifests":[{"mediaType":"a","size":1,"digest":"sha256:../../../etc/passwd"}]}',
      /broken index.json: "digest" of manifest 0 is wrong/,
    ],
  ] as const) {
    test(what, async () => {
      const world = honest();
      if (content === undefined) rmSync(join(world.layout.folder, name));
      else world.layout.write(name, content);
      await refused(world, "LAYOUT", words);
    });
  }

  test("an index without end", async () => {
    const world = honest();
    world.layout.write("index.json", Buffer.alloc(2_000, " "));
    const limits = { manifestBytes: 1_000 };
    const words = /limit manifestBytes of 1000 .* 2000\nhint: .*limits.manifestBytes/;
    await refused(world, "LIMIT_EXCEEDED", words, undefined, { limits });
  });
});

test("referrers that together say more than a list may are not held in memory", async () => {
  const { layout, artifact, directory, inputs } = honest();
  for (let count = 0; count < 6; count += 1) {
    const annotations = { note: `${count}${"x".repeat(900)}` };
    layout.put({ layers: [], artifactType: "a/b", annotations, subject: artifact.descriptor });
  }
  const values = { ...inputs, reference: "oci-layout://bundle:1" };
  const look = async (manifestBytes: number) =>
    await inspectInputs({ ...values, limits: { manifestBytes } }, { directory, referrers: true });
  assert.equal((await look(20_000)).found.referrers?.entries.length, 6);
  await assert.rejects(look(4_000), (error) => {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "LIMIT_EXCEEDED", error.message);
    return true;
  });
});

describe("names that say too little", () => {
  test("a tag twice, for different manifests", async () => {
    const world = honest();
    const other = world.layout.put(artifactOf({ "b.txt": "b" }), { [REF_NAME]: "1" });
    const error = await refused(world, "LAYOUT", /holds 2 that could be meant/);
    assert.deepEqual(error.details, [`1 ${world.artifact.digest}`, `1 ${other.digest}`]);
  });

  test("a tag twice for the same manifest is one", async () => {
    const world = honest();
    world.layout.put(world.artifact, { [REF_NAME]: "1" });
    const { directory, inputs } = world;
    const values = { ...inputs, reference: "oci-layout://bundle:1" };
    assert.equal((await pullInputs(values, { directory })).pulled.digest, world.artifact.digest);
  });

  test("a tag that is not there: what there is, and no tag of signatures", async () => {
    const world = honest();
    world.layout.put(world.artifact, { [REF_NAME]: `sha256-${"a".repeat(64)}.sig` });
    const error = await refused(world, "NOT_FOUND", /of the name 9/, "oci-layout://bundle:9");
    assert.equal(error.details.length, 1);
    assert.match(error.details[0] ?? "", new RegExp(`: 1 ${world.artifact.digest}$`));
  });

  test("a written latest is not taken for the only one", async () => {
    await refused(honest(), "NOT_FOUND", /of the name latest/, "oci-layout://bundle:latest");
  });

  test("no tag, where several have names", async () => {
    const world = honest();
    world.layout.put(buildArtifact(artifactOf({ "b.txt": "b" })), { [REF_NAME]: "2" });
    await refused(world, "LAYOUT", /holds 2 that could be meant/, "oci-layout://bundle");
  });

  test("nothing at all", async () => {
    const program = PROGRAMS.next();
    layoutIn(join(program.directory, "bundle"));
    await refused(program, "NOT_FOUND", /names nothing/, "oci-layout://bundle");
  });
});

/** What it leads to is exactly the blob. */
function linkBlob({ directory, layout, layer }: Honest): void {
  const file = join(layout.folder, layer);
  renameSync(file, join(directory, "outside"));
  symlinkSync(join(directory, "outside"), file);
}

function linkFolder({ directory, layout }: Honest): void {
  const folder = join(layout.folder, "blobs");
  mkdirSync(join(directory, "outside"));
  renameSync(folder, join(directory, "outside", "blobs"));
  symlinkSync(join(directory, "outside", "blobs"), folder);
}
