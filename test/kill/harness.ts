/**
 * Kills runs at random moments, each chosen by a seed of its own, and holds the machine after each kill,
 * and after the next run, to what was promised. Knows no scenario.
 */
import * as assert from "node:assert/strict";
import { randomOf } from "../fuzz/random";
import { chooseMoment, describeMoment, type Measured } from "./moments";
import type { Ending, Scenario, Stage } from "./scenario";

/** One of them is chosen by its weight, then one of its scenarios. */
export interface Room {
  readonly name: string;
  readonly weight: number;
  readonly scenarios: readonly Scenario[];
}

/** Where a kill fell. */
export type Fell = "before the first change" | "midway" | "after the end";

export interface Round {
  readonly room: string;
  readonly title: string;
  readonly fell: Fell;
}

export interface HarnessOptions {
  readonly rooms: readonly Room[];
  readonly rounds: number;
  /** Of the first round; the next one's is one more. */
  readonly seed: number;
  /** Told of each round that held. */
  readonly onRound?: (round: Round, seed: number) => void;
  /** Told of each that did not, instead of ending there. */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Makes all rounds.
 *
 * @returns Those that held: all of them, unless somebody is told of failures.
 * @throws Error That names the seed of the round which did not hold.
 */
export async function killAtRandom(options: HarnessOptions): Promise<readonly Round[]> {
  const held: Round[] = [];
  const stages = openStages();
  const stageOf = (scenario: Scenario): Promise<Measuring> => stages.of(scenario);
  try {
    for (let at = 0; at < options.rounds; at += 1) {
      const seed = options.seed + at;
      try {
        const round = await killOnce(options.rooms, seed, stageOf);
        held.push(round);
        options.onRound?.(round, seed);
      } catch (error) {
        if (options.onFailure === undefined) throw error;
        options.onFailure(error);
      }
    }
    return held;
  } finally {
    await stages.close();
  }
}

/** A stage, and what a run comes to that nobody disturbs. */
interface Measuring {
  readonly stage: Stage;
  readonly measured: Measured;
}

/** Each scenario is laid out and measured when it is chosen first. */
function openStages() {
  const stages = new Map<Scenario, Measuring>();
  return {
    async of(scenario: Scenario): Promise<Measuring> {
      const known = stages.get(scenario);
      if (known !== undefined) return known;
      const stage = await scenario.open();
      await stage.reset();
      const measured = await stage.run();
      await assertEnded(stage, measured, "undisturbed");
      stages.set(scenario, { stage, measured });
      return { stage, measured };
    },
    async close(): Promise<void> {
      for (const { stage } of stages.values()) await stage.close();
    },
  };
}

async function killOnce(
  rooms: readonly Room[],
  seed: number,
  stageOf: (scenario: Scenario) => Promise<Measuring>,
): Promise<Round> {
  const random = randomOf(seed);
  const room = random.pick(rooms.flatMap((one) => Array<Room>(one.weight).fill(one)));
  const scenario = random.pick(room.scenarios);
  const { stage, measured } = await stageOf(scenario);
  const moment = chooseMoment(random, measured);
  await stage.reset();
  const ending = await stage.run(moment);
  try {
    if (!ending.isKilled) assert.equal(ending.exitCode, 0, ending.text);
    await stage.assertWhole(ending);
    await stage.unlock?.();
    await assertEnded(stage, await stage.run(), "the next run");
  } catch (error) {
    const only = rooms.map(({ name }) => name).join(",");
    const cause = error instanceof Error ? error.message : String(error);
    const when = ending.isKilled ? describeMoment(moment) : "not killed";
    throw new Error(
      `${scenario.title}, ${when}: ${cause}\nrepeat: npm run kill -- 1 --seed ${seed} --only ${only}`,
      { cause: error },
    );
  }
  return { room: room.name, title: scenario.title, fell: fellOf(ending) };
}

/** It has succeeded, and left what it should. */
async function assertEnded(stage: Stage, ending: Ending, which: string): Promise<void> {
  assert.equal(ending.exitCode, 0, `${which}: ${ending.text}`);
  await stage.assertWhole(ending);
  await stage.assertDone();
}

function fellOf({ isKilled, changes }: Ending): Fell {
  if (!isKilled) return "after the end";
  return changes.length === 0 ? "before the first change" : "midway";
}
