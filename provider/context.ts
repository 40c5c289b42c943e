/**
 * What a stage may use of the world: settings that were read once, a way to tell the user, and the
 * signal that ends the work. Passed in, never looked up.
 */
import type { Limits } from "./limits";
import type { Settings } from "./settings/settings";

/** Where reasons, warnings and progress go: a resource's row, a terminal, or nowhere. */
export interface Report {
  info(message: string): void;
  warning(message: string): void;
  /** Progress; the next one may replace it. With `progress`, a bar may stand for the words. */
  status(message: string, progress?: Progress): void;
}

/** How far a download is. */
export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface Context {
  readonly settings: Settings;
  readonly limits: Limits;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Nobody waits for this thread: it may do work itself that it would leave to others. Default: somebody does. */
  readonly ownsThread?: true;
  /** Told before so much is unpacked that it takes a while; may be told more than once. Default: nobody is. */
  readonly onMuchWork?: () => void;
}

/** For callers that want results only. */
export const SILENT: Report = Object.freeze({
  info() {},
  warning() {},
  status() {},
});
