/** How long each part of a request may take, and what it is called when that is over. Pure. */
import { systemCode } from "../errors";
import type { Timeouts } from "../types";
import { STANDSTILL } from "./payload";

/** Milliseconds. */
export interface Deadlines {
  /** Name, TCP and TLS handshake together. Option: timeouts.connect. */
  readonly connect: number;
  /** From the request to the head of the answer. Option: timeouts.stall. */
  readonly headers: number;
  /** Between two pieces of a body. Option: timeouts.stall. */
  readonly stall: number;
  /** One try of a whole document: a manifest, a token, an error. Blobs have no such bound. */
  readonly document: number;
}

export const DEADLINES: Deadlines = Object.freeze({
  connect: 10_000,
  headers: 30_000,
  stall: 30_000,
  document: 60_000,
});

/** The deadlines with what an endpoint was given. A document may always take what its parts may. */
export function deadlinesFor(timeouts: Timeouts | undefined, defaults: Deadlines): Deadlines {
  if (timeouts === undefined) return defaults;
  const connect = timeouts.connect ?? defaults.connect;
  const headers = timeouts.stall ?? defaults.headers;
  const stall = timeouts.stall ?? defaults.stall;
  const document = Math.max(defaults.document, connect + headers + stall);
  return { connect, headers, stall, document };
}

/** What ran out: the fact about the server, the deadline, and the option that moves it. */
interface Overdue {
  readonly fact: (time: string) => string;
  readonly deadline: keyof Deadlines;
  readonly option: keyof Timeouts;
}

const NO_CONNECTION: Overdue = {
  fact: () => "could not be connected to in time",
  deadline: "connect",
  option: "connect",
};

const OVERDUE: ReadonlyMap<string, Overdue> = new Map<string, Overdue>([
  ["UND_ERR_CONNECT_TIMEOUT", NO_CONNECTION],
  // The system's own patience may end first.
  ["ETIMEDOUT", NO_CONNECTION],
  [
    "UND_ERR_HEADERS_TIMEOUT",
    { fact: (time) => `did not answer within ${time}`, deadline: "headers", option: "stall" },
  ],
  [
    "UND_ERR_BODY_TIMEOUT",
    {
      fact: (time) => `fell silent for ${time} in the middle of an answer`,
      deadline: "stall",
      option: "stall",
    },
  ],
  [
    STANDSTILL,
    {
      fact: (time) => `took nothing of the content for ${time}`,
      deadline: "stall",
      option: "stall",
    },
  ],
  [
    "TimeoutError",
    {
      fact: (time) => `did not come to the end of its answer within ${time}`,
      deadline: "document",
      option: "stall",
    },
  ],
]);

/** What an error says about the server, if it is a deadline that has passed; names the option. */
export function overdue(
  error: unknown,
  deadlines: Deadlines,
): { readonly fact: string; readonly hint: string } | undefined {
  const name = error instanceof Error ? error.name : "";
  const found = OVERDUE.get(systemCode(error) ?? name);
  if (found === undefined) return undefined;
  const now = inSeconds(deadlines[found.option]);
  return {
    fact: found.fact(inSeconds(deadlines[found.deadline])),
    hint: `try again later, or give more time than the ${now} of timeouts.${found.option}`,
  };
}

/** "1 second", "0.5 seconds". */
export function inSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  return `${seconds} ${seconds === 1 ? "second" : "seconds"}`;
}
