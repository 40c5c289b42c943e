/**
 * Runs as a worker thread: writes the batches of files that the extracting thread sends, and answers
 * each. After a failure it writes nothing more until that job is closed.
 */
import { workerData } from "node:worker_threads";
import { systemCode } from "../errors";
import {
  BATCH_BYTES,
  isCancelled,
  signalProgress,
  type CrewData,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { DirectFiles, type WrittenFile } from "./files";
import { packWritten, unpackFiles, type PackedFiles } from "./packed";

const { state, link } = workerData as CrewData;
const { port, memory } = link;
const writer = new DirectFiles();
let hasFailed = false;

port.on("message", (order: WriterOrder) => {
  port.postMessage(order.kind === "batch" ? writeBatch(order.files, order.slot) : close());
  // After the message: who is woken by this finds it.
  signalProgress(state);
});

function writeBatch(files: PackedFiles, slot: number): WriterNews {
  const written: WrittenFile[] = [];
  if (hasFailed || isCancelled(state)) return { written: packWritten(written) };
  try {
    let position = slot * BATCH_BYTES;
    for (const file of unpackFiles(files)) {
      writer.begin(file, (found) => written.push(found));
      if (file.size > 0) writer.write(Buffer.from(memory, position, file.size));
      writer.end();
      position += file.size;
    }
    return { written: packWritten(written) };
  } catch (error) {
    hasFailed = true;
    const message = error instanceof Error ? error.message : String(error);
    const { path } = error as { readonly path?: string };
    return { written: packWritten(written), failure: { message, code: systemCode(error), path } };
  }
}

function close(): WriterNews {
  writer.close();
  hasFailed = false;
  return { written: packWritten([]) };
}
