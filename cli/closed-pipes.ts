/**
 * What becomes of a command whose reader has seen enough (`| head`): it goes on in silence. It touches no
 * other failure of writing.
 */

/** To one that is closed, and to one that Node has closed after that. */
const CODES: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED"]);

/** To be called once. Without it, the next line that is printed ends the process with a stack trace. */
export function allowClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!CODES.has(error.code)) throw error;
    });
  }
}
