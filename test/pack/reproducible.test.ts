/**
 * The same content gives the same bytes: whatever the order, the times, the owners and the umask with
 * which it lies there, and wherever on earth it is packed. The digests of bytes that stand here hold for
 * Node 20, 22, 24 and 26 on Linux x64; that of the content holds everywhere.
 */
import * as assert from "node:assert/strict";
import { chownSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { packArtifact } from "../../provider/pack/pack";
import { TREE_KINDS, type TreeKind } from "../../provider/pack/request";
import { readSource } from "../../provider/pack/source";
import { folderFor } from "../support/folder-for-test";
import { bytesOf, EVERYTHING, makeTree, type TreeSpec } from "./trees";

/** Digest of the content of EVERYTHING, on every machine. */
const CONTENT = "sha256:2d696b28fe13ddad35482cb78aa06bcdeb9cefd8499a251717664d4b2ac6c8b2";

/** Digests of its manifests, and with them of all bytes, where the zlib is the one that we know. */
const DIGESTS: Readonly<Record<TreeKind, string>> = {
  "opentofu-module": "sha256:536a65c94f79eae187eca9e828d7571917f68d6e73d225a02b1cb922b13cfe1e",
  "opentofu-argocd": "sha256:771ad29d28b01ff1ef9e3f4fabbb90924f7860c007dc4905e9426f38b860efb4",
  flux: "sha256:ff30e0d2fe404edb1450b95fa18eafb1ee424ea9c66bf45e30a8648dabbc829b",
  argocd: "sha256:2d94fe76f1c78f773a0447c6548640c711a77fc577815f1f78502c4aa790be16",
};

interface Packed {
  readonly digest: string;
  readonly contentDigest: string | undefined;
  readonly bytes: readonly Buffer[];
}

/** Digest and bytes of what the tree is packed to. */
async function pack(
  folder: string,
  kind: TreeKind,
  tree: string,
  seconds?: number,
): Promise<Packed> {
  const staging = join(folder, `staging-${kind}-${(await readdir(folder)).length}`);
  await mkdir(staging);
  const source = await readSource(tree);
  const context = { staging, ...(seconds === undefined ? {} : { seconds }) };
  const artifact = await packArtifact({ kind, source }, context);
  const bytes = await Promise.all(artifact.blobs.map(bytesOf));
  const { manifest, contentDigest } = artifact;
  return { digest: manifest.descriptor.digest, contentDigest, bytes };
}

function reversed(spec: TreeSpec): TreeSpec {
  return Object.fromEntries(Object.entries(spec).reverse());
}

describe("the same tree gives the same bytes", () => {
  const world = { umask: 0, zone: process.env["TZ"] };

  beforeEach(() => {
    world.umask = process.umask(0o022);
  });

  afterEach(() => {
    process.umask(world.umask);
    if (world.zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = world.zone;
  });

  for (const kind of TREE_KINDS) {
    test(`${kind}: other order, times, owners, umask, place and zone`, async (t) => {
      const folder = folderFor(t);
      process.env["TZ"] = "UTC";
      const first = await pack(folder, kind, await makeTree(join(folder, "one"), EVERYTHING, 1e9));

      process.umask(0o077);
      process.env["TZ"] = "Pacific/Kiritimati";
      const other = await makeTree(join(folder, "deeper", "two"), reversed(EVERYTHING), 2e9);
      if (process.getuid?.() === 0) chownSync(join(other, "main.tf"), 12, 34);
      assert.deepEqual(await pack(folder, kind, other), first);
    });

    test(`${kind}: as on every other machine that this runs on`, async (t) => {
      const folder = folderFor(t);
      const tree = await makeTree(join(folder, "tree"), EVERYTHING);
      const { digest, contentDigest } = await pack(folder, kind, tree);
      assert.equal(contentDigest, CONTENT);
      const isKnown = process.platform === "linux" && process.arch === "x64";
      if (isKnown) assert.equal(digest, DIGESTS[kind]);
    });
  }

  for (const kind of ["opentofu-module", "argocd"] as const) {
    test(`${kind}: the time is that which is given, in every zone`, async (t) => {
      const folder = folderFor(t);
      const tree = await makeTree(join(folder, "tree"), EVERYTHING);
      process.env["TZ"] = "America/St_Johns";
      const first = await pack(folder, kind, tree, 1_700_000_000);
      process.env["TZ"] = "Asia/Kolkata";
      assert.equal((await pack(folder, kind, tree, 1_700_000_000)).digest, first.digest);
      assert.notEqual((await pack(folder, kind, tree)).digest, first.digest);
    });
  }

  test("a mode counts by whether the owner may execute", async (t) => {
    const folder = folderFor(t);
    const plain = await makeTree(join(folder, "plain"), { "run.sh": "#!/bin/sh\n" });
    const executable = await makeTree(join(folder, "run"), { "run.sh": { run: "#!/bin/sh\n" } });
    const [one, other] = [
      await pack(folder, "flux", plain),
      await pack(folder, "flux", executable),
    ];
    assert.notEqual(one.digest, other.digest);
  });

  test("a gzip tells neither time nor name nor system", async (t) => {
    const folder = folderFor(t);
    const tree = await makeTree(join(folder, "tree"), { a: "A" });
    const { bytes } = await pack(folder, "argocd", tree, 1_700_000_000);
    const header = bytes.find((blob) => blob[0] === 0x1f)?.subarray(0, 10);
    assert.deepEqual([...(header ?? [])], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  });

  test("a time that no archive can hold is refused", async (t) => {
    const folder = folderFor(t);
    const tree = await makeTree(join(folder, "tree"), { a: "A" });
    for (const seconds of [-1, 0.5, Number.NaN, 8 ** 11]) {
      await assert.rejects(pack(folder, "argocd", tree, seconds), {
        code: "INVALID_INPUT",
        message: /is no time that an archive can hold\nhint: give SOURCE_DATE_EPOCH/,
      });
    }
  });
});
