/** Names that lead outside or to another file: refused by name, with nothing written beside the tree. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tar, tarGz, type TarMember } from "../support/archives";
import { assertRefused, directoryTitle, unpackLayers } from "../support/unpacking";

/** What stands in messages between the quotes. */
function named(name: string): RegExp {
  const escaped = JSON.stringify(name).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`entry ${escaped} of layer 0 \\(sha256:[0-9a-f]{12}\\)`);
}

describe("an entry that leaves the tree", () => {
  for (const name of [
    "..",
    "../canary/song",
    "a/../../canary/song",
    "a/..",
    "./../canary",
    "/canary/song",
    "////canary/song",
    "C:/canary",
    "c:canary",
    "..\\canary\\song",
    "a\\b",
  ]) {
    test(`file ${name}`, async (t) => {
      const bytes = tar([{ path: "first" }, { path: name, content: "dead" }]);
      await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", named(name));
    });
    test(`directory ${name}`, async (t) => {
      const bytes = tar([{ path: name, type: "directory" }]);
      await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", named(name));
    });
  }

  const ways: Readonly<Record<string, TarMember>> = {
    "pax name": { path: "harmless", pax: { path: "../canary/song" }, content: "dead" },
    "GNU long name": { path: `../canary/${"n".repeat(120)}`, long: "gnu" },
    "ustar prefix": { path: "song", header: { prefix: "../canary" } },
    "old tar without magic": { path: "../canary/song", header: { magic: "" } },
  };
  for (const [way, member] of Object.entries(ways)) {
    test(`by a ${way}`, async (t) => {
      await assertRefused(t, [tar([member])], "UNSAFE_ARCHIVE", /entry "\.\.\/canary\/\w+/);
    });
  }

  test("a title does not make .. safe", async (t) => {
    const layer = { bytes: tarGz({ "app/../../x": "" }), annotations: directoryTitle("app") };
    await assertRefused(t, [layer], "UNSAFE_ARCHIVE", /entry "app\/\.\."|entry "app\/\.\.\//);
  });
});

describe("a name that is not what it seems", () => {
  test("a file in place of the tree itself", async (t) => {
    await assertRefused(t, [tar([{ path: "./." }])], "UNSAFE_ARCHIVE", /the tree itself/);
  });

  test("not UTF-8", async (t) => {
    const bytes = tar([{ path: Buffer.from("caf\xe9", "latin1") }]);
    await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", /not valid UTF-8/);
  });

  test("a NUL in a pax name", async (t) => {
    const bytes = tar([{ path: "seen", pax: { path: "good\0/../../canary/song" } }]);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "seen" .*two readings/);
  });

  test("a line feed in a pax name", async (t) => {
    const bytes = tar([{ path: "seen", pax: { path: "good\nbad" } }]);
    await assertRefused(t, [bytes], "BAD_ARCHIVE", /entry "seen" .*two readings/);
  });

  test("a name made for a terminal shows as harmless", async (t) => {
    const bytes = tar([{ path: "../\x1b[2J\u202egnp\n hint: all is well" }]);
    const error = await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", /entry "\.\.\//);
    assert.doesNotMatch(error.message, /[\x00-\x09\x0b-\x1f\u202e]/);
    assert.equal(error.message.split("\n").length, 2);
  });

  test("a long name is cut in the message", async (t) => {
    const error = await assertRefused(
      t,
      [tar([{ path: `../${"n".repeat(3000)}` }])],
      "UNSAFE_ARCHIVE",
      /nnn…"/,
    );
    assert.ok(error.message.length < 600);
  });
});

describe("limits of names", () => {
  test("a component of 256 bytes", async (t) => {
    const bytes = tar([{ path: `a/${"ü".repeat(128)}` }]);
    const words =
      /entry "a\/ü+.*of layer 0.*limit componentBytes of 255 .*: 256[^]*limits\.componentBytes/;
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", words);
  });

  test("a path of 5000 bytes", async (t) => {
    const bytes = tar([{ path: "deep/".repeat(1000) + "x" }]);
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", /entry "deep\/.*limit pathBytes of 4096/);
  });

  test("20,000 levels", async (t) => {
    const bytes = tar([{ path: `${"d/".repeat(20_000)}x` }]);
    await assertRefused(t, [bytes], "LIMIT_EXCEEDED", /limit pathBytes/);
  });

  test("the title counts", async (t) => {
    const layer = { bytes: tarGz({ abcdef: "" }), annotations: directoryTitle("xyz") };
    const limits = { pathBytes: 9 };
    await assertRefused(t, [layer], "LIMIT_EXCEEDED", /entry "abcdef".*: 10/, { limits });
    await unpackLayers(t, [layer], { limits: { pathBytes: 10 } });
  });
});

describe("names that some file systems take for one", () => {
  for (const [one, other] of [
    ["README", "readme"],
    ["stra\u00dfe", "STRASSE"],
    ["caf\u00e9", "cafe\u0301"],
    ["\ufb01le", "file"],
    ["dir/a", "DIR/b"],
    ["d/e/x", "d/E"],
  ] as const) {
    test(`${one} and ${other}`, async (t) => {
      const bytes = tar([{ path: one }, { path: other }]);
      const error = await assertRefused(t, [bytes], "UNSAFE_ARCHIVE", /case or Unicode form/);
      assert.ok(error.message.includes(JSON.stringify(other)), error.message);
      assert.match(error.hint ?? "", /^set allowNameClashes: true /);
    });
  }

  test("in two layers", async (t) => {
    const layers = [tar([{ path: "a/File" }]), tar([{ path: "a/fILE" }])];
    await assertRefused(t, layers, "UNSAFE_ARCHIVE", /entry "a\/fILE" of layer 1/);
  });
});
