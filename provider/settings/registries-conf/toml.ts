/**
 * Reads TOML and its tables field by field: what type a value has to have, and which keys nobody
 * knows. What the fields mean is parse.ts; it never guesses at a value of a wrong type.
 *
 * Keys match without regard to case where nothing matches exactly, as in the library that other
 * readers of these files use.
 */
import { parse, TomlError } from "smol-toml";
import type { OciError } from "../../errors";
import { isRecord } from "../fields";
import { refusal } from "./refusal";

/** One table of a file whose keys are known. */
export interface OpenTable {
  readonly file: string;
  /** `[[registry]] "example.com"`; "" for what stands before all tables. */
  readonly label: string;
  /** Values by the names we know them by. */
  readonly fields: ReadonlyMap<string, unknown>;
  /** Keys that mean nothing here, as they are written. */
  readonly unknown: readonly string[];
}

/** A table as TOML gives it. */
export type RawTable = Readonly<Record<string, unknown>>;

/** The document of a text. @throws OciError CONFIG, with line and column. */
export function parseToml(text: string, file: string): RawTable {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    // Behind the first line it draws the place.
    const reason = error instanceof Error ? error.message.split("\n", 1)[0] : undefined;
    const what = reason?.replace(/^Invalid TOML document: /, "") ?? "it is no TOML";
    const where = error instanceof TomlError ? `line ${error.line}, column ${error.column}: ` : "";
    const hint = 'write text values in quotes: location = "registry.example"';
    throw refusal(file, `${where}${what}`, /invalid value/.test(what) ? hint : undefined);
  }
}

/** Sorts the keys of a table into those that are known and the others. */
export function openTable(
  raw: RawTable,
  file: string,
  label: string,
  known: readonly string[],
): OpenTable {
  const written = new Map(known.map((key) => [key, writtenKey(raw, key)]));
  const used = new Set(written.values());
  return {
    file,
    label,
    fields: new Map(known.map((key) => [key, valueOf(raw, written.get(key))])),
    unknown: Object.keys(raw).filter((key) => !used.has(key)),
  };
}

/** The value of a key of a table that is not open, whatever the case of the key. */
export function rawField(raw: RawTable, key: string): unknown {
  return valueOf(raw, writtenKey(raw, key));
}

function writtenKey(raw: RawTable, key: string): string | undefined {
  if (Object.hasOwn(raw, key)) return key;
  return Object.keys(raw).find((written) => written.toLowerCase() === key);
}

function valueOf(raw: RawTable, key: string | undefined): unknown {
  return key === undefined ? undefined : raw[key];
}

/** A text, or "" where the key is not there. */
export function textOf(table: OpenTable, key: string): string {
  const value = table.fields.get(key) ?? "";
  if (typeof value === "string") return value;
  throw wrongType(table, key, value, "a text in quotes");
}

/** A switch, or false where the key is not there. */
export function flagOf(table: OpenTable, key: string): boolean {
  const value = table.fields.get(key) ?? false;
  if (typeof value === "boolean") return value;
  throw wrongType(table, key, value, "true or false, without quotes");
}

/** A list of texts, or undefined where the key is not there. */
export function textsOf(table: OpenTable, key: string): readonly string[] | undefined {
  const value = table.fields.get(key);
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return Object.freeze(value);
  }
  throw wrongType(table, key, value, 'a list of texts: ["one", "two"]');
}

/** A list of tables. `header` is how one begins: "[[registry.mirror]]". */
export function tablesOf(table: OpenTable, key: string, header: string): readonly RawTable[] {
  const value = table.fields.get(key) ?? [];
  if (Array.isArray(value) && value.every(isTable)) return value;
  throw wrongType(table, key, value, `a list of tables that begin with ${header}`);
}

/** An error about a table: `cannot use FILE: [[registry]] "x": FACT`. */
export function tableRefusal(
  table: Pick<OpenTable, "file" | "label">,
  fact: string,
  hint?: string,
): OciError {
  return refusal(table.file, table.label === "" ? fact : `${table.label}: ${fact}`, hint);
}

function wrongType(table: OpenTable, key: string, value: unknown, wanted: string): OciError {
  return tableRefusal(table, `${key} is ${typeName(value)}`, `${key} takes ${wanted}`);
}

/** A value of TOML, as an error names it. */
export function typeName(value: unknown): string {
  if (Array.isArray(value)) return value.some(isTable) ? "a list of tables" : "a list";
  if (value instanceof Date) return "a date";
  if (isRecord(value)) return "a table";
  return typeof value === "string" ? "a text" : String(value);
}

/** Whether a value of TOML is a table: dates are objects, too. */
export function isTable(value: unknown): value is RawTable {
  return isRecord(value) && !(value instanceof Date);
}
