/**
 * Puts what was measured where the documentation shows it. Only docs/performance.json and the table
 * of docs/performance.md are written, and what was not measured anew stays in them.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "../scripts/docs";
import { REPOSITORY } from "../test/support/repository";
import { CASES } from "./cases";
import { merged, outcomesIn, textOf, type Outcome } from "./record";

/** Relative to the checkout. */
export const RECORD = "docs/performance.json";

const PAGE = "docs/performance.md";

/** @param fresh - outcomes that take the place of older ones of the same name. */
export function writePerformance(fresh: readonly Outcome[]): void {
  const file = join(REPOSITORY, RECORD);
  const kept = outcomesIn(readFileSync(file, "utf8"));
  writeFileSync(file, textOf(merged(kept, fresh, Object.keys(CASES))));
  for (const { file: page, text } of generatedFiles()) {
    if (page === PAGE) writeFileSync(join(REPOSITORY, page), text);
  }
}
