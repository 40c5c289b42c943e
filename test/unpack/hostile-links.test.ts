/** Links and special files that reach outside: none survives, and nothing is written through one. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tar, tarGz, type TarMember } from "../support/archives";
import { assertRefused, contentOf, unpackLayers } from "../support/unpacking";

function symlink(path: string, link: string): TarMember {
  return { path, type: "symlink", link };
}

function hardlink(path: string, link: string): TarMember {
  return { path, type: "hardlink", link };
}

describe("a symlink that leaves the tree", () => {
  const cases: Readonly<Record<string, readonly TarMember[]>> = {
    absolute: [symlink("bad", "/etc/passwd")],
    "absolute, into the tree by name": [symlink("bad", "/staging/x")],
    parent: [symlink("bad", "../canary")],
    "parent alone": [symlink("bad", "..")],
    "parent twice": [symlink("a/bad", "../../canary")],
    "down and up": [symlink("bad", "a/../../canary"), { path: "a/file" }],
    "through a directory that is not there": [symlink("bad", "no/../../canary")],
    "lexically inside, through a symlinked directory": [
      { path: "x/y/z/file" },
      symlink("d", "x"),
      symlink("x/y/z/out", "../../.."),
      symlink("bad", "x/y/z/out/../canary"),
    ],
    "a chain": [
      symlink("one", "a/two"),
      symlink("a/two", "b/bad"),
      symlink("a/b/bad", "../../../canary"),
    ],
    "a chain whose end comes last": [
      symlink("bad", "later/../.."),
      symlink("later", "x/y"),
      { path: "x/y/f" },
    ]
      .slice(1)
      .concat(symlink("bad", "later/../../../canary")),
    drive: [symlink("bad", "C:canary")],
    "drive, absolute": [symlink("bad", "C:/canary")],
    backslash: [symlink("bad", "..\\canary")],
    "pax linkpath": [{ ...symlink("bad", "fine"), pax: { linkpath: "../../canary" } }],
    "GNU long linkpath": [{ ...symlink("bad", `../canary/${"x".repeat(120)}`), long: "gnu" }],
    "moved by a hard link": [
      { path: "a/b/file" },
      symlink("a/b/ok", "../../file"),
      hardlink("bad", "a/b/ok"),
    ],
    "directory replaced by a link": [
      { path: "bad", type: "directory" },
      symlink("bad", "../canary"),
    ],
    "to itself": [symlink("bad", "bad")],
    "to each other": [symlink("one", "bad"), symlink("bad", "one")],
  };
  for (const [name, members] of Object.entries(cases)) {
    test(name, async (t) => {
      await assertRefused(
        t,
        [tar(members)],
        "UNSAFE_ARCHIVE",
        /entry "[^"]+" of layer 0 .* links? to/,
      );
    });
  }

  test("made so by a second layer", async (t) => {
    const layers = [tar([symlink("link", "d/../x")]), tar([symlink("d", "."), { path: "x" }])];
    await assertRefused(t, layers, "UNSAFE_ARCHIVE", /entry "link" of layer 0/);
  });

  test("more links than anybody follows", async (t) => {
    const chain = Array.from({ length: 60 }, (_, index) => symlink(`l${index}`, `l${index + 1}`));
    await assertRefused(t, [tar(chain)], "UNSAFE_ARCHIVE", /too many links/);
  });
});

describe("nothing goes through a symlink", () => {
  const cases: Readonly<Record<string, readonly TarMember[]>> = {
    "a file": [symlink("link", "../canary"), { path: "link/song", content: "dead" }],
    "a file, link inside": [{ path: "d/x" }, symlink("link", "d"), { path: "link/y" }],
    "a directory": [symlink("link", "d"), { path: "link/sub", type: "directory" }],
    "another link": [symlink("link", "d"), symlink("link/sub", "x")],
    "a hard link": [{ path: "d/x" }, symlink("link", "d"), hardlink("link/y", "d/x")],
    "a hard link's target": [{ path: "d/x" }, symlink("link", "d"), hardlink("y", "link/x")],
    "a directory that became a link": [
      { path: "link", type: "directory" },
      symlink("link", "../canary"),
      { path: "link/song", content: "dead" },
    ],
    "a chain": [symlink("one", "two"), symlink("two", "../canary"), { path: "one/song" }],
  };
  for (const [name, members] of Object.entries(cases)) {
    test(name, async (t) => {
      await assertRefused(t, [tar(members)], "UNSAFE_ARCHIVE", /through the symlink "(link|one)"/);
    });
  }

  test("a file of the next layer", async (t) => {
    const layers = [tar([symlink("link", "d")]), tar([{ path: "link/song" }])];
    await assertRefused(t, layers, "UNSAFE_ARCHIVE", /entry "link\/song" of layer 1 .*"link"/);
  });

  test("a titled file of the next layer", async (t) => {
    const annotations = { "org.opencontainers.image.title": "link/song" };
    const layers = [tar([symlink("link", "d")]), { bytes: Buffer.from("dead"), annotations }];
    await assertRefused(t, layers, "UNSAFE_ARCHIVE", /entry "link\/song" of layer 1/);
  });

  test("an entry of the same name replaces the link, not what it leads to", async (t) => {
    const bytes = tar([symlink("link", "../canary/song"), { path: "link", content: "mine" }]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { link: "mine" });
  });
});

describe("hard links", () => {
  const unsafeTargets = ["/etc/passwd", "../canary/song", "a/../../canary/song", "C:x", "a\\b"];
  for (const target of unsafeTargets) {
    test(`to ${target}`, async (t) => {
      const bytes = tar([{ path: "a/f" }, hardlink("bad", target)]);
      await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", /entry "bad" of layer 0/);
    });
  }

  test("to a file that is only beside the process", async (t) => {
    await assertRefused(
      t,
      [tar([hardlink("bad", "package.json")])],
      "BAD_ARCHIVE",
      /entry "bad".*not there/,
    );
  });

  test("to a directory", async (t) => {
    const bytes = tar([{ path: "d", type: "directory" }, hardlink("bad", "d")]);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "bad".*the directory "d"/);
  });

  test("to itself in another layer", async (t) => {
    const layers = [tar([{ path: "f", content: "F" }]), tar([hardlink("f", "f")])];
    await assertRefused(t, layers, "BAD_ARCHIVE", /entry "f" of layer 1.*itself/);
  });

  test("with content of its own", async (t) => {
    const bytes = tar([{ path: "f" }, { ...hardlink("bad", "f"), content: "dead" }]);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "bad".*has content/);
  });

  test("then a file over it does not change the first", async (t) => {
    const bytes = tar([
      { path: "f", content: "first" },
      hardlink("g", "f"),
      { path: "g", content: "second" },
    ]);
    assert.deepEqual(await contentOf(await unpackLayers(t, [bytes])), { f: "first", g: "second" });
  });

  test("count as extracted bytes", async (t) => {
    const bytes = tarGz({ f: "12345" });
    await unpackLayers(t, [bytes], { limits: { extractedBytes: 5 } });
    const linked = tar([{ path: "f", content: "12345" }, hardlink("g", "f")]);
    const limits = { extractedBytes: 9 };
    await assertRefused(t, [linked], "LIMIT_EXCEEDED", /limit extractedBytes of 9/, { limits });
  });
});

describe("special files", () => {
  for (const type of ["character-device", "block-device", "fifo"]) {
    test(type, async (t) => {
      const bytes = tar([{ path: "first" }, { path: "dev/bad", type }]);
      await assertRefused(
        t,
        [bytes],
        "UNSAFE_ARCHIVE",
        /entry "dev\/bad" .*device or a named pipe/,
      );
    });
  }

  for (const type of ["S", "V", "M", "D", "Z", "A"]) {
    test(`type ${type}`, async (t) => {
      await assertRefused(
        t,
        [tar([{ path: "bad", type }])],
        "BAD_ARCHIVE",
        /entry "bad" .*not supported/,
      );
    });
  }

  test("a sparse file in pax form", async (t) => {
    const pax = {
      "GNU.sparse.major": "1",
      "GNU.sparse.minor": "0",
      "GNU.sparse.realsize": "1099511627776",
    };
    await assertRefused(t, [tar([{ path: "bad", pax }])], "BAD_ARCHIVE", /entry "bad" .*sparse/);
  });
});
