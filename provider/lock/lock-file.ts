/**
 * What a lock file is: entries that say which digest a reference was, and which content that made.
 * From its text to entries and back, the same bytes for the same entries. Pure; resolves nothing.
 */
import {
  type JsonObject,
  JsonProblem,
  member,
  object,
  optionalString,
  refuseDeep,
} from "../content/json";
import { digestProblem } from "../digest";
import { OciError } from "../errors";
import { tagProblem } from "../reference/grammar";
import { parseReference } from "../reference/parse";
import { destinationProblem } from "./destinations";
import { entryKey } from "./entries";
import {
  inOrder,
  inSortedForm,
  type LockedContent,
  type LockEntry,
  RANGE_NAMES,
} from "./lock-entry";

/** Its name where nobody gives another one. */
export const LOCK_FILE = "oci-artifact.lock.json";

const VERSION = 1;

/** Names of an entry that are no inputs, or stand at a place of their own. */
const OWN_NAMES = new Set(["reference", "tag", "digest", "content", "destination"]);

/**
 * The entries in a lock file.
 *
 * @param file - What messages call it
 * @throws OciError CONFIG with a line for each entry that cannot be used
 */
export function parseLock(text: string, file: string): readonly LockEntry[] {
  const conflict = text.split(/\r?\n/).findIndex((line) => /^(<{7}|={7}|>{7})( |$)/.test(line));
  if (conflict >= 0) {
    const fact = `line ${conflict + 1} is a mark of a merge that was not resolved`;
    throw unusable(file, fact, "take either side of it whole, then run oci-artifact lock");
  }
  const artifacts = artifactsIn(text.replace(/^\ufeff/, ""), file);
  const problems: string[] = [];
  const entries = artifacts.flatMap((value, index) => {
    try {
      return [entryOf(value)];
    } catch (error) {
      problems.push(`artifacts[${index}]: ${problemOf(error)}`);
      return [];
    }
  });
  if (problems.length === 0) problems.push(...duplicates(entries));
  if (problems.length === 0) return Object.freeze(entries);
  const fact = problems.length === 1 ? "an entry is wrong" : `${problems.length} entries are wrong`;
  throw unusable(file, fact, "repair what is named, or remove the file and lock anew", problems);
}

/** Nobody could tell which of the two counts. */
function duplicates(entries: readonly LockEntry[]): readonly string[] {
  const first = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    const name = entryKey(entry);
    const other = first.get(name);
    if (other !== undefined) {
      return [`artifacts[${index}]: it is ${entry.reference}, as artifacts[${other}] is`];
    }
    first.set(name, index);
    return [];
  });
}

/** The text of a lock file: sorted, indented by two, with a line feed at its end. */
export function formatLock(entries: readonly LockEntry[]): string {
  const artifacts = entries
    .toSorted((a, b) => inOrder(a.reference, b.reference) || inOrder(entryKey(a), entryKey(b)))
    .map(written);
  return `${JSON.stringify({ lockfileVersion: VERSION, artifacts }, null, 2)}\n`;
}

/**
 * Between reference and digest, where the digest is not that of the reference's tag: Renovate, which takes
 * it for that where the two stand together, leaves such an entry alone.
 */
const BEFORE_DIGEST = [...RANGE_NAMES, "referrer"] as const;

/** In the order in which people read it: what it is, what it was, what is taken of it, and where to. */
function written({ reference, tag, digest, content, inputs, destination }: LockEntry): object {
  const first = BEFORE_DIGEST.filter((name) => inputs[name] !== undefined);
  const others = Object.keys(inputs).filter((name) => !first.some((each) => each === name));
  return {
    reference,
    ...Object.fromEntries(first.map((name) => [name, inSortedForm(inputs[name])])),
    ...(tag === undefined ? {} : { tag }),
    digest,
    ...(content === undefined ? {} : { content: { of: content.of, digest: content.digest } }),
    ...Object.fromEntries(others.sort(inOrder).map((name) => [name, inSortedForm(inputs[name])])),
    ...(destination === undefined ? {} : { destination }),
  };
}

function parsedText(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const fact = `it is no JSON: ${error instanceof Error ? error.message : String(error)}`;
    throw unusable(file, fact, "repair it, or remove it and lock anew");
  }
}

function artifactsIn(text: string, file: string): readonly unknown[] {
  try {
    refuseDeep(Buffer.from(text));
    const whole = object(parsedText(text, file), "it");
    const version = member(whole, "lockfileVersion");
    if (version !== VERSION) throw otherVersion(version, file);
    const artifacts = member(whole, "artifacts");
    if (!Array.isArray(artifacts)) throw new JsonProblem('it has no list "artifacts"');
    return artifacts as readonly unknown[];
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw unusable(file, error.message, "repair it, or remove it and lock anew");
  }
}

function otherVersion(version: unknown, file: string): OciError {
  if (typeof version !== "number") {
    const hint = "give the file that oci-artifact lock has written";
    const what = version === undefined ? "it has no" : "no number is its";
    return unusable(file, `it is no lock file: ${what} "lockfileVersion"`, hint);
  }
  const fact = `its lockfileVersion is ${version}, and this version of the package reads ${VERSION}`;
  return unusable(file, fact, "use the version of pulumi-oci-artifact that has written it");
}

function entryOf(value: unknown): LockEntry {
  const entry = object(value, "it");
  const reference = required(entry, "reference");
  const named = parseReference(reference).digest;
  const digest = digestIn(entry, "digest");
  // With a referrer, the reference's is the artifact's.
  const isOwn = member(entry, "referrer") === undefined;
  if (isOwn && named !== undefined && named !== digest) {
    throw new JsonProblem(`its reference names ${named}, and its digest is ${digest}`);
  }
  const tag = optionalString(entry, "tag", "it");
  const hasRange = member(entry, "semver") !== undefined;
  if (hasRange && tag === undefined) throw new JsonProblem('it has "semver", and no "tag"');
  if (!hasRange && tag !== undefined) throw new JsonProblem('it has "tag", and no "semver"');
  const wrongTag = tag === undefined ? undefined : tagProblem(tag);
  if (wrongTag !== undefined) throw new JsonProblem(`"tag" is none: ${wrongTag.fact}`);
  const content = member(entry, "content");
  const destination = optionalString(entry, "destination", "it");
  const wrongFolder = destination === undefined ? undefined : destinationProblem(destination);
  if (wrongFolder !== undefined) throw new JsonProblem(`"destination": ${wrongFolder}`);
  const inputs = Object.entries(entry).filter(
    ([name, item]) => !OWN_NAMES.has(name) && item !== null,
  );
  return Object.freeze({
    reference,
    ...(tag === undefined ? {} : { tag }),
    digest,
    ...(content === undefined ? {} : { content: contentOf(object(content, '"content"')) }),
    inputs: Object.freeze(Object.fromEntries(inputs)),
    ...(destination === undefined ? {} : { destination }),
  });
}

function contentOf(content: JsonObject): LockedContent {
  return Object.freeze({ of: digestIn(content, "of"), digest: digestIn(content, "digest") });
}

function digestIn(from: JsonObject, name: string): string {
  const digest = required(from, name);
  if (digestProblem(digest) === undefined) return digest;
  throw new JsonProblem(`"${name}" is no digest`);
}

function required(from: JsonObject, name: string): string {
  const text = optionalString(from, name, "it");
  if (text === undefined || text === "") throw new JsonProblem(`"${name}" is missing`);
  return text;
}

function problemOf(error: unknown): string {
  if (error instanceof JsonProblem) return error.message;
  if (error instanceof OciError) return `${error.subject}: ${error.fact}`;
  throw error;
}

function unusable(file: string, fact: string, hint: string, details?: readonly string[]): OciError {
  const facts = { code: "CONFIG" as const, verb: "use the lock file", subject: file, fact, hint };
  return new OciError({ ...facts, ...(details === undefined ? {} : { details }) });
}
