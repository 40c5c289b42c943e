/** Which layers and entries a selection takes, in one form whatever way it was written. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planContent } from "../../provider/content/plan";
import { selectEntries } from "../../provider/content/select-entries";
import { selectionOf, type EntrySelection, type Selection } from "../../provider/content/selection";
import { treeKey } from "../../provider/tree-key";
import type { Descriptor, ImageManifest, TreeEntry } from "../../provider/types";

const TAR = "application/vnd.oci.image.layer.v1.tar+gzip";
const DIGEST = `sha256:${"a".repeat(64)}`;

function layer(mediaType: string, title?: string, unpack = false): Descriptor {
  const annotations = {
    ...(title === undefined ? {} : { "org.opencontainers.image.title": title }),
    ...(unpack ? { "io.deis.oras.content.unpack": "true" } : {}),
  };
  return { mediaType, digest: DIGEST, size: 9, annotations };
}

const MANIFEST: ImageManifest = {
  kind: "manifest",
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  layers: [
    layer(TAR),
    layer("application/json", "config.json"),
    layer("application/vnd.oci.empty.v1+json"),
    layer(TAR, "charts.tgz"),
    layer("application/json; charset=utf-8", "values.json"),
    layer(TAR, "docs", true),
  ],
  annotations: {},
};

function planOf(given: Selection) {
  return planContent(MANIFEST, "host/r:1", undefined, selectionOf(given));
}

describe("the canonical form", () => {
  test("is the same for all ways to write one selection", () => {
    const wanted = { layers: [0, 2, 10], subPath: "a/b", include: ["a", "b"] };
    assert.deepEqual(
      selectionOf({ include: ["b", "a", "b"], subPath: "./a//b/", layers: [10, 2, 0, 2] }),
      wanted,
    );
    assert.deepEqual(
      JSON.stringify(selectionOf({ exclude: ["x"], mediaTypes: ["y"] })),
      '{"mediaTypes":["y"],"exclude":["x"]}',
    );
  });

  test("has nothing that selects everything or allows nothing", () => {
    const all = { mediaTypes: [], titles: [], layers: [], include: [], exclude: [] };
    const nothing = { allowOverwrite: false, allowNameClashes: false, allowEmpty: false };
    const everything: Selection = {
      ...{ ...all, ...nothing },
      ...{ extract: "auto", stripComponents: 0, subPath: "." },
    };
    assert.deepEqual(selectionOf(everything), {});
    assert.deepEqual(Object.keys(planOf(everything)), ["layers", "isImage"]);
  });

  test("is another tree for another selection, and the plain one without any", () => {
    const selections: readonly Selection[] = [
      {},
      { mediaTypes: ["a"] },
      { titles: ["a"] },
      { layers: [1] },
      { extract: "always" },
      { extract: "never" },
      { stripComponents: 1 },
      { subPath: "a" },
      { include: ["a"] },
      { exclude: ["a"] },
      { allowOverwrite: true },
      { allowNameClashes: true },
      { allowEmpty: true },
    ];
    const keys = selections.map((given) => treeKey("app", DIGEST, selectionOf(given)));
    assert.equal(new Set(keys.map(({ key }) => key)).size, selections.length);
    assert.equal(new Set(keys.map(({ name }) => name)).size, selections.length);
    assert.deepEqual(keys[0], { name: `app-${"a".repeat(16)}`, key: DIGEST });
  });
});

describe("layers", () => {
  const cases: readonly [Selection, readonly number[]][] = [
    [{}, [0, 1, 3, 4, 5]],
    [{ mediaTypes: ["application/json"] }, [1, 4]],
    [{ mediaTypes: ["application/json", TAR] }, [0, 1, 3, 4, 5]],
    [{ titles: ["docs", "config.json", "missing"] }, [1, 5]],
    [{ layers: [4, 0] }, [0, 4]],
    [{ layers: [0, 3, 4], mediaTypes: [TAR] }, [0, 3]],
    [{ layers: [0, 3, 4], mediaTypes: [TAR], titles: ["charts.tgz"] }, [3]],
  ];
  for (const [given, indexes] of cases) {
    test(`${JSON.stringify(given)}: ${indexes.join(", ")}`, () => {
      assert.deepEqual(
        planOf(given).layers.map(({ index }) => index),
        indexes,
      );
    });
  }

  for (const given of [
    { mediaTypes: ["application/JSONX"] },
    { titles: ["config"] },
    { layers: [2] },
    { layers: [6] },
    { layers: [0], titles: ["docs"] },
  ]) {
    test(`${JSON.stringify(given)}: none, and the error lists them all`, () => {
      const names = Object.keys(given);
      assert.throws(() => planOf(given), {
        code: "NO_MATCHING_LAYER",
        message: [
          `cannot choose layers of host/r:1: ${names.length === 1 ? `${names.join()} matches` : "titles and layers together match"} none of its layers`,
          `  layer 0: ${TAR}, no title`,
          '  layer 1: application/json, title "config.json"',
          `  layer 3: ${TAR}, title "charts.tgz"`,
          '  layer 4: application/json; charset=utf-8, title "values.json"',
          `  layer 5: ${TAR}, title "docs"`,
          `hint: correct ${names.length === 1 ? names.join() : "titles or layers"}: the layers above are all there are; or set allowEmpty: true to take none`,
        ].join("\n"),
      });
    });
  }
});

test("no layer, no entry and no such folder, where nothing is what is wanted", () => {
  const allowEmpty = true;
  for (const given of [{ titles: ["config"] }, { layers: [2] }]) {
    const plan = planOf({ ...given, allowEmpty });
    assert.deepEqual(plan, { layers: [], isImage: false, allowances: { allowEmpty } });
  }
  const entries = entriesOf("a/b", "c");
  for (const selection of [{ include: ["x"] }, { stripComponents: 2 }, { subPath: "a/x" }]) {
    assert.deepEqual(selectEntries(entries, selection, "x", { allowEmpty }), []);
  }
  const wrong = (): unknown => selectEntries(entries, { subPath: "c" }, "x", { allowEmpty });
  assert.throws(wrong, { code: "NOT_FOUND" }, "a file is no folder without files");
});

describe("extract", () => {
  const formsOf = (extract: "auto" | "always" | "never") =>
    planOf({ extract }).layers.map(({ form }) =>
      form.kind === "archive" ? `unpack at /${form.directory}` : `${form.kind} ${form.name}`,
    );

  test("auto", () => {
    assert.deepEqual(formsOf("auto"), [
      "unpack at /",
      "file config.json",
      "file charts.tgz",
      "file values.json",
      "unpack at /docs",
    ]);
  });

  test("always: what has a title is looked into", () => {
    assert.deepEqual(formsOf("always"), [
      "unpack at /",
      "detect config.json",
      "detect charts.tgz",
      "detect values.json",
      "unpack at /docs",
    ]);
  });

  test("never: every layer is a file", () => {
    assert.deepEqual(formsOf("never"), [
      "file blob-0.tar.gz",
      "file config.json",
      "file charts.tgz",
      "file values.json",
      "file docs",
    ]);
  });

  test("never: names of untitled archives say what they are", () => {
    for (const [type, name] of [
      [TAR, "blob-0.tar.gz"],
      ["application/vnd.docker.image.rootfs.diff.tar.gzip", "blob-0.tar.gz"],
      ["application/vnd.example.tgz", "blob-0.tar.gz"],
      ["application/vnd.oci.image.layer.v1.tar", "blob-0.tar"],
      ["application/x-tar", "blob-0.tar"],
      ["application/vnd.oci.image.layer.v1.tar+zstd", "blob-0.tar.zst"],
      ["application/zip", "blob-0.zip"],
    ] as const) {
      const manifest = { ...MANIFEST, layers: [layer(type)] };
      const [planned] = planContent(manifest, "x", undefined, { extract: "never" }).layers;
      assert.deepEqual(planned?.form, { kind: "file", name }, type);
    }
    const root = { ...MANIFEST, layers: [layer(TAR, ".", true)] };
    const [planned] = planContent(root, "x", undefined, { extract: "never" }).layers;
    assert.deepEqual(planned?.form, { kind: "file", name: "blob-0.tar.gz" });
  });
});

/** Entries with all their folders; a name that ends with "/" is an empty folder. */
function entriesOf(...names: readonly string[]): readonly TreeEntry[] {
  const paths = new Map<string, TreeEntry>();
  for (const name of names) {
    const parts = name.replace(/\/$/, "").split("/");
    parts.forEach((_, index) => {
      const path = parts.slice(0, index + 1).join("/");
      const isFile = index === parts.length - 1 && !name.endsWith("/");
      paths.set(path, { path, type: isFile ? "file" : "directory", mode: 0o644, size: 0 });
    });
  }
  return [...paths.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

describe("entries", () => {
  const all = entriesOf(
    ".hidden/x.yaml",
    "README.md",
    "app-1.2/charts/a.yaml",
    "app-1.2/charts/deep/b.yaml",
    "app-1.2/charts/deep/.c.yaml",
    "app-1.2/docs/d.md",
    "app-1.2/empty/",
  );
  const namesOf = (selection: EntrySelection) =>
    selectEntries(all, selection, "x").map(({ entry: { path, type } }) =>
      type === "directory" ? `${path}/` : path,
    );

  const cases: readonly [EntrySelection, readonly string[]][] = [
    [{ include: ["*.md"] }, ["README.md"]],
    [{ include: ["**/*.md"] }, ["README.md", "app-1.2/", "app-1.2/docs/", "app-1.2/docs/d.md"]],
    [
      { include: ["**/*.yaml"], exclude: ["**/deep/**"] },
      [".hidden/", ".hidden/x.yaml", "app-1.2/", "app-1.2/charts/", "app-1.2/charts/a.yaml"],
    ],
    [{ exclude: ["app-1.2/**", ".hidden/**"] }, ["README.md"]],
    [{ include: ["**/empty"] }, ["app-1.2/", "app-1.2/empty/"]],
    [
      { stripComponents: 1 },
      [
        "x.yaml",
        "charts/",
        "charts/a.yaml",
        "charts/deep/",
        "charts/deep/.c.yaml",
        "charts/deep/b.yaml",
        "docs/",
        "docs/d.md",
        "empty/",
      ],
    ],
    [{ stripComponents: 1, subPath: "charts" }, ["a.yaml", "deep/", "deep/.c.yaml", "deep/b.yaml"]],
    [{ subPath: "app-1.2/charts/deep" }, [".c.yaml", "b.yaml"]],
    [
      { stripComponents: 1, subPath: "charts", include: ["**/*.yaml"], exclude: ["a*"] },
      ["deep/", "deep/.c.yaml", "deep/b.yaml"],
    ],
    [{ stripComponents: 2 }, ["a.yaml", "deep/", "deep/.c.yaml", "deep/b.yaml", "d.md"]],
  ];
  for (const [selection, names] of cases) {
    test(JSON.stringify(selection), () => {
      assert.deepEqual(namesOf(selection), names);
    });
  }

  test("a mark in front of a glob is a letter", () => {
    assert.throws(() => namesOf({ include: ["!README.md"] }), { code: "NO_MATCHING_LAYER" });
  });

  test("none left: the error counts what each input leaves", () => {
    const selection = { stripComponents: 1, subPath: "charts", include: ["*"], exclude: ["a.*"] };
    assert.throws(() => namesOf(selection), {
      code: "NO_MATCHING_LAYER",
      message: [
        "cannot extract x: none of its files and links is selected",
        "  the content has 6",
        "  stripComponents 1 leaves 5",
        '  subPath "charts" leaves 3',
        "  include leaves 1",
        "  exclude leaves 0",
        "hint: correct the one that leaves none; globs are relative to what stripComponents and subPath leave; or set allowEmpty: true to take none",
      ].join("\n"),
    });
  });

  test("a folder that is not there, or is a file: the error lists the folders", () => {
    for (const subPath of ["chart", "README.md", "app-1.2/char"]) {
      assert.throws(() => namesOf({ subPath }), {
        code: "NOT_FOUND",
        message:
          /^cannot extract subPath ".+" of x: the content has no such folder\n {2}\.hidden\n/,
      });
    }
  });
});
