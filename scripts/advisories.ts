/**
 * The table of advisories in docs/security.md, from the words with which each file of test/advisories
 * begins: so none is named without a test, and none has a test that nobody hears of.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../test/support/repository";

/** What one file of test/advisories stands for. */
export interface Advisory {
  /** "cve-2024-3727.test.ts" */
  readonly file: string;
  /** "CVE-2024-3727": the first is in the name of the file. */
  readonly ids: readonly string[];
  /** What went wrong elsewhere, and what happens here where that does not follow. */
  readonly says: string;
}

const FOLDER = join(REPOSITORY, "test/advisories");

/** All of them, in the order of their files. Throws where one does not begin with what it stands for. */
export function advisories(): readonly Advisory[] {
  return readdirSync(FOLDER).sort().map(advisory);
}

function advisory(file: string): Advisory {
  const source = readFileSync(join(FOLDER, file), "utf8");
  const [, comment = ""] = /^\/\*\*\n([^]*?)\n? \*\/\n/.exec(source) ?? [];
  const header = comment
    .replace(/^ \* ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  const [, ids, says] = /^(.+?): (.+)$/.exec(header) ?? [];
  if (ids === undefined || says === undefined) throw new Error(`${file} does not say what it is`);
  return { file, ids: ids.split(" and "), says: says.charAt(0).toUpperCase() + says.slice(1) };
}
