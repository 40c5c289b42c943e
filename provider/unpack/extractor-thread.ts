/**
 * Runs as a worker thread: does one unpacking after the other, and shares the writing of files with
 * the writer of its crew. It may block, so it serves nobody else.
 */
import { parentPort, workerData } from "node:worker_threads";
import { errorFacts } from "../errors";
import { BatchedFiles } from "./batched-files";
import { isCancelled, type CrewData, type ExtractorNews } from "./crew-state";
import { doUnpack, type UnpackJob } from "./job";
import { packEntries } from "./packed";
import { cancelled, asUnpackError } from "./problems";
// Loaded while the blobs are still on their way: most of them are of this format.
import "./tar";

const { state, link } = workerData as CrewData;

function tell(news: ExtractorNews): void {
  parentPort?.postMessage(news);
}

async function extract(job: UnpackJob): Promise<void> {
  const pace = (): undefined => {
    if (isCancelled(state)) throw cancelled(job.subject);
  };
  const status = (message: string): void => {
    tell({ kind: "status", message });
  };
  try {
    const files = new BatchedFiles(link, state);
    const entries = await doUnpack(job, { files, pace, mayBlock: true, status });
    tell({ kind: "done", entries: packEntries(entries) });
  } catch (error) {
    tell({ kind: "failed", facts: errorFacts(asUnpackError(error, job.subject, {}, job.staging)) });
  }
}

parentPort?.on("message", (job: UnpackJob) => {
  void extract(job);
});
// Once to the writer and back, by the same means as later.
void new BatchedFiles(link, state).close().then(() => {
  tell({ kind: "ready" });
});
