/**
 * `oci-artifact pull`, `inspect` and `verify`: the same road that the resource takes, on a terminal.
 */
import { resolve } from "node:path";
import {
  closeSessions,
  explainInputs,
  inspectInputs,
  outputsOfResult,
  pullInputs,
  type SessionOptions,
  verifyInputs,
} from "../provider/pulumi/session";
import type { OutputValues } from "../provider/pulumi/outputs";
import { printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import type { ExplainCommand, InspectCommand, PullCommand, VerifyCommand } from "./arguments";
import { readSources } from "./flag-sources";
import { inputsOf } from "./flag-values";
import { EXIT_CODES, sayFailure } from "./exit";
import { explanationJson, explanationText, isUnanswered } from "./explain-text";
import { inspectionJson, inspectionText } from "./inspection-text";
import { listenForInterruption } from "./interruption";
import { openTerminalReport } from "./terminal";

/** Runs the command; what it printed last is the result. Returns the exit code. */
export async function pullCommand(command: PullCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const placed = await pullTo(command.output, inputs, options);
    const text = command.json
      ? JSON.stringify(placed)
      : `${placed.pinned}\n${amountOf(placed)} in ${printable(command.output)}`;
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
  const result = await pullInputs(values, { ...options, destination: "instead" });
  const { path: _tree, placedAt: _folder, ...facts } = outputsOfResult(result);
  return { ...facts, directory: resolve(folder), servedBy: result.pulled.servedBy?.host };
}

/** Runs the command. Returns the exit code. */
export async function inspectCommand(command: InspectCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const { pinned, found } = await inspectInputs(inputs, options);
    const text = command.json
      ? JSON.stringify(inspectionJson(pinned, found))
      : inspectionText(pinned, found).trimEnd();
    return { text };
  });
}

/** Runs the command. Returns the exit code: a failure where nobody has signed who has to have. */
export async function verifyCommand(command: VerifyCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const { pinned, digest, signers, servedBy } = await verifyInputs(inputs, options);
    const text = command.json
      ? JSON.stringify({ pinned, digest, signers, servedBy: servedBy?.host })
      : printable([pinned, ...signers.map((signer) => `signed by ${signer}`)].join("\n"));
    return { text };
  });
}

/** Runs `inspect --endpoints`. Returns the exit code: that of a failure where nobody answers. */
export async function explainCommand(command: ExplainCommand): Promise<number> {
  const { flags, json, online } = command;
  return await run(command, async (inputs, options) => {
    const found = await explainInputs(inputs, { ...options, online });
    const text = json ? explanationJson(found) : explanationText(found, flags).trimEnd();
    return { text, isFailed: online && isUnanswered(found) };
  });
}

function amountOf({ fileCount, size }: { fileCount: number; size: number }): string {
  return `${fileCount} ${fileCount === 1 ? "file" : "files"}, ${formatByteSize(size)}`;
}

/** What a command prints, and whether that is a failure nevertheless. */
interface Result {
  readonly text: string;
  readonly isFailed?: boolean;
}

type Work = (inputs: Readonly<Record<string, unknown>>, options: SessionOptions) => Promise<Result>;

type RoadCommand = PullCommand | InspectCommand | ExplainCommand | VerifyCommand;

async function run(command: RoadCommand, work: Work): Promise<number> {
  const { reference, flags, json } = command;
  let inputs: Readonly<Record<string, unknown>>;
  try {
    inputs = inputsOf(reference, flags, await readSources(flags));
  } catch (error) {
    return sayFailure(error, reference, json);
  }
  // Only now: while nothing but the password is waited for, a signal simply ends the process.
  const { signal, exitCode } = listenForInterruption();
  const report = openTerminalReport();
  try {
    const { text, isFailed } = await work(inputs, { directory: process.cwd(), report, signal });
    report.close();
    process.stdout.write(`${text}\n`);
    return isFailed === true ? EXIT_CODES.failed.code : EXIT_CODES.done.code;
  } catch (error) {
    report.close();
    return sayFailure(error, reference, json, exitCode());
  } finally {
    await closeSessions();
  }
}
