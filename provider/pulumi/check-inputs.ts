/**
 * Checks inputs against the table: unknown names, missing and mistyped ones, all failures at once.
 * A failure names the input and never its value. Pure.
 */
import { INPUT_ROWS, type CheckedInputs, type InputField, type InputType } from "./inputs";
import { nearest } from "./nearest";

export type Checked =
  | { readonly ok: true; readonly inputs: CheckedInputs }
  | { readonly ok: false; readonly failures: readonly string[] };

/** Values whose type cannot be told yet (unknown in a preview) must be taken out before. */
export function checkInputs(values: Readonly<Record<string, unknown>>): Checked {
  const failures = [...checkFields(values, INPUT_ROWS, ""), ...checkRules(values)];
  for (const [name, row] of INPUT_ROWS) {
    if (row.required === true && isAbsent(values[name]))
      failures.push(`input "${name}" is missing`);
  }
  if (failures.length > 0) return { ok: false, failures };
  const present = Object.entries(values).filter(([, value]) => !isAbsent(value));
  return { ok: true, inputs: Object.fromEntries(present) as unknown as CheckedInputs };
}

function checkFields(
  values: Readonly<Record<string, unknown>>,
  fields: ReadonlyMap<string, InputField>,
  prefix: string,
): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const field = fields.get(name);
    if (field !== undefined) return checkType(value, field.type, `${prefix}${name}`);
    const guess = nearest(name, [...fields.keys()]);
    const question = guess === undefined ? "" : `; did you mean "${prefix}${guess}"?`;
    return [`unknown input "${prefix}${name}"${question}`];
  });
}

function checkType(value: unknown, type: InputType, name: string): string[] {
  if (isAbsent(value)) return [];
  const wrong = (wanted: string): string[] => [
    `input "${name}" must be ${wanted}, and is ${typeName(value)}`,
  ];
  switch (type.kind) {
    case "string":
      if (typeof value !== "string") return wrong("a string");
      return value === "" ? [`input "${name}" is an empty string`] : [];
    case "boolean":
      return typeof value === "boolean" ? [] : wrong("true or false");
    case "strings":
      if (!Array.isArray(value)) return wrong("a list of strings");
      return value.flatMap((item, index) =>
        isAbsent(item)
          ? [`input "${name}[${index}]" must be a string, and is null`]
          : checkType(item, { kind: "string" }, `${name}[${index}]`),
      );
    case "object":
      if (typeof value !== "object" || Array.isArray(value)) return wrong("an object");
      return checkFields(
        value as Record<string, unknown>,
        new Map(Object.entries(type.fields)),
        `${name}.`,
      );
  }
}

/** Rules between inputs, where a type alone does not say enough. */
function checkRules(values: Readonly<Record<string, unknown>>): string[] {
  const { credentials } = values;
  if (typeof credentials !== "object" || credentials === null) return [];
  const { username, password, identityToken } = credentials as Record<string, unknown>;
  const hasToken = !isAbsent(identityToken);
  const hasLogin = !isAbsent(username) || !isAbsent(password);
  if (hasToken && hasLogin) {
    return ['input "credentials" takes username and password, or identityToken, and has both'];
  }
  if (!hasToken && (isAbsent(username) || isAbsent(password))) {
    return ['input "credentials" needs username and password, or identityToken'];
  }
  return [];
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
