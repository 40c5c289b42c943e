/**
 * The artifacts that are pulled in the benchmarks: made in memory, the same bytes in every run, on
 * every machine. It touches no file and no registry.
 */
import { createCipheriv } from "node:crypto";
import { digestOf } from "../provider/digest";
import { gzip, tar, tarGz, tarOf, type TarMember } from "../test/support/archives";
import { buildArtifact, MEDIA_TYPES, type Artifact } from "../test/support/artifacts";
import { zip } from "../test/support/zips";

const MIB = 1024 ** 2;

/** The folder that holds everything: ORAS gives an archive that it unpacks the title of that. */
const TITLE = "content";

/** One artifact, with a manifest for each kind of program that reads it, by tag. */
export type Tagged = Readonly<Record<string, Artifact>>;

/**
 * 20,000 files of 3 KiB in 1,300 folders, each folder with all its files together, as tools pack them:
 * a repository of schemas, a module with all its parts.
 */
export function manyFiles(count = 20_000): Tagged {
  const files = Array.from({ length: count }, (_, index) => {
    const part = `part-${Math.floor((index % 200) / 18)}`;
    const folder = `${TITLE}/package-${Math.floor(index / 200)}/${part}`;
    return [`${folder}/definition-${index}.yaml`, text(1_200 + ((index * 37) % 3_960), index)];
  });
  return everyForm(tarOf(Object.fromEntries(files) as Record<string, Buffer>));
}

/** 5 files of 102 MiB each, of which more than half cannot be compressed. */
export function bigFiles(bytes = 512 * MIB): Tagged {
  const files = Array.from({ length: 5 }, (_, index): TarMember => {
    const pieces = Array.from({ length: Math.ceil(bytes / 5 / MIB) }, (_, piece) => {
      const seed = index * 1_000 + piece;
      return Buffer.concat([noise(0.57 * MIB, seed), text(0.43 * MIB, seed)]);
    });
    return { path: `${TITLE}/model-${index}.bin`, content: Buffer.concat(pieces) };
  });
  return everyForm(tar(files));
}

/** One layer that is one file and no archive. */
export function rawFile(bytes = 1024 * MIB): Tagged {
  return { raw: rawOf(noise(bytes, 1)) };
}

/** The same of 100 MiB, for what grows with the size. */
export function rawTenth(bytes = 100 * MIB): Tagged {
  return { "raw-tenth": rawOf(noise(bytes, 2)) };
}

function rawOf(bytes: Buffer): Artifact {
  const layer = { bytes, mediaType: "application/octet-stream", title: "raw.bin" };
  return buildArtifact({ layers: [layer] });
}

/** An image of 24 layers of 1 MiB and 61 files each. */
export function manyLayers(count = 24): Tagged {
  const archives = Array.from({ length: count }, (_, layer) => {
    const files = Array.from({ length: 61 }, (_, index) => {
      const content = noise(17 * 1024, layer * 100 + index);
      return [`layer-${layer}/file-${index}.bin`, content] as const;
    });
    return tarOf(Object.fromEntries(files));
  });
  return { image: imageOf(archives) };
}

/** A module for OpenTofu: 5,001 files. */
export function zipModule(count = 5_000): Tagged {
  const files = Array.from({ length: count }, (_, index) => ({
    path: `schemas/group-${Math.floor(index / 100)}/schema-${index}.json`,
    content: text(1_000 + ((index * 53) % 4_000), index),
  }));
  const bytes = zip([{ path: "main.tf", content: 'output "it" { value = "works" }\n' }, ...files]);
  const artifactType = "application/vnd.opentofu.modulepkg";
  return { module: buildArtifact({ artifactType, layers: [{ bytes, mediaType: "archive/zip" }] }) };
}

/** A chart of 32 files; its tag is its version, and its repository ends with its name. */
export function chart(): Tagged {
  const metadata = { apiVersion: "v2", name: "chart", version: "1.0.0" };
  const templates = Array.from({ length: 30 }, (_, index) => [
    `chart/templates/part-${index}.yaml`,
    text(1_500, index),
  ]);
  const files = {
    "chart/Chart.yaml": JSON.stringify(metadata),
    "chart/values.yaml": "replicas: 1\n",
    ...(Object.fromEntries(templates) as Record<string, Buffer>),
  };
  const config = {
    bytes: JSON.stringify(metadata),
    mediaType: "application/vnd.cncf.helm.config.v1+json",
  };
  const mediaType = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
  // Without entries for directories, as Helm packs.
  const layer = { bytes: tarGz(files, { directories: false }), mediaType };
  return { "1.0.0": buildArtifact({ config, layers: [layer] }) };
}

/** One archive as each program wants it. */
function everyForm(archive: Buffer): Tagged {
  return { image: imageOf([archive]), directory: directoryOf(archive), flux: fluxOf(archive) };
}

function imageOf(archives: readonly Buffer[]): Artifact {
  const config = {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: archives.map((archive) => digestOf(archive)) },
  };
  return buildArtifact({
    config: { bytes: JSON.stringify(config), mediaType: MEDIA_TYPES.imageConfig },
    layers: archives.map((archive) => ({ bytes: gzip(archive), mediaType: MEDIA_TYPES.tarGzip })),
  });
}

/** The same as ORAS packs a directory. */
function directoryOf(archive: Buffer): Artifact {
  const layer = { bytes: gzip(archive), mediaType: MEDIA_TYPES.tarGzip };
  return buildArtifact({ layers: [{ ...layer, title: TITLE, unpack: true }] });
}

/** As Flux pushes a directory. */
function fluxOf(archive: Buffer): Artifact {
  const mediaType = "application/vnd.cncf.flux.content.v1.tar+gzip";
  const config = { bytes: "{}", mediaType: "application/vnd.cncf.flux.config.v1+json" };
  return buildArtifact({ config, layers: [{ bytes: gzip(archive), mediaType }] });
}

/** Small artifacts of 20 files and 50 KiB, as `image-0` and on, and the same as ORAS packs them. */
export function fleet(count = 100): Tagged {
  return several(count, (artifact) =>
    Array.from({ length: 20 }, (_, index) => noise(2_500, artifact * 100 + index)),
  );
}

/** The same of 1 to 100 files, of which `image-0` is the largest: what a stack may vendor. */
export function mixed(count: number): Tagged {
  return several(count, (artifact) => {
    const length = artifact === 0 ? 100 : 1 + ((artifact * 37) % 99);
    return Array.from({ length }, (_, index) => text(500 + ((index * 53) % 2_500), artifact));
  });
}

function several(count: number, contentsOf: (artifact: number) => readonly Buffer[]): Tagged {
  const tagged = Array.from({ length: count }, (_, artifact) => {
    const files = contentsOf(artifact).map((content, index) => {
      return [`${TITLE}/part-${artifact}/file-${index}.bin`, content] as const;
    });
    const archive = tarOf(Object.fromEntries(files));
    return [
      [`image-${artifact}`, imageOf([archive])],
      [`directory-${artifact}`, directoryOf(archive)],
    ] as const;
  });
  return Object.fromEntries(tagged.flat());
}

/** Bytes that no program can compress, the same for the same seed. */
export function noise(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(
    Buffer.alloc(Math.floor(length)),
  );
}

const WORDS = Array.from({ length: 128 }, (_, index) =>
  noise(8, index)
    .toString("hex")
    .slice(0, 6 + (index % 11)),
);

/** Lines of words, which come to a fifth or so when they are compressed. */
export function text(length: number, seed: number): Buffer {
  const lines = Array.from(
    noise(length / 6, seed),
    (byte, index) => `${WORDS[byte % WORDS.length] ?? ""}${index % 8 === 7 ? "\n" : " "}`,
  );
  return Buffer.from(lines.join("").padEnd(length, "#")).subarray(0, Math.floor(length));
}
