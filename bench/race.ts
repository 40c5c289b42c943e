/**
 * One case from its artifact to its numbers: pushes it, lets everybody pull it once and compares what
 * came of it, then measures round by round, so that whatever else the machine does meets all alike.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { findOrBuild } from "../test/support/toolchain";
import type { Case } from "./cases";
import { OURS, type Contender } from "./contenders";
import { measure } from "./measure";
import { assertSameContent } from "./same-content";
import { summaryOf, type Sample } from "./statistics";
import type { Result } from "./table";

/** Where a case is run. */
export interface Track {
  /** "127.0.0.1:12345/bench/many", with all of the case's tags. */
  readonly repository: string;
  readonly authority: string | undefined;
  /** Where each run gets a fresh folder. */
  readonly directory: string;
  /**
   * Whether those stay until all have run. On ext4 a new file costs several times as much for minutes
   * after many were deleted: it looks for an inode that nobody has used of late.
   */
  readonly keepsFolders: boolean;
  readonly rounds: number;
}

interface Runner {
  readonly contender: Contender;
  readonly tag: string;
  readonly program: string;
  readonly samples: Sample[];
}

/** @throws Error where a program fails, or makes something else of the artifact than we do. */
export async function race(name: string, what: Case, track: Track): Promise<Result> {
  const line = [{ contender: what.ours ?? OURS, tag: what.tag }, ...what.rivals];
  const runners: Runner[] = [];
  for (const { contender, tag } of line) {
    const program = contender.program === undefined ? "" : await findOrBuild(contender.program);
    runners.push({ contender, tag, program, samples: [] });
  }
  const own = { ...track, directory: await mkdtemp(join(track.directory, "oci-artifact-bench-")) };
  try {
    await rehearse(name, runners, own);
    for (let round = 0; round < track.rounds; round += 1) {
      for (const runner of runners) {
        const { samples } = runner;
        await inFreshFolder(own, async (folder) => {
          samples.push((await pullOnce(runner, own, folder)).sample);
        });
      }
    }
  } finally {
    await rm(own.directory, { recursive: true, force: true });
  }
  const [ours, ...rivals] = runners.map(
    ({ contender, samples }) => [contender.name, summaryOf(samples)] as const,
  );
  if (ours === undefined) throw new Error("nobody has run");
  return { name, what, ours: ours[1], rivals: new Map(rivals) };
}

/** Everybody once, not counted: files and programs are in memory then, and nobody does less. */
async function rehearse(name: string, runners: readonly Runner[], track: Track): Promise<void> {
  await inFreshFolder(track, async (folder) => {
    let ours = "";
    for (const runner of runners) {
      const ofOne = await mkdtemp(join(folder, "run-"));
      const { content } = await pullOnce(runner, track, ofOne);
      if (ours === "") ours = content;
      else assertSameContent(`${name} by ${runner.contender.name}`, ours, content);
    }
  });
}

async function pullOnce(
  { contender, tag, program }: Runner,
  { repository, authority }: Track,
  folder: string,
): Promise<{ readonly sample: Sample; readonly content: string }> {
  const site = { repository, tag, authority, folder };
  const { command, content } = await contender.prepare(site, program);
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
