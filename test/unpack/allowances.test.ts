/** What is refused unless the user allows it: one path in two layers, names that clash, no content. */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { SILENT } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { unpack } from "../../provider/unpack/unpack";
import { sha256, tar, tarGz, type TarMember } from "../support/archives";
import { folderFor } from "../support/folder-for-test";
import {
  assertRefused,
  contentOf,
  directoryTitle,
  SUBJECT,
  unpackLayers,
  type TestLayer,
} from "../support/unpacking";

/** So much goes to the crew of threads. */
const LARGE = Buffer.alloc(9 * 1024 ** 2, 7);

describe("allowOverwrite: of two layers with one path, the later wins", () => {
  const allowances = { allowOverwrite: true };
  const layers = (...all: readonly (readonly TarMember[])[]): readonly Buffer[] =>
    all.map((members) => tar(members));

  test("files, directories and links", async (t) => {
    const lower: readonly TarMember[] = [
      { path: "file", content: "old", mode: 0o755 },
      { path: "dir/deep/a" },
      { path: "dir/link", type: "symlink", link: "deep" },
      { path: "link", type: "symlink", link: "file" },
      { path: "was-file", content: "f" },
      { path: "both/a", content: "A" },
      { path: "hard", type: "hardlink", link: "file" },
    ];
    const upper: readonly TarMember[] = [
      { path: "file", content: "new" },
      { path: "dir", content: "now a file" },
      { path: "link", content: "now a file, too" },
      { path: "was-file", type: "directory" },
      { path: "both/b", content: "B" },
    ];
    const unpacked = await unpackLayers(t, layers(lower, upper), { allowances });
    assert.deepEqual(await contentOf(unpacked), {
      both: "/",
      "both/a": "A",
      "both/b": "B",
      dir: "now a file",
      file: "new",
      hard: "old",
      link: "now a file, too",
      "was-file": "/",
    });
    assert.equal(unpacked.entries.find(({ path }) => path === "file")?.mode, 0o644);
  });

  test("a file gives way to a directory that no entry names", async (t) => {
    const [lower, upper] = [[{ path: "a/b", content: "file" }], [{ path: "a/b/c/d" }]];
    const { entries } = await unpackLayers(t, layers(lower, upper), { allowances });
    const types = entries.map(({ path, type }) => `${path} ${type}`);
    assert.deepEqual(types, ["a directory", "a/b directory", "a/b/c directory", "a/b/c/d file"]);
  });

  test("files with one title, and one that an archive has, too", async (t) => {
    const titled = (title: string, text: string): TestLayer => ({
      bytes: Buffer.from(text),
      mediaType: "text/plain",
      annotations: { "org.opencontainers.image.title": title },
    });
    const made = [titled("a", "1"), titled("a", "2"), titled("d/x", "3"), titled("e/y", "4")];
    const archives: readonly TestLayer[] = [
      { bytes: tarGz({ x: "5" }), annotations: directoryTitle("d") },
      { bytes: tarGz({ e: "6" }) },
    ];
    const unpacked = await unpackLayers(t, [...made, ...archives], { allowances });
    assert.deepEqual(await contentOf(unpacked), { a: "2", d: "/", "d/x": "5", e: "6" });
  });

  test("large files, which threads write", async (t) => {
    const made = layers(
      [{ path: "big", content: LARGE }, { path: "dir/x" }],
      [
        { path: "big", content: "small" },
        { path: "dir", content: LARGE },
      ],
    );
    const { entries, staging } = await unpackLayers(t, made, { allowances });
    assert.deepEqual(
      entries.map(({ path, size }) => [path, size]),
      [
        ["big", 5],
        ["dir", LARGE.length],
      ],
    );
    assert.equal(readFileSync(join(staging, "big"), "utf8"), "small");
  });

  test("whiteouts stay plain files", async (t) => {
    const made = layers([{ path: "a" }], [{ path: ".wh.a" }, { path: ".wh..wh..opq" }]);
    const content = await contentOf(await unpackLayers(t, made, { allowances }));
    assert.deepEqual(content, { ".wh..wh..opq": "", ".wh.a": "", a: "" });
  });

  test("the guard holds: nothing goes through a link, no layer contradicts itself", async (t) => {
    const through = layers([{ path: "l", type: "symlink", link: "." }], [{ path: "l/x" }]);
    await assertRefused(t, through, "UNSAFE_ARCHIVE", /through the symlink "l"/, { allowances });
    const full = layers([{ path: "x" }], [{ path: "d/a" }, { path: "d" }]);
    await assertRefused(t, full, "BAD_ARCHIVE", /entry "d" .*not empty/, { allowances });
    const below = layers([{ path: "x" }], [{ path: "f" }, { path: "f/a" }]);
    await assertRefused(t, below, "BAD_ARCHIVE", /below the file "f"\n/, { allowances });
  });

  test("an image needs no consent, and is the same with it", async (t) => {
    const made = layers(
      [{ path: "a", content: "1" }, { path: "d/x" }, { path: "gone" }],
      [{ path: "a", content: "2" }, { path: "d", content: "file" }, { path: ".wh.gone" }],
    );
    const wanted = { a: "2", d: "file" };
    for (const options of [{}, { allowances }]) {
      const unpacked = await unpackLayers(t, made, { ...options, isImage: true });
      assert.deepEqual(await contentOf(unpacked), wanted);
    }
  });
});

describe("allowNameClashes: names that differ only in case or Unicode form", () => {
  const allowances = { allowNameClashes: true };

  test("stay side by side: files, links and directories, in one layer and in two", async (t) => {
    const members: readonly TarMember[] = [
      { path: "README", content: "1" },
      { path: "readme", content: "2" },
      { path: "caf\u00e9/a", content: "3" },
      { path: "cafe\u0301/a", content: "4" },
      { path: "ReadMe", type: "symlink", link: "readme" },
    ];
    const wanted = {
      README: "1",
      ReadMe: "-> readme",
      "cafe\u0301": "/",
      "cafe\u0301/a": "4",
      "caf\u00e9": "/",
      "caf\u00e9/a": "3",
      readme: "2",
    };
    const one = [tar(members)];
    const two = [tar(members.slice(0, 3)), tar(members.slice(3))];
    for (const made of [one, two]) {
      assert.deepEqual(await contentOf(await unpackLayers(t, made, { allowances })), wanted);
    }
  });

  test("a whiteout takes away the name that it has, and no other", async (t) => {
    const made = [tarGz({ README: "1", readme: "2" }), tarGz({ ".wh.README": "", ReadMe: "3" })];
    const unpacked = await unpackLayers(t, made, { allowances, isImage: true });
    assert.deepEqual(await contentOf(unpacked), { ReadMe: "3", readme: "2" });
  });

  // A folder that holds the name already answers as a file system does that takes two for one.
  const here: Readonly<Record<string, readonly [TarMember, (taken: string) => void]>> = {
    "a file": [{ path: "readme", content: "new" }, put],
    "a large file": [{ path: "readme", content: LARGE }, put],
    "a directory": [{ path: "readme", type: "directory" }, mkdirSync],
    "an implied directory": [{ path: "readme/x" }, mkdirSync],
    "a link": [{ path: "readme", type: "symlink", link: "x" }, put],
    "a file for a link": [{ path: "readme" }, linkTo],
  };
  for (const [name, [member, take]] of Object.entries(here)) {
    test(`${name}, where they are one name: an error, and what is there stays`, async (t) => {
      const folder = folderFor(t);
      take(join(folder, "readme"));
      const before = readdirSync(folder, { withFileTypes: true });
      await assert.rejects(unpackInto(t, folder, tar([member])), {
        code: "STORE",
        message:
          /^cannot unpack \S+: this file system takes "readme" for another name .*\nhint: have the program lie on/,
      });
      assert.deepEqual(readdirSync(folder, { withFileTypes: true }), before);
      if (take === put) assert.equal(readFileSync(join(folder, "readme"), "utf8"), "other");
    });
  }

  test("a hard link, where they are one name", async (t) => {
    const folder = folderFor(t);
    put(join(folder, "READ"));
    const bytes = tar([{ path: "a" }, { path: "READ", type: "hardlink", link: "a" }]);
    await assert.rejects(unpackInto(t, folder, bytes), { code: "STORE", message: /takes "READ"/ });
    assert.equal(readFileSync(join(folder, "READ"), "utf8"), "other");
  });
});

describe("allowEmpty: content without a single entry", () => {
  const nothing = [tar([])];

  test("is no error", async (t) => {
    for (const layers of [[], nothing, [...nothing, ...nothing]]) {
      const allowances = { allowEmpty: true };
      const { entries, staging } = await unpackLayers(t, layers, { allowances });
      assert.deepEqual([entries, readdirSync(staging)], [[], []]);
    }
  });

  test("otherwise the error says how to allow it", async (t) => {
    const words = /its layers hold no files\nhint: .*set allowEmpty: true$/;
    await assertRefused(t, nothing, "NO_MATCHING_LAYER", words, {
      allowances: { allowOverwrite: true, allowNameClashes: true },
    });
  });

  test("a damaged layer is an error also where nothing is in it", async (t) => {
    const layer = { bytes: nothing[0] ?? assert.fail(), digest: sha256("other") };
    await assertRefused(t, [layer], "DIGEST_MISMATCH", /not what its descriptor names/, {
      allowances: { allowEmpty: true },
    });
  });
});

function put(file: string): void {
  writeFileSync(file, "other");
}

function linkTo(name: string): void {
  symlinkSync("x", name);
}

/** Unpacks a tar into a folder that is not empty. */
async function unpackInto(t: TestContext, staging: string, bytes: Buffer): Promise<unknown> {
  const file = join(folderFor(t), "blob");
  writeFileSync(file, bytes);
  const descriptor = { mediaType: "a/b", digest: sha256(bytes), size: bytes.length };
  const form = { kind: "archive", directory: "" } as const;
  const layer = { descriptor: { ...descriptor, annotations: {} }, index: 0, form };
  const allowances = { allowNameClashes: true };
  const context = { limits: DEFAULT_LIMITS, signal: new AbortController().signal, report: SILENT };
  const plan = { layers: [layer], isImage: false, allowances };
  return await unpack(plan, () => ({ path: file }), staging, context, SUBJECT);
}
