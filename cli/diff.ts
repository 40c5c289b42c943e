/**
 * `oci-artifact diff`: which files two contents do not have in common, as a list, as a unified diff, or
 * as JSON. What is in the files goes through the gate of all that is printed.
 */
import type { ChangedEntry } from "../provider/compare-trees";
import { isExecutable } from "../provider/compare-trees";
import { type Compared, compareInputs } from "../provider/pulumi/compare-contents";
import { inOneLine, printable } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import type { TreeEntry } from "../provider/types";
import { EXIT_CODES, sayUsage } from "./exit";
import type { PublishCommand } from "./publish-arguments";
import { printPieces } from "./pieces";
import { run } from "./pull";
import { expectLongLife } from "./brevity";
import { sidesProblem } from "./sides";

/** Runs the command. Returns the exit code: 0, also where files differ, unless it is asked for. */
export async function diffCommand(command: PublishCommand): Promise<number> {
  const [before = "", after = ""] = command.words;
  const { flags, json } = command;
  const problem = sidesProblem([before, after], flags, true);
  if (problem !== undefined) return sayUsage(problem, "diff");
  const withText = flags["text"] === true;
  // Comparing lines is work for seconds, in one go.
  if (withText) expectLongLife();
  return await run({ ...command, reference: before }, async (inputs, options) =>
    compareInputs(inputs, [before, after], options, async (found) => {
      const isReported = flags["exit-code"] === true && countOf(found) > 0;
      const code = isReported ? { exitCode: EXIT_CODES.different.code } : {};
      if (withText) {
        await printPieces(json ? jsonPieces(found) : textPieces(found));
        return { text: "", ...code };
      }
      const text = json ? JSON.stringify(comparisonJson(found)) : printable(comparisonText(found));
      return { text, ...code };
    }),
  );
}

async function* textPieces({ texts }: Compared): AsyncGenerator<string> {
  for await (const text of texts) yield printable(text);
}

/** One object, of which `text` comes in pieces. */
async function* jsonPieces(found: Compared): AsyncGenerator<string> {
  yield `${JSON.stringify(comparisonJson(found)).slice(0, -1)},"text":"`;
  for await (const text of found.texts) yield JSON.stringify(text).slice(1, -1);
  yield '"}\n';
}

function countOf({ added, removed, changed }: Compared): number {
  return added.length + removed.length + changed.length;
}

function comparisonText(found: Compared): string {
  const { added, removed, changed, same } = found;
  const lines = [
    ...removed.map((entry) => [entry.path, `- ${nameOf(entry)}`] as const),
    ...added.map((entry) => [entry.path, `+ ${nameOf(entry)}`] as const),
    ...changed.map((entry) => [entry.path, `~ ${changeOf(entry)}`] as const),
  ].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const counts = [
    ...(added.length === 0 ? [] : [`${added.length} added`]),
    ...(removed.length === 0 ? [] : [`${removed.length} removed`]),
    ...(changed.length === 0 ? [] : [`${changed.length} changed`]),
    `${same} the same`,
  ];
  return [...lines.map(([, line]) => line), counts.join(", ")].join("\n");
}

function nameOf({ path, type, size, target = "" }: TreeEntry): string {
  const name = inOneLine(path);
  return type === "symlink"
    ? `${name} -> ${inOneLine(target)}`
    : `${name}  ${formatByteSize(size)}`;
}

function changeOf({ path, before, after }: ChangedEntry): string {
  if (before.type !== after.type || before.type === "symlink") {
    return `${inOneLine(path)}  ${factOf(before)} => ${factOf(after)}`;
  }
  const sizes = [before.size, after.size].map(formatByteSize);
  const size = before.size === after.size ? sizes.slice(0, 1) : sizes;
  const isMode = isExecutable(before) !== isExecutable(after);
  const mode = isExecutable(after) ? ", now executable" : ", no longer executable";
  return `${inOneLine(path)}  ${size.join(" => ")}${isMode ? mode : ""}`;
}

function factOf({ type, size, target = "" }: TreeEntry): string {
  return type === "symlink" ? `link to ${inOneLine(target)}` : formatByteSize(size);
}

function comparisonJson({ sides, added, removed, changed, same }: Compared): object {
  const [before, after] = sides;
  return {
    ...{ before, after, same },
    added: added.map(entryJson),
    removed: removed.map(entryJson),
    changed: changed.map((entry) => ({
      path: entry.path,
      before: factsJson(entry.before),
      after: factsJson(entry.after),
    })),
  };
}

function entryJson(entry: TreeEntry): object {
  return { path: entry.path, ...factsJson(entry) };
}

function factsJson({ type, mode, size, sha256, target }: TreeEntry): object {
  return { type, mode, size, sha256, target };
}
