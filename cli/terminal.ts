/**
 * What a command says while it works, on standard error: a bar on a terminal, lines elsewhere.
 */
import type { SingleBar } from "cli-progress";
import type { Progress, Report } from "../provider/context";
import { redact } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import { withFlags } from "./flag-words";

/** Nobody watches the first moment, and a log wants few lines. */
const FIRST_MS = 500;
const LINE_MS = 10_000;

export interface TerminalReport extends Report {
  /** Takes the bar away. */
  close(): void;
}

/** A report to this process's standard error. */
export function openTerminalReport(now: () => number = Date.now): TerminalReport {
  const screen = openScreen("{bar} {percentage}% of {text}, {eta_formatted} left", now);
  return Object.freeze({
    info: screen.line,
    warning: (message: string) => {
      screen.line(`warning: ${message}`);
    },
    status: (message: string, progress?: Progress) => {
      if (progress === undefined) {
        screen.status(message);
        return;
      }
      const { doneBytes: done, totalBytes: total } = progress;
      screen.status(message, { done, total, text: formatByteSize(total) });
    },
    close: screen.close,
  });
}

/** A report of several pulls at a time. */
export interface ListReport {
  /** For the one of this reference: what it says has the reference in front. */
  of(reference: string): Report;
  /** Counts one that has ended. */
  count(how: "pulled" | "failed"): void;
  /** Takes the bar away. */
  close(): void;
}

/** A report to this process's standard error that counts pulls, not bytes. */
export function openListReport(total: number, now: () => number = Date.now): ListReport {
  const screen = openScreen("{bar} {text}", now);
  const counts = { pulled: 0, failed: 0 };
  const show = (): void => {
    const { pulled, failed } = counts;
    const text = `${pulled} of ${total} pulled${failed > 0 ? `, ${failed} failed` : ""}`;
    screen.status(text, { done: pulled + failed, total, text });
  };
  return Object.freeze({
    of: (reference: string) => ({
      info: (message: string) => {
        screen.line(`${reference}: ${message}`);
      },
      warning: (message: string) => {
        screen.line(`warning: ${reference}: ${message}`);
      },
      status: show,
    }),
    count: (how: "pulled" | "failed") => {
      counts[how] += 1;
      show();
    },
    close: screen.close,
  });
}

/** How far it is, and what stands beside the bar. */
interface Amount {
  readonly done: number;
  readonly total: number;
  readonly text: string;
}

interface Screen {
  readonly line: (message: string) => void;
  /** Now and then: as a bar where there is one and something to measure, else as a line. */
  readonly status: (message: string, amount?: Amount) => void;
  readonly close: () => void;
}

function openScreen(format: string, now: () => number): Screen {
  const bar = process.stderr.isTTY ? openBar(format) : undefined;
  const line = (message: string): void => {
    bar?.hide();
    process.stderr.write(`${redact(withFlags(message))}\n`);
  };
  let nextMs = now() + (bar === undefined ? LINE_MS : FIRST_MS);
  return {
    line,
    status(message, amount) {
      if (now() < nextMs) return;
      if (bar === undefined) {
        nextMs = now() + LINE_MS;
        line(message);
      } else if (amount !== undefined) {
        bar.show(amount);
      }
    },
    close: () => bar?.hide(),
  };
}

interface Bar {
  show(amount: Amount): void;
  hide(): void;
}

/** Many pulls are over before there is one, and most machines have no terminal. */
function loadBar(): typeof import("cli-progress") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("cli-progress") as typeof import("cli-progress");
}

function openBar(format: string): Bar {
  let bar: SingleBar | undefined;
  return {
    show({ done, total, text }) {
      if (bar === undefined) {
        bar = new (loadBar().SingleBar)({
          stream: process.stderr,
          format,
          barCompleteChar: "#",
          barIncompleteChar: "-",
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(total, done, { text });
      }
      bar.update(done, { text });
      if (done >= total) this.hide();
    },
    hide() {
      bar?.stop();
      bar = undefined;
    },
  };
}
