/**
 * `oci-artifact pull --from-file`: the pulls of a list, many at a time, over the same connections. One
 * that fails stops no other; what they came to is printed in the order of the list.
 */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { systemCode } from "../provider/errors";
import { readInputs } from "../provider/pulumi/read-inputs";
import { closeSessions } from "../provider/pulumi/session";
import type { PullListCommand } from "./arguments";
import { exitCodeOf, sayUsage, sayFailure } from "./exit";
import { readSources } from "./flag-sources";
import { inputsOf } from "./flag-values";
import { withFlags } from "./flag-words";
import { listenForInterruption } from "./interruption";
import { failureText, resultsJson, successText } from "./list-results";
import { pullTo } from "./pull";
import { parsePullList, type ListedPull, type PullList } from "./pull-list";
import { forSeveral } from "./several";
import { openListReport } from "./terminal";

/** Runs the command. Returns the exit code. */
export async function pullListCommand(command: PullListCommand): Promise<number> {
  const { file, flags, json } = command;
  const name = file === "-" ? "standard input" : file;
  const content = await contentOf(file);
  if ("refusal" in content) return sayUsage(`${name} cannot be read (${content.refusal})`);
  let list: PullList;
  let read: Readonly<Record<string, unknown>>;
  try {
    list = parsePullList(content.text, name, process.cwd(), flags);
    if ("problem" in list) return sayUsage(list.problem);
    read = await readSources(flags);
  } catch (error) {
    return sayFailure(error, name, json);
  }
  const inputs = (pull: ListedPull): Readonly<Record<string, unknown>> =>
    inputsOf(pull.reference, flags, read);
  const [first] = list.pulls;
  // The flags are the same for all lines: what is wrong with them is said once.
  const problem = first && problemOfInputs(inputs(first));
  if (problem !== undefined) return sayUsage(problem);
  const { signal, exitCode } = listenForInterruption();
  const report = openListReport(list.pulls.length);
  try {
    const outcomes = await forSeveral(
      list.pulls,
      (pull, own) =>
        pullTo(pull.folder, inputs(pull), { directory: process.cwd(), report: own, signal }),
      { verb: "pull", report, signal },
    );
    report.close();
    process.stdout.write(
      json ? `${JSON.stringify(resultsJson(outcomes))}\n` : successText(outcomes),
    );
    if (!json) process.stderr.write(failureText(outcomes));
    const failures = outcomes.flatMap((ended) => ("failure" in ended ? ended.failure.code : []));
    return exitCodeOf(failures, exitCode());
  } finally {
    report.close();
    await closeSessions();
  }
}

function problemOfInputs(values: Readonly<Record<string, unknown>>): string | undefined {
  const read = readInputs(values);
  return "failures" in read ? withFlags(read.failures.join("\n")) : undefined;
}

async function contentOf(
  file: string,
): Promise<{ readonly text: string } | { readonly refusal: string }> {
  if (file === "-") return { text: await text(process.stdin) };
  try {
    return { text: await readFile(file, "utf8") };
  } catch (error) {
    return { refusal: systemCode(error) ?? String(error) };
  }
}
