/** A project whose tree has been built, for tests of what becomes of it. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openTrees, type TreeStore } from "../../provider/store/trees";
import { folderFor } from "../support/folder-for-test";
import { recordReport, type RecordedReport } from "../support/report-for-test";
import { CONTENT, filler, KEY, type Filler } from "./content";

/** Longer than the tick by which the kernel stamps files. */
const TICK_MS = 20;

export interface Placed {
  readonly project: string;
  readonly trees: TreeStore;
  readonly directory: string;
  readonly report: RecordedReport;
  readonly content: Filler;
  readonly ensure: () => Promise<void>;
}

/** Of CONTENT under KEY. */
export async function placed(context: TestContext): Promise<Placed> {
  const project = folderFor(context);
  const trees = openTrees(project);
  const report = recordReport();
  const content = filler(CONTENT);
  const ensure = async (): Promise<void> => {
    await trees.ensure(KEY, content.fill, report);
  };
  await ensure();
  await sleep(TICK_MS);
  const directory = join(project, ".oci-artifacts", KEY.name);
  return { project, trees, directory, report, content, ensure };
}
