/**
 * From the command line to a command, with the flags of the one table of inputs. Pure: reads no
 * file, prints nothing.
 */
import { parseArgs } from "node:util";
import type { Flag, InputRow, InputType } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";
import { nearest } from "../provider/pulumi/nearest";

interface ReferenceCommand {
  readonly reference: string;
  readonly json: boolean;
  /** Values of the flags of inputs, by flag name. */
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

export interface PullCommand extends ReferenceCommand {
  readonly kind: "pull";
  readonly output: string;
}

export interface InspectCommand extends ReferenceCommand {
  readonly kind: "inspect";
}

export type Command =
  | PullCommand
  | InspectCommand
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly problem: string };

/** Flags of `pull` that are no inputs. */
const OWN_FLAGS: readonly Flag[] = [
  {
    name: "output",
    argument: "DIR",
    description:
      "Folder for the content; made if missing, replaced if it was placed by this command",
  },
  { name: "json", description: "Print the result, or the error, as JSON on standard output" },
  { name: "help", description: "Print this" },
  { name: "version", description: "Print the version" },
];

/** Flags that make sense together only. */
const PAIRS = [
  ["username", "password-stdin"],
  ["cert-file", "key-file"],
] as const;

/** What paths are relative to, where there is a program. */
const OF_PROGRAMS = "relative to the program's directory";

/** Every flag with what it says in the help, inputs first. */
export function allFlags(): readonly Flag[] {
  const inputs = documentedInputs().flatMap(({ flags, description }) =>
    flags.map((flag) => ({ description, ...flag })),
  );
  return [...inputs, ...OWN_FLAGS];
}

/**
 * An error's message for a terminal: what it calls inputs are flags here. Words that may be just
 * that ("digest", "proxy") stay, except where they are called inputs.
 */
export function withFlags(message: string): string {
  const lines = message.split("\n").map((line) => {
    const [, start, hint] = /^(\s*hint: )(.*)$/s.exec(line) ?? [];
    return start === undefined ? fieldsAsFlags(line) : `${start}${hintWithFlags(hint ?? "")}`;
  });
  return lines.join("\n");
}

/** A hint alone, likewise; in hints, names like `plainHttp` are inputs, with their values. */
export function hintWithFlags(hint: string): string {
  return documentedInputs().reduce((text, { name, flags: [flag] }) => {
    if (flag === undefined || !/[A-Z]/.test(name)) return text;
    const named = new RegExp(`\\b${name}(?:: (?:true|"(\\w+)"))?(?![\\w.])`, "g");
    return text.replace(named, (_, value?: string) =>
      value === undefined ? `--${flag.name}` : `--${flag.name} ${value}`,
    );
  }, fieldsAsFlags(hint));
}

/** What can be nothing but an input: `input "digest"`, `caCertificates[0]`, `timeouts.total`. */
function fieldsAsFlags(text: string): string {
  const inFlags = documentedInputs().flatMap(namesOf);
  return inFlags
    .reduce((whole, [name, flag]) => whole.replace(name, flag), text)
    .replaceAll(OF_PROGRAMS, "relative to the working directory");
}

/** How errors name an input, its fields and its items, each with the flag in its place. */
function namesOf({ name, type, flags }: InputRow & { readonly name: string }): [RegExp, string][] {
  if (flags.length === 0) return [];
  const fields = type.kind === "object" ? Object.keys(type.fields).join("|") : "";
  const all = flags.map((flag) => `--${flag.name}`).join(" and ");
  const parts = flags.flatMap((flag): [string, string][] => {
    if (flag.pairs === true) return [[`${name}\\.(${fields})`, `--${flag.name} $1=…`]];
    return flag.field === undefined ? [] : [[`${name}\\.${flag.field}`, `--${flag.name}`]];
  });
  const bare = [...parts, [`${name}\\[\\d+\\]`, all] as const];
  return [
    ...[...bare, [name, all] as const].map(quoted),
    // Not where it is a piece of a path or of a host.
    ...bare.map(([part, flag]): [RegExp, string] => [
      new RegExp(`(?<![\\w./-])${part}(?![\\w/-]|\\.\\w)`, "g"),
      flag,
    ]),
  ];
}

function quoted([name, flag]: readonly [string, string]): [RegExp, string] {
  return [new RegExp(`(?:the )?input "${name}"`, "g"), flag];
}

/** The command that the arguments (without node and the script) ask for. */
export function parseCommand(args: readonly string[]): Command {
  const repeatable = new Set(repeatableFlags());
  const options = Object.fromEntries(
    allFlags().map(({ name, argument }) => [
      name,
      {
        type: argument === undefined ? ("boolean" as const) : ("string" as const),
        multiple: repeatable.has(name),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return wrong(problemOf(error));
  }
  const { values, positionals } = parsed;
  if (values["help"] === true || args.length === 0) return { kind: "help" };
  if (values["version"] === true) return { kind: "version" };
  return referenceCommand(values as ReferenceCommand["flags"], positionals);
}

function referenceCommand(
  flags: ReferenceCommand["flags"],
  [verb, reference, ...more]: readonly string[],
): Command {
  if (verb !== "pull" && verb !== "inspect") {
    return wrong(`there is no command "${verb ?? ""}"; there are pull, inspect and cache`);
  }
  if (reference === undefined) return wrong(`${verb} needs a reference`);
  if (more.length > 0) {
    return wrong(`${verb} takes one reference, and got "${more.join(" ")}" as well`);
  }
  const problem = problemOfFlags(flags);
  if (problem !== undefined) return wrong(problem);
  const { output } = flags;
  const common = { reference, json: flags["json"] === true, flags };
  if (verb === "inspect") {
    return output === undefined ? { kind: verb, ...common } : wrong("inspect takes no --output");
  }
  if (typeof output !== "string" || output === "") return wrong("pull needs --output DIR");
  return { kind: verb, output, ...common };
}

function problemOfFlags(flags: ReferenceCommand["flags"]): string | undefined {
  const single = PAIRS.find(
    (pair) => pair.filter((name) => flags[name] !== undefined).length === 1,
  );
  if (single !== undefined) return `--${single[0]} and --${single[1]} go together`;
  for (const { flag, isPair, isNumber } of inputFlags()) {
    for (const text of [flags[flag] ?? []].flat()) {
      if (isPair && pairOf(text) === undefined) return `--${flag} takes NAME=VALUE`;
      if (isNumber && Number.isNaN(numberOf(text))) return `--${flag} takes a number`;
    }
  }
  return undefined;
}

/** Node's own words, and the flag that was meant. */
function problemOf(error: unknown): string {
  const problem = error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error);
  const mistyped = /^Unknown option '--([^']+)'/.exec(problem)?.[1];
  const names = allFlags().map(({ name }) => name);
  const guess = mistyped === undefined ? undefined : nearest(mistyped, names);
  return guess === undefined ? problem : `${problem}; did you mean --${guess}?`;
}

/**
 * The inputs that the flags stand for.
 * @param password - What standard input held, where --password-stdin was given.
 */
export function inputsOf(
  { reference, flags }: ReferenceCommand,
  password: string | undefined,
): Readonly<Record<string, unknown>> {
  const values = { ...flags, "password-stdin": password };
  const inputs: Record<string, unknown> = { reference };
  for (const { flag, input, field, isPair, isNumber } of inputFlags()) {
    const value = (values as ReferenceCommand["flags"])[flag];
    if (value === undefined) continue;
    const typed = isPair ? pairsOf(value) : isNumber ? numbersOf(value) : value;
    if (field !== undefined) inputs[input] = { ...Object(inputs[input]), [field]: typed };
    else inputs[input] = typed;
  }
  return inputs;
}

/** A flag of an input, and how its text is read. */
interface InputFlag {
  readonly flag: string;
  readonly input: string;
  readonly field: string | undefined;
  /** NAME=VALUE, each value a number. */
  readonly isPair: boolean;
  readonly isNumber: boolean;
  readonly isRepeatable: boolean;
}

function inputFlags(): readonly InputFlag[] {
  return documentedInputs().flatMap(({ name: input, type, flags }) =>
    flags.map(({ name: flag, field, pairs }) => {
      const kind = kindOf(type, field);
      const isPair = pairs === true;
      return {
        flag,
        input,
        field,
        isPair,
        isNumber: kind === "number" || kind === "numbers",
        isRepeatable: isPair || kind === "strings" || kind === "numbers",
      };
    }),
  );
}

function repeatableFlags(): readonly string[] {
  return inputFlags().flatMap(({ flag, isRepeatable }) => (isRepeatable ? [flag] : []));
}

function kindOf(type: InputType, field: string | undefined): InputType["kind"] | undefined {
  if (field === undefined || type.kind !== "object") return type.kind;
  return type.fields[field]?.type.kind;
}

type FlagValue = NonNullable<ReferenceCommand["flags"][string]>;

function numbersOf(value: FlagValue): number | readonly number[] {
  return Array.isArray(value) ? value.map(numberOf) : numberOf(value);
}

function pairsOf(value: FlagValue): Readonly<Record<string, number>> {
  const pairs = [value].flat().map(pairOf);
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

/** Undefined where it is none. */
function pairOf(text: unknown): readonly [string, number] | undefined {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(String(text)) ?? [];
  if (name === undefined || Number.isNaN(numberOf(value))) return undefined;
  return [name, numberOf(value)];
}

/** NaN where it is none; an empty text would count as nought. */
function numberOf(value: unknown): number {
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}

function wrong(problem: string): Command {
  return { kind: "wrong", problem };
}
