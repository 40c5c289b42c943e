/**
 * `oci-artifact vendor`: puts the artifacts of a lock file in place, by the digests that it has. What no
 * entry is for is left alone.
 */
import { dirname, join, relative, resolve } from "node:path";
import { OciError } from "../provider/errors";
import { destinationsOf, type Destined } from "../provider/lock/destinations";
import { entriesOf } from "../provider/lock/entries";
import { outdated } from "../provider/lock/judge";
import type { LockEntry } from "../provider/lock/lock-entry";
import { readLock } from "../provider/lock/read-lock";
import { entryWords, validInputsOfEntry, lockCommand } from "../provider/pulumi/lock-inputs";
import { isOutdated } from "../provider/pulumi/renew-entry";
import { closeSessions } from "../provider/pulumi/session";
import { printable } from "../provider/redact";
import { EXIT_CODES, exitCodeOf, sayFailure, sayUsage } from "./exit";
import { readSources } from "./flag-sources";
import { listenForInterruption } from "./interruption";
import { countsText } from "./list-results";
import { examine, sayFrozen, sayUnexamined } from "./lock";
import type { VendorCommand } from "./lock-arguments";
import { allTargets, lockFileOf, problemOfTargets, transportOf } from "./lock-targets";
import { failuresText, nameOf } from "./lock-text";
import { type Placed, pullTo } from "./pull";
import { type Ended, forSeveral } from "./several";
import { openListReport } from "./terminal";

/** An entry, and its folder relative to the working directory. */
interface Vendored extends Destined {
  readonly reference: string;
}

type Outcome = Ended<Vendored, Placed>;

/** Runs the command. Returns the exit code. */
export async function vendorCommand(command: VendorCommand): Promise<number> {
  const { flags, json, frozen } = command;
  const file = lockFileOf(flags);
  try {
    const wanted = await vendoredOf(command, file);
    const targets = wanted.map(({ entry }) => ({ wanted: entry, before: entry }));
    const problem = problemOfTargets(targets, flags);
    if (problem !== undefined) return sayUsage(problem);
    const read = await readSources(flags);
    if (frozen) {
      const examined = await examine(targets, flags, read);
      if (examined.exitCode !== EXIT_CODES.done.code) {
        return sayUnexamined(examined, file, json, "nothing is placed: ");
      }
      if (examined.renewed.some(isOutdated)) return sayFrozen(examined.renewed, file, json);
    }
    return await place(wanted, command, transportOf(flags, read));
  } catch (error) {
    return sayFailure(error, file, json);
  } finally {
    await closeSessions();
  }
}

/**
 * What is to be placed where.
 *
 * @throws OciError LOCK_OUTDATED where there is no entry, CONFIG where two are in each other's way
 */
async function vendoredOf(
  { references, flags }: VendorCommand,
  file: string,
): Promise<readonly Vendored[]> {
  const entries = allTargets(await readLock(resolve(file), file), flags).flatMap(
    ({ before }) => before ?? [],
  );
  const named = new Set(references.flatMap((name) => entriesOf(entries, name)));
  const isWanted = (entry: LockEntry): boolean => references.length === 0 || named.has(entry);
  const { destined, clashes } = destinationsOf(entries, isWanted, entryWords);
  if (clashes.length > 0) {
    const fact = "entries are in each other's way";
    const hint =
      "give one of them another folder, by its words above: oci-artifact lock … --output DIR";
    const subject = { verb: "use the lock file", subject: file };
    throw new OciError({ code: "CONFIG", ...subject, fact, hint, details: clashes });
  }
  const missing = references.find((name) => entriesOf(entries, name).length === 0);
  if (missing !== undefined) {
    const hint = `to lock it: ${lockCommand(missing, {}, file)}`;
    throw outdated(missing, `${file} has no entry for it`, hint);
  }
  const home = dirname(resolve(file));
  return destined
    .filter(({ entry }) => isWanted(entry))
    .map(({ entry, folder }) => ({
      entry,
      folder: relative(process.cwd(), join(home, folder)) || ".",
      reference: entry.reference,
    }));
}

async function place(
  wanted: readonly Vendored[],
  { flags, json }: VendorCommand,
  transport: Readonly<Record<string, unknown>>,
): Promise<number> {
  const file = lockFileOf(flags);
  const { signal, exitCode } = listenForInterruption();
  const report = openListReport(wanted.length);
  const ended = await forSeveral(
    wanted,
    ({ entry, folder }, own) => {
      const values = { ...transport, ...validInputsOfEntry(entry, file), lockFile: file };
      return pullTo(folder, values, { directory: process.cwd(), report: own, signal });
    },
    { verb: "place", report, signal },
  );
  report.close();
  const failures = ended.flatMap(({ item, ...each }) =>
    "failure" in each ? [{ name: nameOf(item.entry), failure: each.failure }] : [],
  );
  const codes = failures.map(({ failure }) => failure.code);
  if (json) process.stdout.write(`${JSON.stringify(ended.map(outcomeJson))}\n`);
  else {
    process.stdout.write(ended.map(outcomeText).join(""));
    process.stderr.write(`${failuresText(failures)}${countsText("placed", ended.length, codes)}`);
  }
  return exitCodeOf(codes, exitCode());
}

/** As of `pull --from-file`: the pinned reference, a tab, the folder. */
function outcomeText(outcome: Outcome): string {
  if ("failure" in outcome) return "";
  return `${outcome.result.pinned}\t${printable(outcome.item.folder)}\n`;
}

function outcomeJson(outcome: Outcome): object {
  const { reference, folder } = outcome.item;
  return "failure" in outcome
    ? { reference, directory: resolve(folder), error: outcome.failure }
    : { reference, ...outcome.result };
}
