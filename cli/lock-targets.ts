/**
 * Which entries of a lock file a command is about, and the flags that say how their registries are
 * reached. Pure: it reads no file and asks nobody.
 */
import { dirname, relative, resolve, sep } from "node:path";
import { destinationProblem } from "../provider/lock/destinations";
import { artifactKey, entryKey } from "../provider/lock/entries";
import { outdated } from "../provider/lock/judge";
import { LOCK_FILE } from "../provider/lock/lock-file";
import type { LockEntry } from "../provider/lock/lock-entry";
import { INPUT_ROWS } from "../provider/pulumi/inputs";
import { lockCommand, lockedInputsOf } from "../provider/pulumi/lock-inputs";
import { readInputs } from "../provider/pulumi/read-inputs";
import type { Target } from "../provider/pulumi/renew-entry";
import { parseReference } from "../provider/reference/parse";
import { inputsOf, type FlagValues } from "./flag-values";
import { withFlags } from "./flag-words";
import type { LockCommand } from "./lock-arguments";
import { registriesProblem } from "./pull-list";

type Values = Readonly<Record<string, unknown>>;

/** A list of what is to be done, or what is wrong with the command line. */
export type Targets = { readonly targets: readonly Target[] } | { readonly problem: string };

/** The lock file of a command, as messages call it. */
export function lockFileOf(flags: FlagValues): string {
  const file = flags["lock-file"];
  return typeof file === "string" ? file : LOCK_FILE;
}

/** What the flags say of how registries are reached, and of nothing else. */
export function transportOf(flags: FlagValues, read: Values): Values {
  const { lockFile: _file, ...inputs } = inputsOf("", flags, read);
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => INPUT_ROWS.get(name)?.group !== "what"),
  );
}

/** All entries as they are. @throws OciError LOCK_OUTDATED where there are none */
export function allTargets(
  entries: readonly LockEntry[] | undefined,
  flags: FlagValues,
): readonly Target[] {
  if (entries !== undefined && entries.length > 0) {
    return entries.map((entry) => ({ wanted: entry, before: entry }));
  }
  const file = lockFileOf(flags);
  const fact = entries === undefined ? "there is no such file" : "it has no entries";
  const command = lockCommand("registry/repository:tag", {}, file);
  throw outdated(file, fact, `to lock an artifact: ${command}`);
}

/** What is for one registry goes to no other one. */
export function problemOfTargets(
  targets: readonly Target[],
  flags: FlagValues,
): string | undefined {
  const registries = targets.map(({ wanted }) => parseReference(wanted.reference));
  return registriesProblem(registries, flags, lockFileOf(flags));
}

/**
 * The entry that the command names, and the others of its artifact: all of them are of one digest.
 *
 * @throws OciError LOCK_OUTDATED where there is no entry, and nothing may be added; INVALID_REFERENCE
 */
export function targetsOf(
  { reference = "", flags, frozen }: LockCommand,
  entries: readonly LockEntry[],
  read: Values,
): Targets {
  const { lockFile: _file, destination: _folder, ...values } = inputsOf(reference, flags, read);
  const valid = readInputs(values);
  if ("failures" in valid) {
    if (valid.error !== undefined) throw valid.error;
    return { problem: withFlags(valid.failures.join("\n")) };
  }
  const folder = folderOf(flags);
  const problem = folder === undefined ? undefined : destinationProblem(folder);
  if (problem !== undefined) return { problem: `--output: ${problem}` };
  const wanted = { reference, inputs: lockedInputsOf(valid.inputs) };
  const before = entries.find((entry) => entryKey(entry) === entryKey(wanted));
  if (before === undefined && frozen) throw missing(wanted, flags);
  const others = entries.filter(
    (entry) => entry !== before && artifactKey(entry) === artifactKey(wanted),
  );
  // A policy stays until the entry is removed: who renews it in a hurry does not lose it.
  const { verify } = before?.inputs ?? {};
  const inputs = { ...(verify === undefined ? {} : { verify }), ...wanted.inputs };
  const destination = folder ?? before?.destination;
  const first = { reference, inputs, ...(destination === undefined ? {} : { destination }) };
  return {
    targets: [
      { wanted: first, before },
      ...others.map((entry) => ({ wanted: entry, before: entry })),
    ],
  };
}

/** `--output`, relative to the lock file's folder. */
function folderOf(flags: FlagValues): string | undefined {
  const { output } = flags;
  if (typeof output !== "string") return undefined;
  const path = relative(dirname(resolve(lockFileOf(flags))), resolve(output));
  return path === "" ? "." : path.split(sep).join("/");
}

function missing(wanted: Pick<LockEntry, "reference" | "inputs">, flags: FlagValues) {
  const file = lockFileOf(flags);
  const command = lockCommand(wanted.reference, wanted.inputs, file);
  return outdated(wanted.reference, `${file} has no entry for it`, `to lock it: ${command}`);
}
