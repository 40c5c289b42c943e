/**
 * `oci-artifact lock`: writes down which digest and content references are at this moment, or says
 * what has changed since. The lock file is written whole, or not at all.
 */
import { resolve } from "node:path";
import { entriesOf, withEntries } from "../provider/lock/entries";
import { outdated } from "../provider/lock/judge";
import { readLock, writeLock } from "../provider/lock/read-lock";
import { isOutdated, renewEntry, type Renewed, type Target } from "../provider/pulumi/renew-entry";
import { closeSessions } from "../provider/pulumi/session";
import { EXIT_CODES, exitCodeOf, failureOf, type Failure, sayFailure, sayUsage } from "./exit";
import { readSources } from "./flag-sources";
import type { FlagValues } from "./flag-values";
import { listenForInterruption } from "./interruption";
import type { LockCommand } from "./lock-arguments";
import { allTargets, lockFileOf, problemOfTargets, targetsOf, transportOf } from "./lock-targets";
import { changesText, countOf, failuresText, nameOf, renewedJson } from "./lock-text";
import { forSeveral } from "./several";
import { openListReport } from "./terminal";

/** Runs the command. Returns the exit code: that of a failure where `--frozen` finds a change. */
export async function lockCommand(command: LockCommand): Promise<number> {
  const { flags, json, reference } = command;
  const file = lockFileOf(flags);
  const subject = reference ?? file;
  try {
    const entries = await readLock(resolve(file), file);
    if (command.remove) return await remove(subject, file, json);
    const read = await readSources(flags);
    const wanted =
      reference === undefined
        ? { targets: allTargets(entries, flags) }
        : targetsOf(command, entries ?? [], read);
    if ("problem" in wanted) return sayUsage(wanted.problem);
    const problem = problemOfTargets(wanted.targets, flags);
    if (problem !== undefined) return sayUsage(problem);
    const examined = await examine(wanted.targets, flags, read);
    if (examined.exitCode !== EXIT_CODES.done.code) {
      const end = command.frozen ? "" : `${file} is not written: `;
      return sayUnexamined(examined, file, json, end);
    }
    return command.frozen
      ? sayFrozen(examined.renewed, file, json)
      : await write(examined.renewed, file, json);
  } catch (error) {
    return sayFailure(error, subject, json);
  } finally {
    await closeSessions();
  }
}

/** What there is now for each entry, and what could not be found out. */
export interface Examined {
  readonly renewed: readonly Renewed[];
  readonly failures: readonly { readonly name: string; readonly failure: Failure }[];
  readonly exitCode: number;
}

/** Looks at each, many at a time. */
export async function examine(
  targets: readonly Target[],
  flags: FlagValues,
  read: Readonly<Record<string, unknown>>,
): Promise<Examined> {
  const transport = transportOf(flags, read);
  const file = lockFileOf(flags);
  const { signal, exitCode } = listenForInterruption();
  const report = openListReport(targets.length);
  const items = targets.map((target) => ({ target, reference: target.wanted.reference }));
  const ended = await forSeveral(
    items,
    ({ target }, own) =>
      renewEntry(target, transport, file, { directory: process.cwd(), report: own, signal }),
    { verb: "look at", report, signal },
  );
  report.close();
  const failures = ended.flatMap((each) =>
    "failure" in each ? [{ name: nameOf(each.item.target.wanted), failure: each.failure }] : [],
  );
  return {
    renewed: ended.flatMap((each) => ("result" in each ? each.result : [])),
    failures,
    exitCode: exitCodeOf(
      failures.map(({ failure }) => failure.code),
      exitCode(),
    ),
  };
}

/**
 * The exit code of what was not found out, after saying why; and what is outdated of the rest.
 *
 * @param end - What comes of it, for the last line
 */
export function sayUnexamined(
  { renewed, failures, exitCode }: Examined,
  file: string,
  json: boolean,
  end: string,
): number {
  if (json) {
    const errors = failures.map(({ name, failure }) => ({ name, error: failure }));
    const artifacts = renewed.map(renewedJson);
    const said = { file, written: false, artifacts, failures: errors };
    process.stdout.write(`${JSON.stringify(said)}\n`);
    return exitCode;
  }
  const isCancelled = failures.some(({ failure }) => failure.code === "CANCELLED");
  const count = `${failures.length} of ${countOf(renewed.length + failures.length)} could not be looked at`;
  process.stdout.write(changesText(renewed.filter(isOutdated)));
  process.stderr.write(
    `${failuresText(failures)}${end}${isCancelled ? "it was interrupted" : count}\n`,
  );
  return exitCode;
}

/** The exit code of `--frozen`, after saying what is outdated. */
export function sayFrozen(renewed: readonly Renewed[], file: string, json: boolean): number {
  const old = renewed.filter(isOutdated);
  const halves = renewed.filter(({ change }) => change === "completed");
  const error = old.length === 0 ? undefined : failureOf(outdatedLock(old, renewed, file), file);
  if (json) {
    const artifacts = renewed.map(renewedJson);
    process.stdout.write(`${JSON.stringify({ file, written: false, artifacts, error })}\n`);
  } else {
    process.stdout.write(changesText(old));
    for (const { entry } of halves) {
      const text = `its content is not in ${file} yet; oci-artifact lock adds it`;
      process.stderr.write(`${nameOf(entry)}: ${text}\n`);
    }
    if (error === undefined) process.stdout.write(upToDate(renewed, file));
    else process.stderr.write(`${error.message}\n`);
  }
  return exitCodeOf(error === undefined ? [] : [error.code]);
}

function outdatedLock(old: readonly Renewed[], all: readonly Renewed[], file: string) {
  const place = file === lockFileOf({}) ? "" : ` --lock-file ${file}`;
  const fact = `${old.length} of ${countOf(all.length)} ${old.length === 1 ? "is" : "are"} outdated`;
  return outdated(file, fact, `look at what changed, and renew it: oci-artifact lock${place}`);
}

async function write(renewed: readonly Renewed[], file: string, json: boolean): Promise<number> {
  const path = resolve(file);
  // Another run may have written meanwhile: its entries stay.
  const entries = (await readLock(path, file)) ?? [];
  const now = withEntries(
    entries,
    renewed.map(({ entry }) => entry),
  );
  const written = await writeLock(path, file, now);
  if (json) {
    const artifacts = renewed.map(renewedJson);
    process.stdout.write(`${JSON.stringify({ file, written, artifacts })}\n`);
  } else {
    const end = written ? `${file} written: ${countOf(now.length)}\n` : upToDate(renewed, file);
    process.stdout.write(`${changesText(renewed)}${end}`);
  }
  return EXIT_CODES.done.code;
}

function upToDate(renewed: readonly Renewed[], file: string): string {
  return `${file} is up to date: ${countOf(renewed.length)}\n`;
}

/** Takes out all entries of the reference. */
async function remove(reference: string, file: string, json: boolean): Promise<number> {
  const entries = (await readLock(resolve(file), file)) ?? [];
  const gone = entriesOf(entries, reference);
  if (gone.length === 0) {
    const hint = "give the reference as the lock file has it";
    throw outdated(reference, `${file} has no entry for it`, hint);
  }
  const left = entries.filter((entry) => !gone.includes(entry));
  await writeLock(resolve(file), file, left);
  const removed = gone.map(({ reference: name, inputs }) => ({ reference: name, inputs }));
  process.stdout.write(
    json
      ? `${JSON.stringify({ file, written: true, removed })}\n`
      : `${gone.map((entry) => `${nameOf(entry)} removed\n`).join("")}${file} written: ${countOf(left.length)}\n`,
  );
  return EXIT_CODES.done.code;
}
