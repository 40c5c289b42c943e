/**
 * Runs one program and tells what it took, with all its children. GNU time counts what the kernel
 * says of processor and memory, and /proc what was written; elsewhere only the clock is read.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../test/support/processes";
import type { Sample } from "./statistics";

/** A program to run; nothing of our own environment is passed on. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const TIME = "/usr/bin/time";

/** The kernel adds to a process what its children have written, when it has waited for them. */
const WITH_WRITTEN = `"$@"
code=$?
while read -r line; do echo "$line"; done <"/proc/$$/io" >"$0"
exit "$code"`;

const DEADLINE_MS = 10 * 60_000;

/** @param folder - where the program runs. @throws Error with what it printed where it fails. */
export async function measure(command: Command, folder: string): Promise<Sample> {
  const [times, written] = [join(folder, ".time"), join(folder, ".io")];
  const hasTime = process.platform === "linux" && existsSync(TIME);
  const line = [command.program, ...command.args];
  const timed = hasTime ? [TIME, "--format=%U %S %M", `--output=${times}`, ...line] : line;
  const counted = existsSync("/proc/self/io")
    ? ["/bin/sh", "-c", WITH_WRITTEN, written, ...timed]
    : timed;
  const wallSeconds = await wallSecondsOf(counted, command, folder);
  const facts = { ...timesIn(await taken(times)), writtenBytes: writtenIn(await taken(written)) };
  return { wallSeconds, ...facts };
}

async function wallSecondsOf(
  [program = "", ...args]: readonly string[],
  command: Command,
  folder: string,
): Promise<number> {
  const started = performance.now();
  const { exitCode, text } = await run(program, args, {
    cwd: folder,
    environment: command.environment,
    owner: folder,
    timeoutMs: DEADLINE_MS,
  });
  const wallSeconds = (performance.now() - started) / 1000;
  if (exitCode === 0) return wallSeconds;
  const line = [command.program, ...command.args].join(" ");
  throw new Error(`cannot measure ${line}: exit code ${exitCode}; it printed\n${text}`);
}

/** What the file says, which then is gone; empty where there is none. */
async function taken(file: string): Promise<string> {
  if (!existsSync(file)) return "";
  const text = await readFile(file, "utf8");
  await rm(file);
  return text;
}

function timesIn(text: string): Pick<Sample, "cpuSeconds" | "mostBytes"> {
  const [user, system, kibibytes] = text.trim().split(" ").map(Number);
  if (user === undefined || system === undefined || kibibytes === undefined) return {};
  return { cpuSeconds: user + system, mostBytes: kibibytes * 1024 };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_io.5.html */
function writtenIn(text: string): number | undefined {
  const bytes = /^wchar: (\d+)$/m.exec(text)?.[1];
  return bytes === undefined ? undefined : Number(bytes);
}
