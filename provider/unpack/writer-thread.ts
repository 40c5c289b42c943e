/**
 * Runs as a worker thread: writes the batches of files that the extracting thread sends, and answers
 * each. After a failure it writes nothing more until that job is closed.
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemCode } from "../errors";
import { areasOf, fileAt, putFacts } from "./batches";
import {
  isCancelled,
  setBroken,
  setReady,
  signalProgress,
  type CrewData,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { DirectFiles } from "./files";

const { state, link } = workerData as CrewData;
const { port } = link;
const areas = areasOf(link.memory);
let writer = new DirectFiles();
/** Files between two signs of life. */
const FILES_OF_SIGN = 16;

let hasFailed = false;

port.on("message", (order: WriterOrder) => {
  if (order.kind === "flush") {
    parentPort?.postMessage("flushed");
    return;
  }
  port.postMessage(
    order.kind === "batch" ? writeBatch(order.slot, order.paths.split("\0")) : close(),
  );
  // After the message: who is woken by this finds it.
  signalProgress(state);
});

// Whoever waits for it blocked cannot see it end.
process.once("exit", () => {
  setBroken(state);
});

setReady(state);

function writeBatch(slot: number, paths: readonly string[]): WriterNews {
  const hashes: string[] = [];
  const news = (): WriterNews => ({ slot, hashes: hashes.join("\0"), count: hashes.length });
  const area = areas[slot];
  if (hasFailed || isCancelled(state) || area === undefined) return news();
  const { bytes, numbers } = area;
  try {
    let position = 0;
    for (const path of paths) {
      const index = hashes.length;
      const file = fileAt(numbers, index, path);
      writer.begin(file, ({ sha256 = "", facts }) => {
        hashes.push(sha256);
        putFacts(numbers, index, facts);
      });
      const end = position + file.size;
      if (file.size > 0) writer.write(bytes.subarray(position, end));
      writer.end();
      position = end;
      // Who waits is told that something goes on.
      if (index % FILES_OF_SIGN === 0) signalProgress(state);
    }
    return news();
  } catch (error) {
    hasFailed = true;
    const message = error instanceof Error ? error.message : String(error);
    const { path } = error as { readonly path?: string };
    return { ...news(), failure: { message, code: systemCode(error), path } };
  }
}

function close(): WriterNews {
  writer.close();
  // The umask, and what a folder hands down, may be others for the next job.
  writer = new DirectFiles();
  hasFailed = false;
  return { hashes: "", count: 0 };
}
