/**
 * Checks inputs against the table: unknown names, missing and mistyped ones, all failures at once.
 * A failure names the input and never its value. Pure.
 */
import { INPUT_ROWS, type CheckedInputs } from "./inputs";
import type { InputField, InputRow, InputType, NumberType } from "./input-types";
import { failure, isAbsent, ruleFailures } from "./input-rules";
import { nearest } from "./nearest";

export type Checked =
  | { readonly ok: true; readonly inputs: CheckedInputs }
  | { readonly ok: false; readonly failures: readonly string[] };

/** Values whose type cannot be told yet (unknown in a preview) must be taken out before. */
export function checkInputs(values: Readonly<Record<string, unknown>>): Checked {
  const failures = checkRows(values, INPUT_ROWS);
  if (failures.length > 0) return { ok: false, failures };
  return { ok: true, inputs: presentOf(values) as unknown as CheckedInputs };
}

/** The same for the rows of any table: whatever is wrong with names, types and rules. */
export function checkRows(
  values: Readonly<Record<string, unknown>>,
  rows: ReadonlyMap<string, InputRow>,
): readonly string[] {
  const failures = [...checkFields(values, rows, ""), ...ruleFailures(values)];
  for (const [name, row] of rows) {
    if (row.required === true && isAbsent(values[name])) {
      failures.push(failure(name, "it is missing", row.description));
    }
  }
  return failures;
}

/** Those that say anything. */
export function presentOf(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isAbsent(value)));
}

function checkFields(
  values: Readonly<Record<string, unknown>>,
  fields: ReadonlyMap<string, InputField>,
  prefix: string,
): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const field = fields.get(name);
    if (field !== undefined) {
      return checkType(value, field.type, `${prefix}${name}`, field.description);
    }
    return [
      unknownName(
        `${prefix}${name}`,
        [...fields.keys()].map((key) => `${prefix}${key}`),
      ),
    ];
  });
}

/** Failures for names that no input has; values may be anything. */
export function checkNames(
  values: Readonly<Record<string, unknown>>,
  rows: ReadonlyMap<string, InputRow> = INPUT_ROWS,
): readonly string[] {
  const known = [...rows.keys()];
  const wrong = Object.keys(values).filter((name) => !rows.has(name));
  return wrong.map((name) => unknownName(name, known));
}

function unknownName(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  const hint = guess === undefined ? `there are ${known.join(", ")}` : `did you mean "${guess}"?`;
  return failure(name, "there is no such input", hint);
}

function checkType(value: unknown, type: InputType, name: string, hint: string): string[] {
  if (isAbsent(value)) return [];
  const wrong = (wanted: string): string[] => [
    failure(name, `it must be ${wanted}, and is ${typeName(value)}`, hint),
  ];
  switch (type.kind) {
    case "string":
      if (typeof value !== "string") return wrong("a string");
      return value === "" ? [failure(name, "it is an empty string", hint)] : [];
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("true or false");
    case "number":
      if (typeof value !== "number") return wrong("a number");
      return isWithin(value, type) ? [] : [failure(name, `it must be ${rangeOf(type)}`, hint)];
    case "choice":
      if (type.values.some((choice) => choice === value)) return [];
      return [failure(name, `it must be one of ${type.values.join(", ")}`, hint)];
    case "strings":
      if (!Array.isArray(value)) return wrong("a list of strings");
      return checkItems(value, { kind: "string" }, name, hint);
    case "numbers":
      if (!Array.isArray(value)) return wrong("a list of numbers");
      return checkItems(value, { kind: "number", above: -1, whole: true }, name, hint);
    case "object":
      if (typeof value !== "object" || Array.isArray(value)) return wrong("an object");
      return checkFields(
        value as Record<string, unknown>,
        new Map(Object.entries(type.fields)),
        `${name}.`,
      );
    case "objects":
      if (!Array.isArray(value)) return wrong("a list of objects");
      return value.flatMap((item: unknown, index) => {
        const one = `${name}[${index}]`;
        if (isAbsent(item)) return [failure(one, "it must be an object, and is null", hint)];
        return checkType(item, { ...type, kind: "object" }, one, hint);
      });
    case "texts":
      if (typeof value !== "object" || Array.isArray(value)) return wrong("an object");
      return Object.entries(value as Record<string, unknown>).flatMap(([key, text]) =>
        typeof text === "string"
          ? []
          : [failure(`${name}["${key}"]`, `it must be a string, and is ${typeName(text)}`, hint)],
      );
    case "mirrors":
      if (!Array.isArray(value)) return wrong("a list of mirrors");
      return value.flatMap((item: unknown, index) => {
        const kind = typeof item === "string" ? "string" : "object";
        const one = isAbsent(item) ? [failure(`${name}[${index}]`, "it is null", hint)] : [];
        return [...one, ...checkType(item, { ...type, kind }, `${name}[${index}]`, hint)];
      });
    case "registries":
      if (typeof value !== "object" || Array.isArray(value)) return wrong("an object");
      return Object.entries(value as Record<string, unknown>).flatMap(([host, options]) =>
        checkType(options, { ...type, kind: "object" }, `${name}["${host}"]`, hint),
      );
  }
}

function checkItems(
  items: readonly unknown[],
  type: InputType,
  name: string,
  hint: string,
): string[] {
  return items.flatMap((item, index) =>
    isAbsent(item)
      ? [failure(`${name}[${index}]`, `it must be a ${type.kind}, and is null`, hint)]
      : checkType(item, type, `${name}[${index}]`, hint),
  );
}

function isWithin(value: number, { above, atMost, whole }: NumberType): boolean {
  if (whole === true && !Number.isSafeInteger(value)) return false;
  return value > above && value <= (atMost ?? Number.MAX_VALUE);
}

function rangeOf({ above, atMost, whole }: NumberType): string {
  const most = atMost === undefined ? "" : ` and at most ${atMost}`;
  return whole === true
    ? `a whole number of at least ${above + 1}${most}`
    : `above ${above}${most}`;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
