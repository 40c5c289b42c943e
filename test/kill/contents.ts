/**
 * What the killed runs pull, place and publish: two versions of a few files, many, large ones, and
 * layers of several kinds. The same in each process, so that a seed means the same everywhere.
 */
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish, type LayerContent } from "../support/artifacts";
import type { TestRegistry } from "../support/registry-types";
import { zip } from "../support/zips";
import { randomOf } from "../fuzz/random";

export type Files = Readonly<Record<string, string>>;

export const OLD: Files = { "a.txt": "old", "dir/b.txt": "old", "old.txt": "old", same: "same" };
export const NEW: Files = { "a.txt": "new", "dir/b.txt": "new", "new/c.txt": "new", same: "same" };

/** Of somebody else, in the same folders. */
export const FOREIGN: Files = { "mine.txt": "mine", "dir/mine.txt": "mine, too" };

/** Enough files that unpacking takes a while, in the calling thread. */
export const MANY: Files = Object.fromEntries(
  Array.from({ length: 300 }, (_, at) => [`many/${at % 7}/${at}`, `number ${at}`]),
);

const LARGE_FILES = 120;
const LARGE_BYTES = 40 * 1024;

/** Enough bytes, compressed, that threads unpack them while they are fetched. */
export const LARGE: Files = largeFiles();

function largeFiles(): Files {
  const random = randomOf(11);
  const text = (): string => {
    const bytes = Buffer.alloc(LARGE_BYTES);
    for (let at = 0; at < bytes.length; at += 2) bytes.writeUInt16LE(random.below(65_536), at);
    return bytes.toString("base64");
  };
  return Object.fromEntries(
    Array.from({ length: LARGE_FILES }, (_, at) => [`large/${at}`, text()]),
  );
}

/** One layer: a tar. */
export function tarLayer(files: Files): LayerContent {
  return { bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip };
}

/** Layers of three kinds that come to the files of {@link MIXED}. */
export function mixedLayers(): readonly LayerContent[] {
  const { "single.txt": single = "", ...others } = MIXED;
  const members = Object.entries(inFolders(others, true)).map(([path, content]) => ({
    path,
    content,
  }));
  return [
    tarLayer(inFolders(others, false)),
    { bytes: zip(members), mediaType: "application/zip" },
    { bytes: single, mediaType: "text/plain", title: "single.txt" },
  ];
}

export const MIXED: Files = {
  "a.txt": "mixed",
  "z/b.txt": "zipped",
  "z/c.txt": "c",
  "single.txt": "1",
};

/** Those in folders, or the others. */
function inFolders(files: Files, which: boolean): Files {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.includes("/") === which));
}

/** Publishes layers as team/app. */
export function publishLayers(
  registry: TestRegistry,
  layers: readonly LayerContent[],
  tag = "1",
  repository = "team/app",
): void {
  publish(registry, repository, tag, { layers });
}
