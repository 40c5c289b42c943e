/** What of a directory is packed, and what can never be: by the rules that pulling has. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { readSource, type SourceOptions } from "../../provider/pack/source";
import { folderFor } from "../support/folder-for-test";
import { makeTree, type TreeSpec } from "./trees";

async function pathsOf(
  t: TestContext,
  spec: TreeSpec,
  options?: SourceOptions,
): Promise<readonly string[]> {
  const { entries } = await readSource(await makeTree(folderFor(t), spec), options);
  return entries.map(({ path }) => path);
}

async function assertRefused(
  directory: string,
  words: RegExp,
  options: SourceOptions = {},
  code = "INVALID_INPUT",
): Promise<void> {
  await assert.rejects(readSource(directory, options), (error: Error & { code: string }) => {
    assert.equal(error.code, code);
    assert.match(error.message, words);
    assert.ok(error.message.includes(`cannot pack `) && error.message.includes("\nhint: "));
    return true;
  });
}

describe("reading a directory", () => {
  test("sorts by bytes, and takes modes, sizes and targets by rule", async (t) => {
    const folder = await makeTree(folderFor(t), {
      "b.txt": "four",
      "B-folder/x": { run: "#!" },
      "ﬀ.txt": "",
      "🦊.txt": "",
      link: { link: "B-folder/x" },
    });
    const { entries, directory } = await readSource(folder);
    assert.equal(directory, folder);
    assert.deepEqual(
      entries.map(({ facts: _facts, ...entry }) => entry),
      [
        { path: "B-folder", type: "directory", mode: 0o755, size: 0 },
        { path: "B-folder/x", type: "file", mode: 0o755, size: 2 },
        { path: "b.txt", type: "file", mode: 0o644, size: 4 },
        { path: "link", type: "symlink", mode: 0o777, size: 0, target: "B-folder/x" },
        { path: "ﬀ.txt", type: "file", mode: 0o644, size: 0 },
        { path: "🦊.txt", type: "file", mode: 0o644, size: 0 },
      ],
    );
  });

  test("include and exclude select as they do when pulling", async (t) => {
    const spec = {
      "a/keep.tf": "",
      "a/b/keep.tf": "",
      "a/drop.md": "",
      "empty/": "",
      "x/y.md": "",
    };
    const options = { include: ["**/*.tf", "empty"], exclude: ["a/b/**"] };
    assert.deepEqual(await pathsOf(t, spec, options), ["a", "a/keep.tf", "empty"]);
  });

  test("a folder of which everything is excluded does not stay as an empty one", async (t) => {
    const spec = { "a/node_modules/x/y": "", "b.txt": "" };
    assert.deepEqual(await pathsOf(t, spec, { exclude: ["**/node_modules/**"] }), ["b.txt"]);
  });

  test("what lies in an excluded folder is not looked at", async (t) => {
    const folder = await makeTree(folderFor(t), { "ok.txt": "", "build/x": "" });
    await writeFile(Buffer.concat([Buffer.from(`${folder}/build/`), Buffer.from([0xff])]), "");
    await assertRefused(folder, /is not valid UTF-8/);
    const { entries } = await readSource(folder, { exclude: ["build/**"] });
    assert.deepEqual(
      entries.map(({ path }) => path),
      ["ok.txt"],
    );
  });

  test("the history of git stays out at every depth, unless it is wanted", async (t) => {
    const spec = {
      ".git/config": "secret",
      ".gitignore": "",
      "sub/.git": "gitdir: /home",
      "sub/x": "",
    };
    assert.deepEqual(await pathsOf(t, spec), [".gitignore", "sub", "sub/x"]);
    assert.deepEqual(await pathsOf(t, spec, { includeGit: true }), [
      ".git",
      ".git/config",
      ".gitignore",
      "sub",
      "sub/.git",
      "sub/x",
    ]);
  });

  test("nothing is an error that says why, unless it is allowed", async (t) => {
    const empty = folderFor(t);
    await assertRefused(empty, /: it is empty\nhint: .*allowEmpty: true/);
    const folder = await makeTree(folderFor(t), { "a.txt": "" });
    await assertRefused(folder, /include and exclude select none of its 1 entries/, {
      include: ["*.tf"],
    });
    assert.deepEqual((await readSource(empty, { allowEmpty: true })).entries, []);
  });

  test("a directory that is not there, or is none, is named", async (t) => {
    const folder = await makeTree(folderFor(t), { file: "" });
    await assertRefused(join(folder, "gone"), /gone.*: it is not there \(ENOENT\)/);
    await assertRefused(
      join(folder, "file"),
      /file.*: a part of its path is no folder \(ENOTDIR\)/,
    );
  });

  test("a cancelled run ends", async (t) => {
    const folder = await makeTree(folderFor(t), { file: "" });
    await assert.rejects(readSource(folder, { signal: AbortSignal.abort() }), {
      code: "CANCELLED",
    });
  });
});

describe("what pulling would refuse is refused when it is packed", () => {
  for (const [title, spec, words] of [
    [
      "names that differ in case",
      { "a/Readme": "", "a/README": "" },
      /"a\/Readme" clashes with "README"/,
    ],
    ["names that differ in Unicode form", { "\u00e9": "", "e\u0301": "" }, /clashes with/],
    [
      "a backslash",
      { "a\\b": "" },
      /"a\\\\b" has a name that would be refused: it has a backslash/,
    ],
    ["a line feed", { "a\nb": "" }, /"a\\nb" has a name that would be refused: it has a line feed/],
    ["a drive letter", { "c:x": "" }, /it begins with a drive letter/],
    ["a link to the outside", { "a/l": { link: "../../x" } }, /"a\/l" links to a target outside/],
    ["an absolute link", { l: { link: "/etc/passwd" } }, /"l" links to "\/etc\/passwd".*absolute/],
    ["a link to itself", { l: { link: "l" } }, /"l" links to itself/],
    [
      "a link out through a link",
      { d: { link: "." }, l: { link: "d/../x" } },
      /outside of the tree/,
    ],
  ] as const satisfies readonly (readonly [string, TreeSpec, RegExp])[]) {
    test(title, async (t) => {
      await assertRefused(await makeTree(folderFor(t), spec), words);
    });
  }

  test("a pipe, unless it is left out", async (t) => {
    const folder = await makeTree(folderFor(t), { "a.txt": "" });
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await assertRefused(folder, /"pipe" is a socket, a pipe or a device/);
    assert.equal((await readSource(folder, { exclude: ["pipe"] })).entries.length, 1);
  });

  test("more than a limit allows", async (t) => {
    const folder = await makeTree(folderFor(t), { "abc/def": "12345", b: "1" });
    for (const [name, value, words] of [
      ["entries", 2, /limit entries of 2 .*: 3/],
      ["pathBytes", 5, /"abc\/def" of .*limit pathBytes of 5 .*: 7/],
      ["componentBytes", 2, /limit componentBytes of 2/],
      ["extractedBytes", 5, /limit extractedBytes of 5 .*: 6/],
    ] as const) {
      const limits = { ...DEFAULT_LIMITS, [name]: value };
      await assertRefused(folder, words, { limits }, "LIMIT_EXCEEDED");
    }
  });

  test("links inside, also those that lead nowhere, are kept", async (t) => {
    const folder = await makeTree(folderFor(t), { "a/l": { link: "../b" }, n: { link: "none" } });
    await mkdir(join(folder, "b"));
    await symlink("../n", join(folder, "b", "m"));
    const { entries } = await readSource(folder);
    assert.deepEqual(
      entries.flatMap(({ path, target }) => (target === undefined ? [] : [`${path} > ${target}`])),
      ["a/l > ../b", "b/m > ../n", "n > none"],
    );
  });
});
