/**
 * Everybody on the same track: lets each pull once and compares what came of it, then measures round
 * by round, so that whatever else the machine does meets all alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { findOrBuild } from "../test/support/toolchain";
import type { Race, Rival } from "./cases";
import type { Contender, Site } from "./contenders";
import { measure } from "./measure";
import { oursBy } from "./ourselves";
import type { Comparison, Line } from "./record";
import { assertSameContent, bytesIn } from "./same-content";
import { summaryOf, type Sample } from "./statistics";

/** Where a case is run. */
export interface Track extends Omit<Site, "tag" | "folder"> {
  /** Where each run gets a fresh folder. */
  readonly directory: string;
  /**
   * Whether those stay until all have run. On ext4 a new file costs several times as much for minutes
   * after many were deleted: it looks for an inode that nobody has used of late.
   */
  readonly keepsFolders: boolean;
  readonly rounds: number;
  /** Of what we pull: all blobs and the manifest. */
  readonly blobBytes: number;
}

interface Runner {
  readonly contender: Contender;
  readonly tag: string;
  readonly rival: Rival | undefined;
  readonly program: string;
  readonly samples: Sample[];
}

/** @throws Error where a program fails, or makes something else of the artifact than we do. */
export async function runRace(name: string, what: Race, track: Track): Promise<readonly Line[]> {
  const runners = await runnersOf(what);
  const own = { ...track, directory: await mkdtemp(join(track.directory, "oci-artifact-bench-")) };
  try {
    const treeBytes = await rehearse(name, runners, own);
    for (let round = 0; round < track.rounds; round += 1) {
      for (const runner of runners) {
        const { samples } = runner;
        await inFreshFolder(own, async (folder) => {
          samples.push((await pullOnce(runner, own, folder)).sample);
        });
      }
    }
    return linesOf(what, runners, track.blobBytes + treeBytes);
  } finally {
    await rm(own.directory, { recursive: true, force: true });
  }
}

async function runnersOf(what: Race): Promise<readonly Runner[]> {
  const ours = { contender: what.ours ?? oursBy(), tag: what.tag, rival: undefined };
  const theirs = what.rivals.map((rival) => ({ ...rival, rival }));
  const runners: Runner[] = [];
  for (const { contender, tag, rival } of [ours, ...theirs]) {
    const program = contender.program === undefined ? "" : await findOrBuild(contender.program);
    runners.push({ contender, tag, rival, program, samples: [] });
  }
  return runners;
}

/**
 * Everybody once, not counted: files and programs are in memory then, and nobody does less.
 *
 * @returns bytes of the files that we have made.
 */
async function rehearse(name: string, runners: readonly Runner[], track: Track): Promise<number> {
  let bytes = 0;
  await inFreshFolder(track, async (folder) => {
    let ours: string | undefined;
    for (const runner of runners) {
      const ofOne = await mkdtemp(join(folder, "run-"));
      const { content } = await pullOnce(runner, track, ofOne);
      ours ??= content;
      if (runner.rival === undefined) bytes = bytesIn(content);
      if (runner.rival?.isOther === true) continue;
      assertSameContent(`${name} by ${runner.contender.name}`, ours, content);
    }
  });
  return bytes;
}

async function pullOnce(
  { contender, tag, program }: Runner,
  { repository, authority, deadMirror }: Track,
  folder: string,
): Promise<{ readonly sample: Sample; readonly content: string }> {
  const site = { repository, tag, authority, deadMirror, folder };
  const { first, command, content } = await contender.prepare(site, program);
  if (first !== undefined) await measure(first, folder);
  return { sample: await measure(command, folder), content };
}

async function inFreshFolder(
  { directory, keepsFolders }: Track,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(directory, "run-"));
  await work(folder);
  if (!keepsFolders) await rm(folder, { recursive: true, force: true });
}

/** @param onceBytes - blobs and tree, each once. */
function linesOf(
  what: Race,
  [own, ...others]: readonly Runner[],
  onceBytes: number,
): readonly Line[] {
  if (own === undefined) throw new Error("nobody has run");
  const ours = summaryOf(own.samples);
  const rivals = others.map(({ contender, rival, samples }): Line => {
    const sample = summaryOf(samples);
    const shown = rival?.by === "memory" ? `${contender.name}: its memory` : contender.name;
    return { what: shown, sample, compared: comparedTo(rival, ours, sample) };
  });
  const bounds = [...memoryLine(what, ours), ...writtenLine(what, ours, onceBytes)];
  return [{ what: own.contender.name, sample: ours }, ...rivals, ...bounds];
}

function memoryLine({ mostBytes }: Race, ours: Sample): readonly Line[] {
  if (mostBytes === undefined) return [];
  const found = mebibytes(ours.mostBytes);
  return [{ what: "most memory", compared: { found, unit: "MiB", must: mebibytes(mostBytes) } }];
}

function writtenLine({ mostWritten }: Race, ours: Sample, onceBytes: number): readonly Line[] {
  if (mostWritten === undefined) return [];
  const found = ratio(ours.writtenBytes, onceBytes);
  return [
    { what: "written, of blobs and tree", compared: { found, unit: "ratio", aim: mostWritten } },
  ];
}

function comparedTo(rival: Rival | undefined, ours: Sample, theirs: Sample): Comparison {
  const found =
    rival?.by === "memory"
      ? ratio(ours.mostBytes, theirs.mostBytes)
      : ratio(ours.wallSeconds, theirs.wallSeconds);
  return { found, unit: "ratio", aim: rival?.aim, must: rival?.must };
}

function ratio(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours / theirs;
}

function mebibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : bytes / 1024 ** 2;
}
