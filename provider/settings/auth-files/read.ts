/**
 * Reads one place that may hold credentials. It decides nothing about the places after it, and shows
 * nothing of what it reads.
 */
import { readFile, stat } from "node:fs/promises";
import { factOfReading, hintOfReading } from "../../disk-facts";
import { errorFacts, OciError, systemCode } from "../../errors";
import { isMissing } from "../missing";
import type { AuthPlace } from "./locate";
import { type AuthFile, brokenFile, parseAuthFile } from "./parse";

/**
 * What the place says, or undefined where there is no such file.
 *
 * @throws OciError CONFIG, naming the place: it cannot be read, is broken, or was named and is
 *   missing; or the folder is missing that a variable of the environment promises.
 */
export async function readAuthPlace(place: AuthPlace): Promise<AuthFile | undefined> {
  const text = place.text ?? (await readText(place));
  if (text === undefined) return undefined;
  try {
    return parseAuthFile(text, place.name, place.isLegacy);
  } catch (error) {
    throw withHint(error, place);
  }
}

/** Who has named the file is told what does; of the others, a warning tells, and goes on without. */
function withHint(error: unknown, { name, namedBy }: AuthPlace): unknown {
  if (!(error instanceof OciError) || error.hint !== undefined || namedBy === undefined)
    return error;
  const hint = `correct ${name}, or ${namedBy}, which names it`;
  return new OciError({ ...errorFacts(error), hint, cause: error.cause });
}

async function readText(place: AuthPlace): Promise<string | undefined> {
  try {
    if (!isMissing(place.name)) return await readFile(place.name, "utf8");
  } catch (error) {
    if (!isAbsent(error)) throw unreadable(place, error);
  }
  if (place.namedBy !== undefined) {
    const hint = `correct ${place.namedBy}, which names it`;
    throw brokenFile(place.name, "there is no such file", hint);
  }
  if (place.promised !== undefined) await checkPromised(place.name, place.promised);
  return undefined;
}

/** A login of this session would be there; without its folder, nobody can have logged in. */
async function checkPromised(
  file: string,
  { folder, variable }: NonNullable<AuthPlace["promised"]>,
): Promise<void> {
  try {
    await stat(folder);
  } catch (error) {
    if (!isAbsent(error)) return;
    const fact = `${variable} names ${folder}, and there is no such folder`;
    throw brokenFile(file, fact, `unset ${variable}, or set it to a folder of this session`);
  }
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable({ name }: AuthPlace, cause: unknown): OciError {
  const code = systemCode(cause);
  return new OciError({
    code: "CONFIG",
    verb: "read the credentials in",
    subject: name,
    fact: factOfReading(code),
    hint: hintOfReading(code),
    cause,
  });
}
