/**
 * Names processes so that a later run can tell whether one of them still lives: staging folders
 * and run records carry such a name. Reads /proc, or asks ps; never signals anything but 0.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { basename } from "node:path";
import { systemCode } from "../errors";

/** `ps` answers at once, or not at all. */
const PS_MS = 2_000;

/** The start time of a process that did not see its own: its pid alone tells whether it lives. */
const UNSEEN = "0";

/** A process that outlives its pid's reuse: pid and start time, within one host's pid namespace. */
export interface ProcessIdentity {
  readonly realm: string;
  readonly pid: number;
  /** Clock ticks since boot, or "0" where it cannot be seen. */
  readonly startTime: string;
}

/** What is known of a process by its pid. */
export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly startTime: string;
  /** It has ended, and only its parent has not taken notice yet. */
  readonly isZombie: boolean;
}

/** From `/proc/<pid>/stat`, or `ps`; undefined where neither tells (dead, hidepid, Windows). */
export function processFacts(pid: number): ProcessFacts | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return process.platform === "linux" ? undefined : factsByPs(pid);
  }
  // The name stands in parentheses and may itself hold any character: cut at the last one.
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const fields = text.slice(close + 2).split(" ");
  const parent = Number(fields[1]);
  const startTime = fields[19];
  if (open < 0 || !Number.isInteger(parent) || startTime === undefined) return undefined;
  const isZombie = fields[0] === "Z" || fields[0] === "X";
  return { pid, parent, name: text.slice(open + 1, close), startTime, isZombie };
}

/** Where there is no /proc, as on macOS: some ten milliseconds each. */
function factsByPs(pid: number): ProcessFacts | undefined {
  try {
    const options = { encoding: "utf8", timeout: PS_MS, env: { LC_ALL: "C" } } as const;
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- no Linux needs it
    const { execFileSync } = require("node:child_process") as typeof import("node:child_process");
    const columns = ["-o", "ppid=,stat=,lstart=,comm=", "-p", String(pid)];
    return parsePs(pid, execFileSync("/bin/ps", columns, options));
  } catch {
    return undefined;
  }
}

/** One line of `ps -o ppid=,stat=,lstart=,comm=`; the start is to the second, the name may be a path. */
export function parsePs(pid: number, line: string): ProcessFacts | undefined {
  const columns = /^\s*(\d+)\s+(\S+)\s+(\w{3} \w{3} +\d+ [\d:]+ \d{4})\s+(\S.*?)\s*$/.exec(line);
  const [, parent, state, start, command] = columns ?? [];
  if (parent === undefined || state === undefined || start === undefined) return undefined;
  const seconds = Date.parse(start) / 1000;
  if (command === undefined || !Number.isInteger(seconds)) return undefined;
  const isZombie = state.startsWith("Z");
  return {
    pid,
    parent: Number(parent),
    name: basename(command),
    startTime: `${seconds}`,
    isZombie,
  };
}

let own: ProcessIdentity | undefined;

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return (own ??= Object.freeze({
    realm: realm(),
    pid: process.pid,
    startTime: processFacts(process.pid)?.startTime ?? UNSEEN,
  }));
}

/** `realm.pid.startTime`, fit for a file name. */
export function formatIdentity(identity: ProcessIdentity): string {
  return `${identity.realm}.${identity.pid}.${identity.startTime}`;
}

/** The reverse of {@link formatIdentity}; undefined for any other text. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const match = /^([a-z0-9-]+)\.(\d+)\.(\d+)$/.exec(text);
  const [, where, pid, startTime] = match ?? [];
  if (where === undefined || pid === undefined || startTime === undefined) return undefined;
  return { realm: where, pid: Number(pid), startTime };
}

/** "elsewhere" is a process of another host or container, whose life cannot be seen from here. */
export function lifeOf(identity: ProcessIdentity): "alive" | "dead" | "elsewhere" {
  if (identity.realm !== realm()) return "elsewhere";
  const facts = processFacts(identity.pid);
  if (facts !== undefined) {
    const isSame = identity.startTime === UNSEEN || facts.startTime === identity.startTime;
    return isSame && !facts.isZombie ? "alive" : "dead";
  }
  try {
    process.kill(identity.pid, 0);
    return "alive";
  } catch (error) {
    return systemCode(error) === "EPERM" ? "alive" : "dead";
  }
}

let ownRealm: string | undefined;

/** Host, boot and pid namespace: machines and containers that share a folder do not share pids. */
function realm(): string {
  if (ownRealm !== undefined) return ownRealm;
  let boot = "";
  let namespace = "";
  try {
    boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
    namespace = readlinkSync("/proc/self/ns/pid").replace(/\D/g, "");
  } catch {
    // No Linux: the host name alone tells.
  }
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  ownRealm = `${host}-${boot}-${namespace}`;
  return ownRealm;
}
