/**
 * `oci-artifact pull`: the same road that the resource takes, on a terminal; and how each verb runs that
 * works with a reference.
 */
import { resolve } from "node:path";
import {
  closeSessions,
  outputsOfResult,
  pullInputs,
  type SessionOptions,
} from "../provider/pulumi/session";
import type { OutputValues } from "../provider/pulumi/outputs";
import { printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import type { PullCommand } from "./arguments";
import { expectLongLife } from "./brevity";
import { readSources } from "./flag-sources";
import { type FlagValues, inputsOf, type InputRows } from "./flag-values";
import { EXIT_CODES, sayFailure } from "./exit";
import { listenForInterruption } from "./interruption";
import { openTerminalReport } from "./terminal";

/** Runs the command; what it printed last is the result. Returns the exit code. */
export async function pullCommand(command: PullCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const placed = await pullTo(command.output, inputs, { ...options, ownsThread: true });
    const text = command.json
      ? JSON.stringify(placed)
      : `${placed.pinned}\n${tagIn(command, placed)}${amountOf(placed)} in ${printable(command.output)}`;
    return { text };
  });
}

/** What a pull came to, as JSON shows it. */
export interface Placed extends Omit<OutputValues, "path" | "placedAt"> {
  /** Where the content lies; absolute. */
  readonly directory: string;
  /** Undefined where the cache had it all. */
  readonly servedBy: string | undefined;
}

/** Pulls by inputs to a folder, which counts from the working directory. Throws what a pull throws. */
export async function pullTo(
  folder: string,
  inputs: Readonly<Record<string, unknown>>,
  options: SessionOptions,
): Promise<Placed> {
  const values = { ...inputs, destination: folder };
  const result = await pullInputs(values, {
    ...options,
    destination: "instead",
    onMuchWork: expectLongLife,
  });
  const { path: _tree, placedAt: _folder, ...facts } = outputsOfResult(result);
  return { ...facts, directory: resolve(folder), servedBy: result.pulled.servedBy?.host };
}

/** Where a range has chosen it, which is nowhere else to be seen. */
function tagIn({ flags }: PullCommand, { tag }: Pick<Placed, "tag">): string {
  return flags["semver"] === undefined || tag === undefined ? "" : `tag ${tag}, `;
}

function amountOf({ fileCount, size }: { fileCount: number; size: number }): string {
  return `${fileCount} ${fileCount === 1 ? "file" : "files"}, ${formatByteSize(size)}`;
}

/** What a command prints, and whether that is a failure nevertheless. */
interface Result {
  readonly text: string;
  readonly isFailed?: boolean;
  /** In the place of 0, where it is no failure. */
  readonly exitCode?: number;
}

type Work = (inputs: Readonly<Record<string, unknown>>, options: SessionOptions) => Promise<Result>;

/** What every command has that works with a reference. */
interface RoadCommand {
  readonly reference: string;
  readonly flags: FlagValues;
  readonly json: boolean;
  /** Whose flags they are. Default: of the inputs of a pull. */
  readonly rows?: InputRows;
}

/** Runs the work with the command's inputs, and prints what it comes to. Returns the exit code. */
export async function run(command: RoadCommand, work: Work): Promise<number> {
  const { reference, flags, json, rows } = command;
  let inputs: Readonly<Record<string, unknown>>;
  try {
    inputs = inputsOf(reference, flags, await readSources(flags, rows), rows);
  } catch (error) {
    return sayFailure(error, reference, json);
  }
  // Only now: while nothing but the password is waited for, a signal simply ends the process.
  const { signal, exitCode } = listenForInterruption();
  const report = openTerminalReport();
  try {
    const options = { directory: process.cwd(), report, signal };
    const { text, isFailed, exitCode: code = EXIT_CODES.done.code } = await work(inputs, options);
    report.close();
    if (text !== "") process.stdout.write(`${text}\n`);
    return isFailed === true ? EXIT_CODES.failed.code : code;
  } catch (error) {
    report.close();
    return sayFailure(error, reference, json, exitCode());
  } finally {
    await closeSessions();
  }
}
