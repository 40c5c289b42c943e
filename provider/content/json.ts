/**
 * Reads JSON that a stranger wrote: bounded in depth, strict in its types, tolerant of what does not
 * matter (duplicate keys, unknown members). It never follows what the JSON says.
 */

/** Deeper than any document of the specs; the parser's stack is never put to the test. */
const DEEPEST = 64;

export type JsonObject = Readonly<Record<string, unknown>>;

/** What the bytes are not, in one clause; the caller knows whose bytes they are. */
export class JsonProblem extends Error {
  override readonly name = "JsonProblem";
}

/** The object that the bytes hold. Throws JsonProblem. */
export function parseJsonObject(bytes: Buffer): JsonObject {
  refuseDeep(bytes);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new JsonProblem("it is no valid JSON");
  }
  return object(value, "it");
}

/** The value as an object. */
export function object(value: unknown, what: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new JsonProblem(`${what} is no JSON object`);
  }
  return value as JsonObject;
}

/** The member's value, unless it is inherited ("constructor") or null, which counts as absent. */
export function member(from: JsonObject, name: string): unknown {
  return Object.hasOwn(from, name) ? (from[name] ?? undefined) : undefined;
}

/** The member's text, or undefined where there is no such member. */
export function optionalString(from: JsonObject, name: string, what: string): string | undefined {
  const value = member(from, name);
  if (value === undefined) return undefined;
  if (typeof value !== "string") throw new JsonProblem(`"${name}" of ${what} is no string`);
  return value;
}

/** The member's elements; absent where the member is, empty where it is null as Go writes it. */
export function optionalArray(from: JsonObject, name: string): readonly unknown[] | undefined {
  if (!Object.hasOwn(from, name)) return undefined;
  const value: unknown = from[name] ?? [];
  if (!Array.isArray(value)) throw new JsonProblem(`"${name}" is no list`);
  return value as readonly unknown[];
}

/**
 * A map of strings, frozen and without a prototype: a key "__proto__" or "constructor" is a key like
 * any other.
 */
export function stringMap(from: JsonObject, name: string, what: string): Record<string, string> {
  const map = Object.create(null) as Record<string, string>;
  const value = member(from, name);
  if (value !== undefined) {
    for (const [key, text] of Object.entries(object(value, `"${name}" of ${what}`))) {
      if (typeof text !== "string") {
        throw new JsonProblem(`"${name}" of ${what} has a value that is no string`);
      }
      map[key] = text;
    }
  }
  return Object.freeze(map);
}

/** Throws JsonProblem for what is nested deeper than whoever walks through it could follow. */
export function refuseDeep(bytes: Buffer): void {
  if (isDeep(bytes)) throw new JsonProblem(`it is nested more than ${DEEPEST} levels deep`);
}

/** Counts brackets outside of strings; what is no JSON at all is found out later. */
function isDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let position = 0; position < bytes.length; position += 1) {
    const byte = bytes[position];
    if (inString) {
      if (byte === 0x5c) position += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (depth > DEEPEST) return true;
  }
  return false;
}
