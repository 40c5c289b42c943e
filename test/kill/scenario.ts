/**
 * What the harness knows of a run that it kills: how it begins, how it is made, and what has to hold.
 * The scenarios themselves stand in files of their own.
 */
import type { Measured, Moment } from "./moments";

export interface Scenario {
  /** "place: among files of others". */
  readonly title: string;
  /** Lays out a place for it. */
  readonly open: () => Promise<Stage>;
}

/** A place where a run is made again and again. */
export interface Stage {
  /** Everything is as before the first run. */
  readonly reset: () => Promise<void>;
  /** One run, killed at the moment where one is given. */
  readonly run: (moment?: Moment) => Promise<Ending>;
  /** Throws unless what somebody can read is whole: at any time. */
  readonly assertWhole: (ending: Ending) => Promise<void>;
  /** Makes what the user has to do between a kill and the next run; nothing, but for the engine. */
  readonly unlock?: () => Promise<void>;
  /** Throws unless all is there that was wanted, and nothing else: after a run that came to its end. */
  readonly assertDone: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Ending extends Measured {
  /** False where the run was over before its moment came. */
  readonly isKilled: boolean;
  readonly exitCode: number | null;
  /** What it printed. */
  readonly text: string;
}
