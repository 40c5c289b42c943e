/**
 * The signals that ask a command to end. Tells its work, which stops and cleans up behind itself;
 * never ends the process: only a second signal does, as if nobody listened.
 */
import { EXIT_CODES } from "./exit";

/** 128 and the number of the signal, as shells have it. */
const CODES = {
  SIGINT: EXIT_CODES.interrupted.code,
  SIGTERM: EXIT_CODES.terminated.code,
  SIGHUP: EXIT_CODES.hungUp.code,
} as const;

type EndingSignal = keyof typeof CODES;

const SIGNALS = Object.keys(CODES) as readonly EndingSignal[];

/** Whether, and how, a command was asked to end. */
export interface Interruption {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** The exit code where work was cancelled. */
  readonly exitCode: () => number;
}

/** Listens from now on, to the first signal. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: number = EXIT_CODES.interrupted.code;
  const end = (name: NodeJS.Signals): void => {
    for (const each of SIGNALS) process.off(each, end);
    if (name === "SIGHUP") ignoreLostTerminal();
    exitCode = CODES[name as EndingSignal];
    controller.abort();
  };
  for (const each of SIGNALS) process.on(each, end);
  return Object.freeze({ signal: controller.signal, exitCode: () => exitCode });
}

/** What is said now reaches nobody; that must not keep the command from cleaning up. */
function ignoreLostTerminal(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}
