/**
 * Starts a process and kills it at its moment. Looks at nothing that it did.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestRegistry } from "../support/registry-types";
import { SWITCH, type Switch } from "./kill-at-change";
import type { Moment } from "./moments";
import type { Ending } from "./scenario";

/** Loaded before the code of a process whose changes are counted. */
export const KILL_AT_CHANGE = join(__dirname, "kill-at-change.js");

export interface Victim {
  /** Script and its arguments. */
  readonly parts: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly registry: TestRegistry;
  /** A file for the changes, outside of all that is looked at. */
  readonly log: string;
}

/** Runs the process to its end, or to its moment. */
export async function runVictim(victim: Victim, moment?: Moment): Promise<Ending> {
  const { parts, cwd, environment, registry, log } = victim;
  rmSync(log, { force: true });
  registry.clearRequests();
  const begun = performance.now();
  const child = spawn(process.execPath, ["--require", KILL_AT_CHANGE, ...parts], {
    cwd,
    env: { ...environment, [SWITCH]: JSON.stringify(switchFor(log, moment)) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const disarm = arm(registry, moment, () => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const printed = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode, signal] = (await closed) as [number | null, string | null];
  disarm();
  return {
    isKilled: signal === "SIGKILL",
    exitCode,
    text: (await printed).join(""),
    durationMs: performance.now() - begun,
    changes: changesIn(log),
    requests: registry.requests.length,
  };
}

/** What the process is told of its moment. */
export function switchFor(file: string, moment: Moment | undefined, owner?: string): Switch {
  if (moment?.kind !== "change") return { file };
  const { at, turns } = moment;
  return { file, at, turns, ...(owner === undefined ? {} : { owner }) };
}

/** A letter for each change. */
export function changesIn(log: string): string {
  try {
    return readFileSync(log, "latin1");
  } catch {
    return "";
  }
}

/** Kills when the moment has come that the process itself does not see. Returns how to stop that. */
export function arm(
  registry: TestRegistry,
  moment: Moment | undefined,
  kill: () => void,
): () => void {
  if (moment?.kind === "delay") {
    const ended = new AbortController();
    sleep(moment.afterMs, undefined, { signal: ended.signal }).then(kill, () => undefined);
    return () => {
      ended.abort();
    };
  }
  if (moment?.kind !== "request") return () => undefined;
  const { at } = moment;
  const fault = registry.fault({ skip: at - 1, times: 1, then: { kind: "handler", handle: kill } });
  return () => {
    fault.remove();
  };
}

/** A process that nobody kills; its exit code and what it printed. */
export async function runQuietly(victim: Victim): Promise<Ending> {
  const ending = await runVictim(victim);
  if (ending.exitCode !== 0) throw new Error(`${victim.parts.join(" ")}: ${ending.text}`);
  return ending;
}
