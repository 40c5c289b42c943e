/**
 * What artifacts cost inside Pulumi: the real engine with a stack of them, by turns with the same stack
 * of stand-ins, whose provider does nothing. Both are whole commands; what is left between them is ours.
 */
import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createProject, type Project } from "../test/support/engine";
import type { Moment, Stack } from "./cases";
import type { Comparison, Line } from "./record";
import { artifactProgram, standInProgram } from "./stack-programs";
import { median } from "./statistics";

/** Where a stack is run. */
export interface StackTrack {
  /** "127.0.0.1:12345/bench/stack-1" */
  readonly repository: string;
  readonly deadMirror: string | undefined;
  /** Where each run gets a machine of its own. */
  readonly directory: string;
  readonly rounds: number;
}

/** A stack that is measured beside others. */
interface Contestant {
  readonly program: string;
  readonly trees: number;
  readonly wallSeconds: Map<Moment, number[]>;
}

/** How each moment is shown, and what the engine is asked for. */
const MOMENTS: Readonly<Record<Moment, { readonly what: string; readonly command: Command }>> = {
  cold: { what: "up, cold", command: "up" },
  preview: { what: "preview, unchanged", command: "preview" },
  unchanged: { what: "up, unchanged", command: "up" },
  cached: { what: "up, the content gone, its blobs in the cache", command: "up" },
};

type Command = "up" | "preview";

/** Of one command; a machine that needs more is too busy for the numbers to mean anything. */
const DEADLINE_MS = 10 * 60_000;

const FLAGS = "--stack dev --non-interactive --color never --suppress-progress".split(" ");

/** @throws Error where the engine fails, or content is not where it has to be. */
export async function runStack(what: Stack, track: StackTrack): Promise<readonly Line[]> {
  const moments: readonly Moment[] =
    what.moments === "all" ? ["cold", "preview", "unchanged", "cached"] : ["cold"];
  const ours = contestant(artifactProgram(track, what.count), what.count);
  const standIns = contestant(standInProgram(what.count), 0);
  const alone =
    what.aimOfAlone === undefined ? undefined : contestant(artifactProgram(track, 1), 1);
  for (let round = 0; round < track.rounds; round += 1) {
    for (const one of [ours, standIns, alone]) {
      if (one !== undefined) await live(one, moments, track.directory);
    }
  }
  const lines = moments.flatMap((moment) => linesOf(what, moment, ours, standIns));
  return alone === undefined ? lines : [...lines, lineOfAlone(what, ours, alone)];
}

function contestant(program: string, trees: number): Contestant {
  return { program, trees, wallSeconds: new Map() };
}

/** One machine from its first `up` to its end. */
async function live(
  { program, trees, wallSeconds }: Contestant,
  moments: readonly Moment[],
  directory: string,
): Promise<void> {
  const project = await createProject({ program, directory });
  try {
    for (const moment of moments) {
      if (moment === "cached") await rm(contentOf(project), { recursive: true, force: true });
      const seconds = await secondsOf(project, MOMENTS[moment].command);
      wallSeconds.set(moment, [...(wallSeconds.get(moment) ?? []), seconds]);
      assertTrees(project, trees);
    }
  } finally {
    await project.dispose();
  }
}

async function secondsOf(project: Project, command: Command): Promise<number> {
  const args = [command, ...FLAGS, ...(command === "up" ? ["--yes"] : [])];
  const started = performance.now();
  const { exitCode, text } = await project.run("pulumi", args, { timeoutMs: DEADLINE_MS });
  if (exitCode === 0) return (performance.now() - started) / 1000;
  throw new Error(`cannot measure pulumi ${args.join(" ")}: exit code ${exitCode}\n${text}`);
}

function contentOf({ directory }: Project): string {
  return join(directory, ".oci-artifacts");
}

/** Nobody is fast by doing nothing. */
function assertTrees(project: Project, wanted: number): void {
  if (wanted === 0) return;
  const trees = readdirSync(contentOf(project)).filter((name) => /-[0-9a-f]{16}$/.test(name));
  if (trees.length !== wanted) throw new Error(`${trees.length} of ${wanted} trees are there`);
}

function linesOf(
  { count, aims }: Stack,
  moment: Moment,
  ours: Contestant,
  standIns: Contestant,
): readonly Line[] {
  const { what } = MOMENTS[moment];
  const [mine, other] = [middleOf(ours, moment), middleOf(standIns, moment)];
  const found = ((mine - other) / count) * 1000;
  const compared: Comparison = { found, unit: "ms", aim: aims?.[moment] };
  return [
    { what: `ours: ${what}`, sample: { wallSeconds: mine } },
    { what: "stand-ins: the same", sample: { wallSeconds: other }, compared },
  ];
}

function lineOfAlone({ aimOfAlone }: Stack, ours: Contestant, alone: Contestant): Line {
  const [mine, other] = [middleOf(ours, "cold"), middleOf(alone, "cold")];
  const compared: Comparison = { found: mine / other, unit: "ratio", aim: aimOfAlone };
  return { what: "ours: the largest alone", sample: { wallSeconds: other }, compared };
}

function middleOf({ wallSeconds }: Contestant, moment: Moment): number {
  return median(wallSeconds.get(moment) ?? []);
}
