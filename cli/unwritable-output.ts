/**
 * What becomes of a command whose output cannot be written. Where its reader has seen enough (`| head`),
 * it goes on in silence; where the disk refuses, it fails with one line. It never ends with a stack trace.
 */
import { factOfWriting, hintOfDisk } from "../provider/disk-facts";
import { EXIT_CODES } from "./exit";

/** To one that is closed, also as Windows says it, and to one that Node has closed after that. */
const CLOSED: ReadonlySet<unknown> = new Set(["EPIPE", "EOF", "ERR_STREAM_DESTROYED"]);

/** To be called once, before anything is printed. */
export function bearUnwritableOutput(): void {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (CLOSED.has(code)) return;
    const fact = factOfWriting(code) ?? `it takes nothing (${code ?? "unknown reason"})`;
    const hint = hintOfDisk(code) ?? "check where the output of the command leads";
    process.stderr.write(`cannot write to standard output: ${fact}\nhint: ${hint}\n`);
    // Behind whatever the command says of itself: a result that is not there in whole is none.
    process.once("exit", () => {
      process.exitCode ||= EXIT_CODES.failed.code;
    });
  });
  // Nobody is left to be told, and the result may be whole.
  process.stderr.on("error", () => undefined);
}
