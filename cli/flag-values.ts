/**
 * From the texts of flags to the values of inputs, by the one table of inputs. Pure: a value is judged
 * by its form alone; the road judges the rest.
 */
import type { InputRow, InputType } from "../provider/pulumi/input-types";
import { documentedInputs } from "../provider/pulumi/inputs";

/** Values of flags, by name. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Inputs with their flags, of one table. */
export type InputRows = readonly (InputRow & { readonly name: string })[];

/** Flags that make sense together only. */
const PAIRS = [
  ["username", "password-stdin"],
  ["cert-file", "key-file"],
] as const;

/**
 * The inputs that the flags stand for.
 * @param read - By flag, what was read where the flag says: from a file, or from standard input.
 * @param rows - Default: the inputs of a pull.
 */
export function inputsOf(
  reference: string,
  flags: FlagValues,
  read: Readonly<Record<string, unknown>> = {},
  rows?: InputRows,
): Readonly<Record<string, unknown>> {
  const inputs: Record<string, unknown> = { reference };
  for (const { flag, input, field, isPair, isNumber, isNegation } of inputFlags(rows)) {
    const value = flags[flag];
    if (value === undefined) continue;
    const parsed = isPair ? pairsOf(value, isNumber) : isNumber ? numbersOf(value) : value;
    const typed = flag in read ? read[flag] : isNegation ? value !== true : parsed;
    const before: unknown = inputs[input];
    if (field !== undefined) inputs[input] = withField(before, field.split("."), typed);
    else inputs[input] = both(before, typed);
  }
  return inputs;
}

/** The value with another one in it; a number leads into a list. */
function withField(
  value: unknown,
  [name = "", ...rest]: readonly string[],
  inner: unknown,
): unknown {
  if (/^\d+$/.test(name)) {
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    const index = Number(name);
    return Object.assign([...list], { [index]: withField(list[index], rest, inner) });
  }
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  const within =
    rest.length === 0 ? both(fields[name], inner) : withField(fields[name], rest, inner);
  return { ...fields, [name]: within };
}

/** One list, or one object, may come of two flags. */
function both(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value)) {
    return [...(before as readonly unknown[]), ...(value as readonly unknown[])];
  }
  return isObject(before) && isObject(value) ? { ...before, ...value } : value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong with the values as such; undefined where nothing is. */
export function problemOfFlags(flags: FlagValues, rows?: InputRows): string | undefined {
  const single = PAIRS.find(
    (pair) => pair.filter((name) => flags[name] !== undefined).length === 1,
  );
  if (single !== undefined) return `--${single[0]} and --${single[1]} go together`;
  const signers = problemOfSigners(flags, rows);
  if (signers !== undefined) return signers;
  for (const { flag, isPair, isNumber } of inputFlags(rows)) {
    for (const text of [flags[flag] ?? []].flat()) {
      if (isPair && pairOf(text, isNumber) === undefined) {
        return `--${flag} takes NAME=VALUE${isNumber ? ", and as the value a number" : ""}`;
      }
      if (!isPair && isNumber && Number.isNaN(numberOf(text))) return `--${flag} takes a number`;
    }
  }
  return undefined;
}

/** Who has to have signed is said by a key or by an identity; a file of `--verify` may say it, too. */
function problemOfSigners(flags: FlagValues, rows?: InputRows): string | undefined {
  const given = inputFlags(rows).filter(
    ({ flag, input }) => input === "verify" && flags[flag] !== undefined,
  );
  const [first] = given;
  if (first === undefined || given.some(({ field }) => field === undefined)) return undefined;
  const key = given.find(({ field }) => field === "keys");
  const identity = given.find(({ field }) => field?.startsWith("identities."));
  if (key !== undefined && identity !== undefined) {
    return `--${key.flag} and --${identity.flag} exclude each other: a signature is made with one of them`;
  }
  return key === undefined && identity === undefined
    ? `--${first.flag} needs --verify-key, --certificate-identity or --verify: who has to have signed`
    : undefined;
}

/** A flag of an input, and how its text is read. */
interface InputFlag {
  readonly flag: string;
  readonly input: string;
  readonly field: string | undefined;
  /** NAME=VALUE. */
  readonly isPair: boolean;
  /** Of pairs: each value is one. */
  readonly isNumber: boolean;
  readonly isRepeatable: boolean;
  /** A switch that turns its input off. */
  readonly isNegation: boolean;
}

/** A list asks for them once a line. */
const flagsOfRows = new WeakMap<InputRows, readonly InputFlag[]>();

function inputFlags(rows: InputRows = documentedInputs()): readonly InputFlag[] {
  const flags = flagsOfRows.get(rows) ?? readRows(rows);
  flagsOfRows.set(rows, flags);
  return flags;
}

function readRows(rows: InputRows): readonly InputFlag[] {
  return rows.flatMap(({ name: input, type, flags }) =>
    flags.map(({ name: flag, field, pairs, repeatable, negates }) => {
      const kind = typeOf(type, field?.split(".") ?? [])?.kind;
      const isPair = pairs === true;
      return {
        flag,
        input,
        field,
        isPair,
        // Of pairs, the values are those of the input's fields, or texts.
        isNumber: kind === "number" || kind === "numbers" || (isPair && kind === "object"),
        isRepeatable: isPair || repeatable === true || kind === "strings" || kind === "numbers",
        isNegation: negates === true,
      };
    }),
  );
}

/** Names of the flags that may be given several times. */
export function repeatableFlags(rows?: InputRows): readonly string[] {
  return inputFlags(rows).flatMap(({ flag, isRepeatable }) => (isRepeatable ? [flag] : []));
}

/** The type that a path of fields leads to. */
function typeOf(type: InputType, [name, ...rest]: readonly string[]): InputType | undefined {
  if (name === undefined) return type;
  if (type.kind === "objects") return typeOf({ ...type, kind: "object" }, rest);
  const field = type.kind === "object" ? type.fields[name] : undefined;
  return field && typeOf(field.type, rest);
}

type FlagValue = NonNullable<FlagValues[string]>;

function numbersOf(value: FlagValue): number | readonly number[] {
  return Array.isArray(value) ? value.map(numberOf) : numberOf(value);
}

function pairsOf(value: FlagValue, isNumber: boolean): Readonly<Record<string, number | string>> {
  const pairs = [value].flat().map((text) => pairOf(text, isNumber));
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

/** Undefined where it is none. */
function pairOf(text: unknown, isNumber: boolean): readonly [string, number | string] | undefined {
  const [, name, value = ""] = /^([^=]+)=(.*)$/s.exec(String(text)) ?? [];
  if (name === undefined || (isNumber && Number.isNaN(numberOf(value)))) return undefined;
  return [name, isNumber ? numberOf(value) : value];
}

/** NaN where it is none; an empty text would count as nought. */
function numberOf(value: unknown): number {
  return typeof value === "string" && value.trim() !== "" ? Number(value) : NaN;
}
