/**
 * What is measured against whom, and how fast we have to be. One table; the rest follows from it.
 */
import * as artifacts from "./artifacts";
import type { Tagged } from "./artifacts";
import { CRANE, HELM, ORAS, ORAS_EACH, OURS_BY_LIST, TOFU, type Contender } from "./contenders";

/** A program that pulls the same content. */
export interface Rival {
  readonly contender: Contender;
  /** Of the artifact's tags the one that it understands. */
  readonly tag: string;
  /** The most that our wall time may be of its, by `--must`; undefined where it only is of interest. */
  readonly most?: number;
}

export interface Case {
  /** For the reader of the table. */
  readonly content: string;
  readonly make: () => Tagged;
  /** Where everything is written: in memory the program shows, on a disk mostly the disk. */
  readonly place: "memory" | "disk";
  /** How the registry is asked. Default: over plain HTTP. */
  readonly scheme?: "https";
  /** How we pull it. Default: one reference by one call. */
  readonly ours?: Contender;
  /** The tag that we pull. */
  readonly tag: string;
  readonly rivals: readonly Rival[];
  /** The most of memory that we may use, by `--must`. */
  readonly mostBytes?: number;
}

const MEGABYTE = 1e6;

/** By name, as `npm run bench -- NAME` takes it. */
export const CASES: Readonly<Record<string, Case>> = {
  many: {
    content: "20,000 files, 60 MiB, tar+gzip",
    make: () => artifacts.manyFiles(),
    place: "memory",
    tag: "image",
    rivals: [
      { contender: CRANE, tag: "image", most: 1.0 },
      { contender: ORAS, tag: "directory", most: 0.5 },
    ],
  },
  "many-disk": {
    content: "the same, on a disk",
    make: () => artifacts.manyFiles(),
    place: "disk",
    tag: "image",
    rivals: [{ contender: CRANE, tag: "image", most: 0.6 }],
  },
  big: {
    content: "5 files, 512 MiB, tar+gzip",
    make: () => artifacts.bigFiles(),
    place: "memory",
    tag: "image",
    rivals: [
      { contender: CRANE, tag: "image", most: 0.9 },
      { contender: ORAS, tag: "directory" },
    ],
  },
  "huge-raw": {
    content: "one blob of 1 GiB",
    make: () => artifacts.rawFile(),
    place: "memory",
    tag: "raw",
    rivals: [{ contender: ORAS, tag: "raw", most: 1.25 }],
    mostBytes: 200 * MEGABYTE,
  },
  zip: {
    content: "an OpenTofu module of 5,001 files",
    make: () => artifacts.zipModule(),
    place: "memory",
    scheme: "https",
    tag: "module",
    rivals: [{ contender: TOFU, tag: "module", most: 1.2 }],
  },
  layers: {
    content: "24 layers of 1 MiB",
    make: () => artifacts.manyLayers(),
    place: "memory",
    tag: "image",
    rivals: [{ contender: CRANE, tag: "image" }],
  },
  fleet: {
    content: "100 artifacts of 20 files, 50 KiB each",
    make: () => artifacts.fleet(),
    place: "memory",
    ours: OURS_BY_LIST,
    tag: "image",
    rivals: [{ contender: ORAS_EACH, tag: "directory" }],
  },
  chart: {
    content: "a chart of 32 files",
    make: () => artifacts.chart(),
    place: "memory",
    tag: "1.0.0",
    rivals: [{ contender: HELM, tag: "1.0.0" }],
  },
};
