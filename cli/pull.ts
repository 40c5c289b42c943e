/**
 * `oci-artifact pull` and `inspect`: the same road that the resource takes, on a terminal.
 */
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import {
  closeSessions,
  inspectInputs,
  outputsOfResult,
  pullInputs,
  type SessionOptions,
} from "../provider/pulumi/session";
import { printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import { inputsOf, type InspectCommand, type PullCommand } from "./arguments";
import { EXIT_CODES, sayFailure } from "./exit";
import { inspectionJson, inspectionText } from "./inspection-text";
import { openTerminalReport } from "./terminal";

/** Runs the command; what it printed last is the result. Returns the exit code. */
export async function pullCommand(command: PullCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const output = resolve(command.output);
    const result = await pullInputs(inputs, { ...options, output });
    const { path: _tree, ...facts } = outputsOfResult(result);
    const servedBy = result.pulled.servedBy?.host;
    return command.json
      ? JSON.stringify({ ...facts, directory: output, servedBy })
      : `${facts.pinned}\n${amountOf(facts)} in ${printable(command.output)}`;
  });
}

/** Runs the command. Returns the exit code. */
export async function inspectCommand(command: InspectCommand): Promise<number> {
  return await run(command, async (inputs, options) => {
    const { pinned, found } = await inspectInputs(inputs, options);
    return command.json
      ? JSON.stringify(inspectionJson(pinned, found))
      : inspectionText(pinned, found).trimEnd();
  });
}

function amountOf({ fileCount, size }: { fileCount: number; size: number }): string {
  return `${fileCount} ${fileCount === 1 ? "file" : "files"}, ${formatByteSize(size)}`;
}

type Work = (inputs: Readonly<Record<string, unknown>>, options: SessionOptions) => Promise<string>;

async function run(command: PullCommand | InspectCommand, work: Work): Promise<number> {
  const interrupted = new AbortController();
  const report = openTerminalReport();
  try {
    const inputs = inputsOf(command, await passwordOf(command));
    // Only now: while nothing but the password is waited for, an interrupt simply ends the process.
    process.once("SIGINT", () => {
      interrupted.abort();
    });
    const { signal } = interrupted;
    const result = await work(inputs, { directory: process.cwd(), report, signal });
    report.close();
    process.stdout.write(`${result}\n`);
    return EXIT_CODES.done.code;
  } catch (error) {
    report.close();
    return sayFailure(error, command.reference, command.json);
  } finally {
    await closeSessions();
  }
}

/** Standard input, if that is where the password comes from; without the line feed behind it. */
async function passwordOf({ flags }: PullCommand | InspectCommand): Promise<string | undefined> {
  if (flags["password-stdin"] !== true) return undefined;
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}
