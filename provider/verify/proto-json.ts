/**
 * JSON that stands for a message of protocol buffers, read as strictly as Go's reader does it for cosign:
 * a member that is not known, or is there twice, is no slip to be passed over, because the next reader
 * might take the other one. It knows forms, and nothing of what they mean.
 *
 * Rule: https://protobuf.dev/programming-guides/json/
 */
import { JsonProblem, object, parseJsonObject, type JsonObject } from "../content/json";

/** What a member holds. `struct`: an object of any form; `texts`: a map of texts. */
export type Form = "string" | "bytes" | "int64" | "enum" | "struct" | "texts" | Message | List;

export interface List {
  readonly each: Form;
}

export interface Message {
  /** By the name in JSON. */
  readonly members: Readonly<Record<string, Form>>;
  /** At most one of them may be there. */
  readonly oneOf?: readonly string[];
  /** Other names that a reader takes, beside those in snake_case. */
  readonly names?: Readonly<Record<string, string>>;
}

/**
 * The message in one form: names as in JSON, bytes as padded base64, integers as texts; no null.
 * @throws JsonProblem
 */
export function parseProtoJson(bytes: Buffer, message: Message, what: string): JsonObject {
  const json = parseJsonObject(bytes);
  refuseTwice(bytes.toString());
  return readMessage(json, message, what);
}

function readMessage(json: JsonObject, message: Message, what: string): JsonObject {
  const { members, names = {}, oneOf = [] } = message;
  const read: Record<string, unknown> = {};
  const seen = new Set<string>();
  for (const [given, value] of Object.entries(json)) {
    const name = nameOf(given, names);
    const form = Object.hasOwn(members, name) ? members[name] : undefined;
    if (form === undefined) throw new JsonProblem(`${what} has a member that is not known`);
    if (seen.has(name)) throw new JsonProblem(`"${name}" of ${what} is there twice`);
    seen.add(name);
    if (value !== null) read[name] = readValue(value, form, `"${name}" of ${what}`);
  }
  if (oneOf.filter((name) => Object.hasOwn(read, name)).length > 1) {
    throw new JsonProblem(`${what} has more than one of ${oneOf.join(", ")}`);
  }
  return read;
}

function nameOf(given: string, names: Readonly<Record<string, string>>): string {
  if (Object.hasOwn(names, given)) return names[given] ?? given;
  // What has capitals is no name in snake_case, and one that begins with "_" is a name of its own.
  if (/[A-Z]|^_/.test(given)) return given;
  return given.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function readValue(value: unknown, form: Form, what: string): unknown {
  if (typeof form === "object") {
    if ("members" in form) return readMessage(object(value, what), form, what);
    if (!Array.isArray(value)) throw new JsonProblem(`${what} is no list`);
    return value.map((one: unknown) => readValue(one, form.each, `an element of ${what}`));
  }
  return READERS[form](value, what);
}

type Scalar = Exclude<Form, Message | List>;

const READERS: Readonly<Record<Scalar, (value: unknown, what: string) => unknown>> = {
  string: (value, what) => textOf(value, what),
  bytes(value, what) {
    const text = textOf(value, what).replace(/-/g, "+").replace(/_/g, "/");
    if (!BASE64.test(text)) throw new JsonProblem(`${what} is no base64`);
    return Buffer.from(text, "base64").toString("base64");
  },
  int64(value, what) {
    const isNumber = typeof value === "number" && Number.isSafeInteger(value);
    const text = isNumber ? String(value) : value;
    if (typeof text === "string" && INTEGER.test(text) && isInRange(BigInt(text))) return text;
    throw new JsonProblem(`${what} is no integer`);
  },
  enum(value, what) {
    if (typeof value === "string" || Number.isSafeInteger(value)) return value;
    throw new JsonProblem(`${what} is no name`);
  },
  struct: (value, what) => object(value, what),
  texts(value, what) {
    const texts = Object.entries(object(value, what));
    return Object.fromEntries(texts.map(([name, text]) => [name, textOf(text, what)]));
  },
};

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const INTEGER = /^-?(?:0|[1-9][0-9]{0,18})$/;

function isInRange(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

function textOf(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new JsonProblem(`${what} is no text`);
}

/** A parser takes the last of two members with one name, and the text is that of valid JSON. */
function refuseTwice(text: string): void {
  if (text.startsWith("\ufeff")) throw new JsonProblem("it is no valid JSON");
  const open: Set<string>[] = [];
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (name !== undefined) {
      const known = open.at(-1);
      const member = String(JSON.parse(name));
      if (known?.has(member) === true) throw new JsonProblem(`it has "${member}" twice`);
      known?.add(member);
    }
  }
}
