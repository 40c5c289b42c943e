/**
 * Reads the files of registries.conf, once each, into texts with their names, in the order in which
 * they count. It looks into none of them; a file that is there and cannot be read is an error.
 */
import type { Dirent } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { factOfReading, hintOfReading } from "../../disk-facts";
import { OciError, systemCode } from "../../errors";
import { isMissing } from "../missing";
import { type ConfPlaces, environmentVariable, OVERRIDE_VARIABLE } from "./locate";
import type { ConfText } from "./tables";

/**
 * The texts of the main file, the drop-ins and the override: a later one replaces what an earlier
 * one says. No file at all is no error; one that was named and is missing is.
 *
 * @throws OciError CONFIG, naming the file or directory.
 */
export async function readRegistriesConf(places: ConfPlaces): Promise<readonly ConfText[]> {
  const main = await readMain(places);
  const files = main === undefined ? [] : [main];
  for (const file of await findDropIns(places.dropIns)) {
    const text = await readText(file);
    // A link that leads nowhere says nothing, and still hides those of its name.
    if (text !== undefined) files.push(text);
  }
  if (places.override !== undefined) {
    const namedBy = environmentVariable(OVERRIDE_VARIABLE);
    files.push(await readExisting(places.override, namedBy));
  }
  return Object.freeze(files);
}

/**
 * The aliases that podman remembers, or undefined where it remembers none. Only short names need
 * them, so that whatever is wrong with the file harms no other reference.
 *
 * @throws OciError CONFIG, naming the file.
 */
export function readRememberedAliases(places: ConfPlaces): Promise<ConfText | undefined> {
  return readText(places.rememberedAliases);
}

async function readMain({ main, mainNamedBy }: ConfPlaces): Promise<ConfText | undefined> {
  for (const file of main) {
    if (mainNamedBy !== undefined) return readExisting(file, mainNamedBy);
    const text = await readText(file);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Files `*.conf` of all directories, by the bytes of their names; a name counts once. */
async function findDropIns(directories: readonly string[]): Promise<readonly string[]> {
  const found = new Map<string, string>();
  for (const directory of directories) {
    for (const entry of await entriesOf(directory)) {
      const { name } = entry;
      if (!name.endsWith(".conf") || entry.isDirectory() || found.has(name)) continue;
      found.set(name, join(directory, name));
    }
  }
  const byName = [...found].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return byName.map(([, file]) => file);
}

async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  if (isMissing(directory)) return [];
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    // A file in the place of the directory itself is somebody's mistake; one above it, another system.
    if (isAbsent(error) && isMissing(directory)) return [];
    throw unreadable(directory, error);
  }
}

/** Reads a file that has to be there, because something names it. */
async function readExisting(file: string, namedBy: string): Promise<ConfText> {
  const text = await readText(file);
  if (text !== undefined) return text;
  throw new OciError({
    code: "CONFIG",
    verb: "read",
    subject: file,
    fact: "there is no such file",
    hint: `correct ${namedBy}, which names it`,
  });
}

async function readText(file: string): Promise<ConfText | undefined> {
  if (isMissing(file)) return undefined;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(file, error);
  }
  try {
    // It takes a byte order mark away, too.
    return Object.freeze({ file, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) });
  } catch (error) {
    throw unreadable(file, error, "it is not UTF-8");
  }
}

function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(subject: string, cause: unknown, fact = systemFact(cause)): OciError {
  const hint = hintOfReading(systemCode(cause));
  return new OciError({ code: "CONFIG", verb: "read", subject, fact, hint, cause });
}

function systemFact(error: unknown): string {
  const code = systemCode(error);
  return code === "ENOTDIR" ? "it is no directory" : factOfReading(code);
}
