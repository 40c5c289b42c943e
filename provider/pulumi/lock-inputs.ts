/**
 * Between the inputs of a program and an entry of a lock file: which inputs an entry holds, in one form;
 * the inputs that an entry stands for; the command that locks them. Pure.
 */
import { selectionOf } from "../content/selection";
import type { JsonObject } from "../content/json";
import { OciError, type OciErrorFacts } from "../errors";
import type { Wanted } from "../lock/entries";
import { LOCK_FILE } from "../lock/lock-file";
import { RANGE_NAMES } from "../lock/lock-entry";
import { type CheckedInputs, documentedInputs, INPUT_ROWS } from "./inputs";
import { readInputs } from "./read-inputs";

/** Inputs that an entry holds as they are given; what else it holds is the selection. */
export const PLAIN_INPUTS = [...RANGE_NAMES, "platform", "referrer", "verify"] as const;

/** Inputs that stand in an entry under their own name, or say where the content goes. */
export const OTHER_INPUTS = ["reference", "digest", "destination"] as const;

/** What an entry holds of these inputs: all that says what is taken, and nothing of how. */
export function lockedInputsOf(inputs: CheckedInputs): JsonObject {
  const plain = PLAIN_INPUTS.flatMap((name) => {
    const value: unknown = inputs[name];
    return value === undefined || value === false ? [] : [[name, value] as const];
  });
  return Object.freeze({ ...Object.fromEntries(plain), ...selectionOf(inputs) });
}

/**
 * The inputs that an entry stands for, but for its digest.
 *
 * @throws OciError CONFIG where it holds any that a lock file has no say in: a switch that is a risk, or
 * a login, is never taken from a file that others change
 */
export function inputsOfEntry({ reference, inputs }: Wanted, file: string): JsonObject {
  const others: readonly string[] = OTHER_INPUTS;
  const foreign = Object.keys(inputs).find(
    (name) => INPUT_ROWS.get(name)?.group !== "what" || others.includes(name),
  );
  if (foreign === undefined) return { reference, ...inputs };
  const fact = `the entry of ${reference} has "${foreign}", which is nothing that a lock file says`;
  const hint = "take it out, and give it to the command or the program that uses the file";
  throw unusable(file, { fact, hint });
}

/** The same where they hold together. @throws OciError CONFIG, in the words of the file, where not */
export function validInputsOfEntry(entry: Wanted, file: string): JsonObject {
  const values = inputsOfEntry(entry, file);
  const read = readInputs(values);
  if (!("failures" in read)) return values;
  const fact = `the entry of ${entry.reference} is wrong`;
  const hint = "correct it in the file, or take the entry out and lock it anew";
  throw unusable(file, { fact, hint, details: read.failures.map(asMember) });
}

function unusable(file: string, said: Pick<OciErrorFacts, "fact" | "hint" | "details">): OciError {
  return new OciError({ code: "CONFIG", verb: "use the lock file", subject: file, ...said });
}

/** A failure in the words of a file: its members are no inputs of a command, and no flags. */
function asMember(failure: string): string {
  const [first = ""] = failure.split("\n");
  const inQuotes = (path: string): string => path.replace(/[a-z]\w*/gi, '"$&"');
  return first.replace(/^cannot use input "(.*?)": /, (_, path: string) => `${inQuotes(path)}: `);
}

/** The command that adds or renews the entry of these inputs, as a shell takes it. */
export function lockCommand(reference: string, inputs: JsonObject, file: string): string {
  const place = file === LOCK_FILE ? [] : ["--lock-file", quoted(file)];
  return ["oci-artifact lock", entryWords({ reference, inputs }), ...place].join(" ");
}

/** The words of a command line that mean an entry, and no other one. */
export function entryWords({ reference, inputs }: Wanted): string {
  const flags = documentedInputs().flatMap(({ name, flags: [flag] }) =>
    flag === undefined || name === "verify" ? [] : wordsOf(flag.name, flag.field, inputs[name]),
  );
  return [quoted(reference), ...flags].join(" ");
}

function wordsOf(flag: string, field: string | undefined, value: unknown): readonly string[] {
  const given = field === undefined ? value : (Object(value) as JsonObject)[field];
  return [given].flat().flatMap((item) => {
    if (item === true) return [`--${flag}`];
    if (typeof item === "number") return [`--${flag} ${item}`];
    if (typeof item !== "string") return [];
    // What begins like a flag would be taken for one.
    return [`--${flag}${item.startsWith("-") ? "=" : " "}${quoted(item)}`];
  });
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
