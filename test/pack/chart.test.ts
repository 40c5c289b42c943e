/** Helm charts: what `helm push` would make of the same archive, and what is no chart. */
import * as assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { PackedArtifact } from "../../provider/pack/artifact";
import { chartMetadata } from "../../provider/pack/chart-metadata";
import { packArtifact } from "../../provider/pack/pack";
import type { ChartRequest } from "../../provider/pack/request";
import { readSource } from "../../provider/pack/source";
import { sha256, tarGz } from "../support/archives";
import { folderFor } from "../support/folder-for-test";
import { bytesOf, makeTree, treeOnDisk, unpackArtifact, type TreeSpec } from "./trees";

/** JSON is YAML, and needs no library. */
const parseYaml = (text: string): unknown => JSON.parse(text) as unknown;

const CHART = {
  apiVersion: "v2",
  name: "app",
  version: "1.2.3+build.4",
  appVersion: 1.5,
  description: "Runs <the>\napp & more",
  home: "https://app.example",
  sources: ["https://git.example/app", "https://git.example/other"],
  maintainers: [{ name: "Ada", email: "ada@app.example" }, { name: "Grace" }],
  kubeVersion: ">=1.28.0",
  annotations: { "example.com/team": "core", "org.opencontainers.image.title": "not this" },
  deprecated: false,
  unknown: "dropped",
};

/** Byte for byte as Helm writes the config of this chart. */
const CONFIG =
  '{"name":"app","home":"https://app.example","sources":["https://git.example/app","https://git.example/other"],' +
  '"version":"1.2.3+build.4","description":"Runs \\u003cthe\\u003e app \\u0026 more",' +
  '"maintainers":[{"name":"Ada","email":"ada@app.example"},{"name":"Grace"}],"apiVersion":"v2","appVersion":"1.5",' +
  '"annotations":{"example.com/team":"core","org.opencontainers.image.title":"not this"},"kubeVersion":"\\u003e=1.28.0"}';

const TREE: TreeSpec = {
  "Chart.yaml": JSON.stringify(CHART),
  "values.yaml": "a: 1\n",
  "templates/cm.yaml": "kind: ConfigMap\n",
};

interface World {
  readonly folder: string;
  readonly pack: (request: Omit<ChartRequest, "kind" | "parseYaml">) => Promise<PackedArtifact>;
}

async function worldFor(t: TestContext): Promise<World> {
  const folder = folderFor(t);
  const staging = join(folder, "staging");
  await mkdir(staging);
  return {
    folder,
    pack: (request) => packArtifact({ kind: "helm-chart", parseYaml, ...request }, { staging }),
  };
}

function archiveOf(files: TreeSpec): Buffer {
  const below = Object.entries(files).map(([path, text]) => [`app/${path}`, text] as const);
  return tarGz(Object.fromEntries(below) as Record<string, string>);
}

describe("a chart", () => {
  test("that is an archive is pushed as it is, with its provenance, as Helm does it", async (t) => {
    const { folder, pack } = await worldFor(t);
    const archive = archiveOf(TREE);
    const chart = join(folder, "app-1.2.3.tgz");
    await writeFile(chart, archive);
    await writeFile(`${chart}.prov`, "signed");
    const artifact = await pack({
      chart,
      provenance: `${chart}.prov`,
      annotations: { "org.opencontainers.image.created": "2024-01-01T00:00:00Z" },
    });
    const layers = [
      {
        mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        digest: sha256(archive),
        size: archive.length,
      },
      {
        mediaType: "application/vnd.cncf.helm.chart.provenance.v1.prov",
        digest: sha256("signed"),
        size: 6,
      },
    ].sort((a, b) => (a.digest < b.digest ? -1 : 1));
    assert.equal(
      artifact.manifest.bytes.toString(),
      JSON.stringify({
        schemaVersion: 2,
        config: {
          mediaType: "application/vnd.cncf.helm.config.v1+json",
          digest: sha256(CONFIG),
          size: CONFIG.length,
        },
        layers,
        annotations: {
          "example.com/team": "core",
          "org.opencontainers.image.authors": "Ada (ada@app.example), Grace",
          "org.opencontainers.image.created": "2024-01-01T00:00:00Z",
          "org.opencontainers.image.description": "Runs LTtheGT app AND more",
          "org.opencontainers.image.source": "https://git.example/app",
          "org.opencontainers.image.title": "app",
          "org.opencontainers.image.url": "https://app.example",
          "org.opencontainers.image.version": "1.2.3+build.4",
        },
      })
        .replace("LT", "\\u003c")
        .replace("GT", "\\u003e")
        .replace("AND", "\\u0026"),
    );
    assert.equal((await bytesOf(artifact.blobs[0])).toString(), CONFIG);
    assert.equal(artifact.contentDigest, undefined, "its bytes were not made here");
  });

  test("that is a directory is packed below its name", async (t) => {
    const { folder, pack } = await worldFor(t);
    const source = await readSource(await makeTree(join(folder, "anything"), TREE));
    const artifact = await pack({ chart: source });
    const pulled = await unpackArtifact(folder, artifact);
    assert.equal(pulled.contentDigest, artifact.contentDigest);
    assert.deepEqual(Object.keys(await treeOnDisk(pulled.staging, pulled.entries)), [
      "app",
      "app/Chart.yaml",
      "app/templates",
      "app/templates/cm.yaml",
      "app/values.yaml",
    ]);
    assert.equal((await bytesOf(artifact.blobs[0])).toString(), CONFIG);
  });

  test("tells what Helm would have made otherwise of a directory", async (t) => {
    const { folder, pack } = await worldFor(t);
    const spec = { ...TREE, ".helmignore": "*.bak\n", "values-link.yaml": { link: "values.yaml" } };
    const source = await readSource(await makeTree(join(folder, "tree"), spec));
    assert.deepEqual((await pack({ chart: source })).warnings, [
      'Helm does not keep symlinks: "app/values-link.yaml"',
      "the chart's .helmignore is not read: leave out by exclude what it names",
    ]);
  });

  test("needs its dependencies beside it, packed or not", async (t) => {
    const { folder, pack } = await worldFor(t);
    const dependencies = ["db", "cache"].map((name) => ({ name, version: "1", repository: "" }));
    const chart = JSON.stringify({ ...CHART, dependencies });
    const bare = await makeTree(join(folder, "bare"), { "Chart.yaml": chart });
    await assert.rejects(pack({ chart: await readSource(bare) }), {
      code: "INVALID_INPUT",
      message: /not in charts\/: db, cache\nhint: run `helm dependency update`/,
    });
    const whole = await makeTree(join(folder, "whole"), {
      "Chart.yaml": chart,
      "charts/db-1.tgz": "",
      "charts/cache/Chart.yaml": "",
    });
    assert.equal((await pack({ chart: await readSource(whole) })).blobs.length, 2);
  });

  test("with a provenance is an archive", async (t) => {
    const { folder, pack } = await worldFor(t);
    const chart = await readSource(await makeTree(join(folder, "tree"), TREE));
    await assert.rejects(
      pack({ chart, provenance: "x.prov" }),
      /a provenance file is about one archive/,
    );
  });

  test("is known by the Chart.yaml of its own folder", async (t) => {
    const { folder, pack } = await worldFor(t);
    const chart = join(folder, "x.tgz");
    const hint = /\nhint: give an archive that `helm package` has made/;
    for (const [bytes, words] of [
      [Buffer.from("no gzip"), /x\.tgz: it is no tar\+gzip that can be read/],
      [archiveOf(TREE).subarray(0, 100), /x\.tgz: it is no tar\+gzip that can be read/],
      [tarGz({ "Chart.yaml": "{}" }), /x\.tgz: it has no Chart\.yaml in its one folder/],
      [tarGz({ "app/charts/db/Chart.yaml": "{}" }), /it has no Chart\.yaml in its one folder/],
      [tarGz({ "app/Chart.yaml": Buffer.alloc(1024 ** 2 + 1) }), /has more than 1 MiB/],
    ] as const) {
      await writeFile(chart, bytes);
      await assert.rejects(pack({ chart }), { code: "INVALID_INPUT", message: words });
      await assert.rejects(pack({ chart }), hint);
    }
    await writeFile(chart, tarGz({ "app/Chart.yaml": "{" }));
    await assert.rejects(pack({ chart }), /x\.tgz: Chart\.yaml is no YAML: .*JSON/);
    const source = await readSource(await makeTree(join(folder, "tree"), { a: "" }));
    await assert.rejects(pack({ chart: source }), /tree: it has no file Chart\.yaml/);
  });
});

describe("Chart.yaml", () => {
  test("is read as Helm reads it", () => {
    const { config } = chartMetadata(
      {
        ...{ apiVersion: "v2", name: "a", version: "1.0.0", type: "library", deprecated: true },
        keywords: ["one", 2],
        annotations: { z: true, a: null },
        dependencies: [
          {
            name: "d",
            condition: "d.enabled",
            "import-values": ["x", { parent: "b", child: "a" }],
          },
        ],
      },
      "x",
    );
    assert.equal(
      config.toString(),
      '{"name":"a","version":"1.0.0","keywords":["one","2"],"apiVersion":"v2","deprecated":true,' +
        '"annotations":{"a":"","z":"true"},"dependencies":[{"name":"d","repository":"","condition":"d.enabled",' +
        '"import-values":["x",{"child":"a","parent":"b"}]}],"type":"library"}',
    );
  });

  const good = { apiVersion: "v2", name: "a", version: "1.0.0" };
  for (const [value, words] of [
    [[], /Chart\.yaml holds no map/],
    [{ ...good, name: undefined }, /Chart\.yaml has no name/],
    [{ ...good, name: "a/b" }, /the name "a\/b" is a path/],
    [{ ...good, name: ".." }, /the name "\.\." is a path/],
    [{ ...good, version: "" }, /Chart\.yaml has no version/],
    [{ ...good, version: "one" }, /the version "one" is no semantic version/],
    [{ ...good, apiVersion: "v3" }, /no apiVersion v1 or v2/],
    [{ ...good, type: "plugin" }, /neither "application" nor "library"/],
    [{ ...good, keywords: "x" }, /keywords is no list/],
    [{ ...good, maintainers: [null] }, /an item of maintainers is no map/],
    [{ ...good, home: {} }, /home is no text/],
    [{ ...good, deprecated: "yes" }, /deprecated is neither true nor false/],
  ] as const) {
    test(`is refused: ${words.source}`, () => {
      assert.throws(() => chartMetadata(value, "charts/a"), {
        code: "INVALID_INPUT",
        message: new RegExp(`^cannot pack charts/a: .*${words.source}\nhint: correct Chart\\.yaml`),
      });
    });
  }
});
