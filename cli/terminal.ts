/**
 * What a command says while it works, on standard error: a bar on a terminal, lines elsewhere.
 */
import { SingleBar } from "cli-progress";
import type { Progress, Report } from "../provider/context";
import { redact } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";

/** Nobody watches the first moment, and a log wants few lines. */
const FIRST_MS = 500;
const LINE_MS = 10_000;

export interface TerminalReport extends Report {
  /** Takes the bar away. */
  close(): void;
}

/** A report to this process's standard error. */
export function openTerminalReport(now: () => number = Date.now): TerminalReport {
  const bar = process.stderr.isTTY ? openBar() : undefined;
  const line = (message: string): void => {
    bar?.hide();
    process.stderr.write(`${redact(message)}\n`);
  };
  let nextMs = now() + (bar === undefined ? LINE_MS : FIRST_MS);
  return Object.freeze({
    info: line,
    warning: (message: string) => {
      line(`warning: ${message}`);
    },
    status: (message: string, progress?: Progress) => {
      if (now() < nextMs) return;
      if (bar === undefined) {
        nextMs = now() + LINE_MS;
        line(message);
      } else if (progress !== undefined) {
        bar.show(progress);
      }
    },
    close: () => bar?.hide(),
  });
}

interface Bar {
  show(progress: Progress): void;
  hide(): void;
}

function openBar(): Bar {
  let bar: SingleBar | undefined;
  return {
    show({ doneBytes, totalBytes }) {
      if (bar === undefined) {
        bar = new SingleBar({
          stream: process.stderr,
          format: "{bar} {percentage}% of {size}, {eta_formatted} left",
          barCompleteChar: "#",
          barIncompleteChar: "-",
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(totalBytes, doneBytes, { size: formatByteSize(totalBytes) });
      }
      bar.update(doneBytes);
      if (doneBytes >= totalBytes) this.hide();
    },
    hide() {
      bar?.stop();
      bar = undefined;
    },
  };
}
