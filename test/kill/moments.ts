/**
 * When a run is killed: at some time, at some change to the disk, or when a registry hears some request.
 * Chosen at random, the same for the same seed. Kills nothing.
 */
import type { Random } from "../fuzz/random";

/** The end of one run. */
export type Moment = {
  /** Picks a process of several, or all. */
  readonly victim: number;
} & (
  | { readonly kind: "delay"; readonly afterMs: number }
  /** `turns` is -1 before the change begins; else as many turns of the event loop after that. */
  | { readonly kind: "change"; readonly at: number; readonly turns: number }
  /** Heard, and not answered. */
  | { readonly kind: "request"; readonly at: number }
);

/** What a run does that nobody disturbs. */
export interface Measured {
  readonly durationMs: number;
  /** A letter for each change: "v" where something becomes visible or goes, else "c". */
  readonly changes: string;
  readonly requests: number;
}

const MOST_TURNS = 6;
const VICTIMS = 1_000;

/** Half of them at changes, because the instants that matter are short. */
export function chooseMoment(random: Random, run: Measured): Moment {
  const victim = random.below(VICTIMS);
  const kind = random.below(4);
  if (kind === 0) return { kind: "delay", afterMs: random.below(run.durationMs), victim };
  if (kind === 1 && run.requests > 0) {
    return { kind: "request", at: 1 + random.below(run.requests), victim };
  }
  const turns = random.oneIn(2) ? -1 : random.below(MOST_TURNS);
  return { kind: "change", at: chooseChange(random, run.changes), turns, victim };
}

/** Of many files that are written, few changes are seen: those get half of it. */
function chooseChange(random: Random, changes: string): number {
  const visible = Array.from(changes, (letter, at) => (letter === "v" ? at + 1 : 0)).filter(
    Boolean,
  );
  if (visible.length > 0 && random.oneIn(2)) return random.pick(visible);
  return 1 + random.below(Math.max(1, changes.length));
}

/** As a failure names it. */
export function describeMoment(moment: Moment): string {
  switch (moment.kind) {
    case "delay":
      return `after ${moment.afterMs} ms`;
    case "request":
      return `when request ${moment.at} is heard`;
    case "change":
      return moment.turns < 0
        ? `before change ${moment.at}`
        : `${moment.turns} turns into change ${moment.at}`;
  }
}
