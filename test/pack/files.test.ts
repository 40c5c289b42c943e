/** Files and directories under titles: the shape that ORAS reads, and what may not be together. */
import * as assert from "node:assert/strict";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { PackedArtifact } from "../../provider/pack/artifact";
import { packArtifact } from "../../provider/pack/pack";
import type { FileItem, FilesRequest } from "../../provider/pack/request";
import { sha256 } from "../support/archives";
import { folderFor } from "../support/folder-for-test";
import { bytesOf, EVERYTHING, makeTree, treeOfSpec, treeOnDisk, unpackArtifact } from "./trees";

interface World {
  readonly folder: string;
  readonly pack: (
    files: readonly FileItem[],
    more?: Partial<FilesRequest>,
  ) => Promise<PackedArtifact>;
}

async function worldFor(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const staging = join(folder, "staging");
  await mkdir(staging);
  await makeTree(join(folder, "charts"), EVERYTHING);
  await writeFile(join(folder, "policy.cedar"), "permit;");
  return {
    folder,
    pack: (files, more) => packArtifact({ kind: "files", files, ...more }, { staging }),
  };
}

describe("files", () => {
  test("are layers with titles, types and a config of one's choice", async (t) => {
    const { folder, pack } = await worldFor(t);
    await writeFile(join(folder, "config.json"), "{}\n");
    const policy = join(folder, "policy.cedar");
    const artifact = await pack(
      [
        { path: policy, mediaType: "application/vnd.cedar.v1+cedar", annotations: { note: "x" } },
        { path: policy, title: "deep/copy.cedar" },
      ],
      {
        artifactType: "application/vnd.cedar.policyset.v1",
        config: {
          path: join(folder, "config.json"),
          mediaType: "application/vnd.cedar.config+json",
        },
      },
    );
    const blob = { digest: sha256("permit;"), size: 7 };
    const title = "org.opencontainers.image.title";
    assert.deepEqual(JSON.parse(artifact.manifest.bytes.toString()), {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "application/vnd.cedar.policyset.v1",
      config: { mediaType: "application/vnd.cedar.config+json", digest: sha256("{}\n"), size: 3 },
      layers: [
        {
          mediaType: "application/vnd.cedar.v1+cedar",
          ...blob,
          annotations: { note: "x", [title]: "policy.cedar" },
        },
        {
          mediaType: "application/octet-stream",
          ...blob,
          annotations: { [title]: "deep/copy.cedar" },
        },
      ],
      annotations: { "io.github.pulumi-oci-artifact.content-digest": artifact.contentDigest },
    });
    assert.equal(artifact.blobs.length, 2, "equal bytes are one blob");
    const pulled = await unpackArtifact(folder, artifact);
    assert.equal(pulled.contentDigest, artifact.contentDigest);
    assert.deepEqual(await treeOnDisk(pulled.staging, pulled.entries), {
      deep: "directory 755 ",
      "deep/copy.cedar": `file 644 ${Buffer.from("permit;").toString("base64")}`,
      "policy.cedar": `file 644 ${Buffer.from("permit;").toString("base64")}`,
    });
  });

  test("a directory is an archive that is unpacked under its title", async (t) => {
    const { folder, pack } = await worldFor(t);
    const artifact = await pack([
      { path: join(folder, "charts"), title: "vendor/charts" },
      { path: join(folder, "policy.cedar") },
    ]);
    const [, layer] = artifact.blobs;
    assert.deepEqual(Object.keys(layer?.descriptor.annotations ?? {}).sort(), [
      "io.deis.oras.content.digest",
      "io.deis.oras.content.unpack",
      "org.opencontainers.image.title",
    ]);
    const pulled = await unpackArtifact(folder, artifact);
    assert.equal(pulled.contentDigest, artifact.contentDigest);
    const below = Object.entries(treeOfSpec(EVERYTHING)).map(([path, entry]) => [
      `vendor/charts/${path}`,
      entry,
    ]);
    assert.deepEqual(await treeOnDisk(pulled.staging, pulled.entries), {
      vendor: "directory 755 ",
      "vendor/charts": "directory 755 ",
      ...Object.fromEntries(below),
      "policy.cedar": `file 644 ${Buffer.from("permit;").toString("base64")}`,
    });
  });

  test("globs select in a directory", async (t) => {
    const { folder, pack } = await worldFor(t);
    const artifact = await pack([{ path: join(folder, "charts"), entries: { include: ["*.tf"] } }]);
    const { entries } = await unpackArtifact(folder, artifact);
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["charts", "charts/main.tf"],
    );
  });

  test("what is packed is what lay there, whatever is written later", async (t) => {
    const { folder, pack } = await worldFor(t);
    const artifact = await pack([{ path: join(folder, "policy.cedar") }]);
    await writeFile(join(folder, "policy.cedar"), "forbid;");
    const [, blob] = artifact.blobs;
    const read = [await bytesOf(blob), await bytesOf(blob)];
    assert.deepEqual(read.map(String), ["permit;", "permit;"], "as often as it is opened");
    const rest = await blob?.openAt?.(3).toArray();
    assert.equal(String(rest), "mit;", "and from any byte on");
  });

  test("a link that the user names is followed; a mode that is lost is told", async (t) => {
    const { folder, pack } = await worldFor(t);
    await chmod(join(folder, "policy.cedar"), 0o755);
    await symlink("policy.cedar", join(folder, "link"));
    const artifact = await pack([{ path: join(folder, "link") }]);
    assert.equal((await bytesOf(artifact.blobs[1])).toString(), "permit;");
    assert.deepEqual(artifact.warnings, [
      'a file with a title of its own is never executable: "link"; give the folder that it is in',
    ]);
  });

  test("two that are the same path, or clash, are refused", async (t) => {
    const { folder, pack } = await worldFor(t);
    const policy = join(folder, "policy.cedar");
    const file = (title: string): FileItem => ({ path: policy, title });
    const charts = { path: join(folder, "charts") };
    for (const [files, words] of [
      [[], /cannot pack files: there are none/],
      [[file("a"), file("a")], /"a" comes from two of them/],
      [[file("a"), file("a/b")], /"a" comes from two of them/],
      [[charts, file("charts/main.tf")], /"charts\/main\.tf" comes from two of them/],
      [[file("a"), file("A")], /clashes with "A"/],
      [[file("../a")], /it has a "\.\." component/],
      [[file("/a")], /it is absolute/],
      [[file("a//b")], /"a\/\/b" is no title/],
      [[file(".")], /"\." is no title/],
    ] as const) {
      await assert.rejects(pack(files), { code: "INVALID_INPUT", message: words });
    }
  });
});
