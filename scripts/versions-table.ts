/**
 * Writes the table of verdicts that our reading of ranges is held against: asks the library of Helm, Flux
 * and Argo CD about each case of test/data/versions. A developer runs it after a change of the cases or of
 * the library's pin: `npm run build && node dist/scripts/versions-table.js`. No test does.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../test/support/repository";
import { findOrBuild } from "../test/support/toolchain";

const FOLDER = join(REPOSITORY, "test/data/versions");

async function writeTable(): Promise<void> {
  const program = await findOrBuild("masterminds");
  const input = readFileSync(join(FOLDER, "cases.json"));
  writeFileSync(join(FOLDER, "masterminds.json"), execFileSync(program, { input }));
}

void writeTable();
