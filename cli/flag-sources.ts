/**
 * Reads what flags point to: files, and standard input. It judges no value, and prints none.
 */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { OciError, systemCode } from "../provider/errors";
import { documentedInputs } from "../provider/pulumi/inputs";
import type { FlagValues, InputRows } from "./flag-values";

/**
 * By flag, what was read; nothing for flags that hold their values themselves.
 *
 * @param rows - Default: the inputs of a pull.
 * @throws OciError CONFIG where a file cannot be read, or is no JSON and should be
 */
export async function readSources(
  flags: FlagValues,
  rows: InputRows = documentedInputs(),
): Promise<Readonly<Record<string, unknown>>> {
  const read: Record<string, unknown> = {};
  if (flags["password-stdin"] === true) {
    read["password-stdin"] = withoutLineEnd(await text(process.stdin));
  }
  for (const { name, file } of rows.flatMap((input) => input.flags)) {
    const path = flags[name];
    if (file === undefined || typeof path !== "string") continue;
    const content = await contentOf(name, path);
    read[name] = file === "json" ? parsed(name, path, content) : withoutLineEnd(content);
  }
  return read;
}

async function contentOf(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unusable(flag, `${path} cannot be read (${systemCode(error) ?? "unknown reason"})`);
  }
}

/** What the parser says would show a piece of the file, which may hold passwords. */
function parsed(flag: string, path: string, content: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    throw unusable(flag, `${path} is not JSON`);
  }
  // As an input, null is none: a policy of nothing would be no policy.
  if (value === null) throw unusable(flag, `${path} says null, which is nothing`);
  return value;
}

function unusable(flag: string, fact: string): OciError {
  const hint = "give the name of a file, relative to the working directory";
  return new OciError({ code: "CONFIG", verb: "use", subject: `--${flag}`, fact, hint });
}

/** Editors end a text with a line feed, and so does echo. */
function withoutLineEnd(content: string): string {
  return content.replace(/\r?\n$/, "");
}
