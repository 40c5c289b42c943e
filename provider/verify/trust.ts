/**
 * The trusted root that a policy wants signatures to be checked with, as a text: given, or of a TUF
 * repository. It believes what it is given, and never looks into it.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "../context";
import { OciError, systemCode } from "../errors";
import type { TrustSource } from "./policy";

/**
 * - `fresh`: as the repository says it now, as far as its own terms ask for that.
 * - `known`: the last one that was had will do where the repository cannot be reached. For content that
 *   was verified before: an outage must not take it away.
 */
export type Freshness = "fresh" | "known";

/** @returns undefined where the policy needs none. @throws OciError TRUSTED_ROOT */
export async function trustedRoot(
  trust: TrustSource,
  freshness: Freshness,
  context: Context,
): Promise<string | undefined> {
  if (trust.kind === "none") return undefined;
  if (trust.kind === "root") return trust.text;
  // Most policies that are met offline need no repository.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  const { tufTrustedRoot } = require("./tuf") as typeof import("./tuf");
  return await tufTrustedRoot(trust.kind === "tuf" ? trust : undefined, freshness, context);
}

/**
 * The JSON of an input that is a text or the path of a file: `trustedRoot`, `tuf.root`.
 * @param name - Of the input, for errors; paths are relative to `directory`.
 * @throws OciError CONFIG where the file cannot be read.
 */
export async function rootText(entry: string, name: string, directory: string): Promise<string> {
  if (entry.trimStart().startsWith("{")) return entry;
  try {
    return await readFile(resolve(directory, entry), "utf8");
  } catch (error) {
    throw new OciError({
      code: "CONFIG",
      verb: "use",
      subject: name,
      fact: `${entry} cannot be read (${systemCode(error) ?? "unknown reason"})`,
      hint: "give a JSON text, or the path of a JSON file, relative to the program's directory",
      cause: error,
    });
  }
}
