/**
 * What is measured against whom, and how fast we want and have to be. One table; the rest follows.
 */
import * as artifacts from "./artifacts";
import type { Tagged } from "./artifacts";
import { CRANE, FLUX, HELM, ORAS, orasEach, TOFU, TOFU_AGAIN, type Contender } from "./contenders";
import type { Network } from "./network";
import { oursBy } from "./ourselves";

/** A program that pulls the same content. */
export interface Rival {
  readonly contender: Contender;
  /** Of the artifact's tags the one that it understands. */
  readonly tag: string;
  /** The most that ours may be of its: what we aim at, and by `--must`; else it is of interest only. */
  readonly aim?: number;
  readonly must?: number;
  /** What of them is compared. Default: the wall time. */
  readonly by?: "memory";
  /** It pulls something else, so that nobody compares the content. */
  readonly isOther?: true;
}

interface Common {
  /** For the reader of the table. */
  readonly content: string;
  readonly make: () => Tagged;
  /** What is between us and the registry. Default: nothing. */
  readonly network?: Network;
}

/** Whole processes of the command and of its peers, by turns. */
export interface Race extends Common {
  readonly kind: "race";
  /**
   * Where everything is written: in memory the program shows, on a disk mostly the disk. On a busy one
   * the folder of each run is deleted as soon as it is over: a disk that has deleted many files of late.
   */
  readonly place: "memory" | "disk" | "busy disk";
  /** How the registry is asked. Default: over plain HTTP. */
  readonly scheme?: "https";
  /** How we pull it. Default: one reference by one call, from nothing. */
  readonly ours?: Contender;
  /** The tag that we pull. */
  readonly tag: string;
  readonly rivals: readonly Rival[];
  /** The most of memory that we may use, by `--must`. */
  readonly mostBytes?: number;
  /** The most that we want to write, of the blobs and the tree each once. */
  readonly mostWritten?: number;
  /** Of each program, where waiting makes up most of it. Default 5, on a disk 3. */
  readonly rounds?: number;
}

/** What a run of Pulumi finds, in the order in which a stack lives. */
export type Moment = "cold" | "preview" | "unchanged" | "cached";

/** A stack of the real engine, beside one with as many resources of a provider that does nothing. */
export interface Stack extends Common {
  readonly kind: "stack";
  /** Resources; their tags are `image-0` and on. */
  readonly count: number;
  /** Whether it lives on behind its first `up`. */
  readonly moments: "all" | "first";
  /** Milliseconds that we want each artifact to take more than the stand-in. */
  readonly aims?: Readonly<Partial<Record<Moment, number>>>;
  /** The most that we want to take of a stack with `image-0` alone, in its first `up`. */
  readonly aimOfAlone?: number;
}

export type Case = Race | Stack;

const MEGABYTE = 1e6;

/**
 * A journal and a receipt add some 270 bytes a file each, 0.15 in all where files are smallest; a second
 * writing of the blob alone would add 0.17 or more to that.
 */
const EACH_ONCE = 1.2;

/** A tag that is asked for takes so long, as from another part of the world. */
const FAR = { delayMs: 50 } as const;

const SMALL = "20 artifacts of 1 to 100 files";

const race = {
  kind: "race",
  place: "memory",
} as const;

/** Through a first mirror that is gone, and without it. */
function throughDeadMirror(content: string, deadMirror: "refuses" | "silent"): Race {
  const alone = oursBy({ count: 20, name: "ours, without the mirror", withoutMirror: true });
  return {
    ...race,
    content: `${SMALL}, the first mirror ${content}`,
    make: () => artifacts.mixed(20),
    network: { deadMirror },
    rounds: 3,
    ours: oursBy({ count: 20 }),
    tag: "image",
    rivals: [{ contender: alone, tag: "image" }],
  };
}

/** Twenty at once, beside the largest of them alone. */
function twenty(content: string, network: Network, aim?: number): Race {
  const alone = oursBy({ name: "ours, the largest alone" });
  const bound = aim === undefined ? {} : { aim };
  return {
    ...race,
    content: `${SMALL}${content}`,
    make: () => artifacts.mixed(20),
    network,
    ours: oursBy({ count: 20 }),
    tag: "image",
    rivals: [
      { contender: alone, tag: "image-0", isOther: true, ...bound },
      { contender: orasEach(20), tag: "directory" },
    ],
  };
}

function stack(count: number, content: string, rest: Partial<Stack> = {}): Stack {
  const what = `pulumi with ${count === 1 ? "1 artifact" : `${count} artifacts`}`;
  return {
    kind: "stack",
    content: `${what} of ${count === 1 ? "100" : "1 to 100"} files${content}`,
    make: () => artifacts.mixed(count),
    count,
    moments: "all",
    ...rest,
  };
}

/** By name, as `npm run bench -- NAME` takes it, and in this order: a fresh disk comes first. */
export const CASES: Readonly<Record<string, Case>> = {
  "many-disk": {
    ...race,
    content: "20,000 files, 60 MiB, tar+gzip, on a disk",
    make: () => artifacts.manyFiles(),
    place: "disk",
    tag: "image",
    rivals: [{ contender: CRANE, tag: "image", aim: 0.5, must: 0.6 }],
  },
  "many-disk-busy": {
    ...race,
    content: "the same, where many files were deleted of late",
    make: () => artifacts.manyFiles(),
    place: "busy disk",
    tag: "image",
    rivals: [{ contender: CRANE, tag: "image", aim: 0.5, must: 0.6 }],
  },
  many: {
    ...race,
    content: "the same, in memory",
    make: () => artifacts.manyFiles(),
    tag: "image",
    rivals: [
      { contender: FLUX, tag: "flux", aim: 0.8 },
      { contender: CRANE, tag: "image", aim: 0.8, must: 1.0 },
      { contender: ORAS, tag: "directory", aim: 0.4, must: 0.5 },
    ],
    mostWritten: EACH_ONCE,
  },
  "many-cached": {
    ...race,
    content: "the same, its blobs in the cache",
    make: () => artifacts.manyFiles(),
    ours: oursBy({ name: "ours, cached", finds: "cache" }),
    tag: "image",
    rivals: [
      { contender: oursBy(), tag: "image" },
      { contender: FLUX, tag: "flux" },
    ],
  },
  "many-unchanged": {
    ...race,
    content: "the same, where it has been pulled before",
    make: () => artifacts.manyFiles(),
    ours: oursBy({ name: "ours, unchanged", finds: "content" }),
    tag: "image",
    rivals: [
      { contender: oursBy(), tag: "image" },
      { contender: FLUX, tag: "flux" },
    ],
  },
  big: {
    ...race,
    content: "5 files, 512 MiB, tar+gzip",
    make: () => artifacts.bigFiles(),
    tag: "image",
    rivals: [
      { contender: FLUX, tag: "flux", aim: 0.75 },
      { contender: CRANE, tag: "image", must: 0.9 },
      { contender: ORAS, tag: "directory" },
    ],
    mostWritten: EACH_ONCE,
  },
  "huge-raw": {
    ...race,
    content: "one blob of 1 GiB",
    make: () => ({ ...artifacts.rawFile(), ...artifacts.rawTenth() }),
    tag: "raw",
    rivals: [
      { contender: ORAS, tag: "raw", aim: 1.1, must: 1.25 },
      {
        ...{ contender: oursBy({ name: "ours, of 100 MiB" }), tag: "raw-tenth" },
        ...{ by: "memory", aim: 1.15, isOther: true },
      },
    ],
    mostBytes: 200 * MEGABYTE,
    mostWritten: EACH_ONCE,
  },
  layers: {
    ...race,
    content: "24 layers of 1 MiB",
    make: () => artifacts.manyLayers(),
    tag: "image",
    rivals: [{ contender: CRANE, tag: "image" }],
    mostWritten: EACH_ONCE,
  },
  zip: {
    ...race,
    content: "an OpenTofu module of 5,001 files",
    make: () => artifacts.zipModule(),
    scheme: "https",
    tag: "module",
    rivals: [{ contender: TOFU, tag: "module", aim: 1.0, must: 1.2 }],
    mostWritten: EACH_ONCE,
  },
  "zip-unchanged": {
    ...race,
    content: "the same, where it has been pulled before",
    make: () => artifacts.zipModule(),
    scheme: "https",
    ours: oursBy({ name: "ours, unchanged", finds: "content" }),
    tag: "module",
    rivals: [{ contender: TOFU_AGAIN, tag: "module" }],
  },
  chart: {
    ...race,
    content: "a chart of 32 files",
    make: () => artifacts.chart(),
    tag: "1.0.0",
    rivals: [{ contender: HELM, tag: "1.0.0", aim: 3 }],
  },
  fleet: {
    ...race,
    content: "100 artifacts of 20 files, 50 KiB each",
    make: () => artifacts.fleet(),
    ours: oursBy({ count: 100 }),
    tag: "image",
    rivals: [{ contender: orasEach(100), tag: "directory", aim: 0.5 }],
  },
  twenty: twenty("", {}),
  "twenty-far": twenty(", 50 ms a request", FAR, 1.5),
  "mirror-refuses": throughDeadMirror("refuses connections", "refuses"),
  "mirror-silent": throughDeadMirror("takes connections and is silent", "silent"),
  "stack-1": stack(1, ""),
  "stack-20": stack(20, ""),
  "stack-200": stack(200, "", { aims: { preview: 10 } }),
  "stack-20-far": stack(20, ", 50 ms a request", {
    moments: "first",
    network: FAR,
    aimOfAlone: 1.5,
  }),
  "stack-20-mirror": stack(20, ", the first mirror refuses connections", {
    moments: "first",
    network: { deadMirror: "refuses" },
  }),
};
