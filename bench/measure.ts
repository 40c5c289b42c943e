/**
 * Runs one program and tells what it took, with all its children. GNU time counts what the kernel
 * says of processor and memory; where it is not installed, only the clock is read.
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

const DEADLINE_MS = 10 * 60_000;

/** @param folder - where the program runs. @throws Error with what it printed where it fails. */
export async function measure(command: Command, folder: string): Promise<Sample> {
  const facts = join(folder, ".time");
  const hasTime = process.platform === "linux" && existsSync(TIME);
  const line = [command.program, ...command.args];
  const [program = "", ...args] = hasTime
    ? [TIME, "--format=%U %S %M", `--output=${facts}`, ...line]
    : line;
  const started = performance.now();
  const { exitCode, text } = await run(program, args, {
    cwd: folder,
    environment: command.environment,
    owner: folder,
    timeoutMs: DEADLINE_MS,
  });
  const wallSeconds = (performance.now() - started) / 1000;
  if (exitCode !== 0) {
    throw new Error(`cannot measure ${line.join(" ")}: exit code ${exitCode}; it printed\n${text}`);
  }
  if (!hasTime) return { wallSeconds, cpuSeconds: undefined, mostBytes: undefined };
  const [user = 0, system = 0, kibibytes = 0] = (await readFile(facts, "utf8"))
    .trim()
    .split(" ")
    .map(Number);
  await rm(facts);
  return { wallSeconds, cpuSeconds: user + system, mostBytes: kibibytes * 1024 };
}
