/**
 * Runs as a worker thread: writes the batches of files that the extracting thread sends, and answers
 * each. After a failure it writes nothing more until that job is closed.
 */
import { workerData } from "node:worker_threads";
import { systemCode } from "../errors";
import {
  isCancelled,
  signalProgress,
  type FilePiece,
  type WriterData,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { DirectFiles } from "./files";

const { state, extractor } = workerData as WriterData;
const files = new DirectFiles();
let hasFailed = false;
/** Of the files that ended in this batch, also of those that began in an earlier one. */
let hashes: string[] = [];

extractor.on("message", (order: WriterOrder) => {
  const news = order.kind === "batch" ? writeBatch(order.pieces, order.bytes) : close();
  extractor.postMessage(news, news.bytes === undefined ? [] : [news.bytes]);
  // After the message: who is woken by this finds it.
  signalProgress(state);
});

function writeBatch(pieces: readonly FilePiece[], bytes: ArrayBuffer): WriterNews {
  hashes = [];
  if (hasFailed || isCancelled(state)) return { hashes, bytes };
  try {
    let position = 0;
    for (const piece of pieces) {
      writePiece(piece, Buffer.from(bytes, position, piece.length));
      position += piece.length;
    }
    return { hashes, bytes };
  } catch (error) {
    hasFailed = true;
    const message = error instanceof Error ? error.message : String(error);
    const { path } = error as { readonly path?: string };
    return { hashes, bytes, failure: { message, code: systemCode(error), path } };
  }
}

function writePiece(piece: FilePiece, content: Buffer): void {
  if (piece.file !== undefined) files.begin(piece.file, piece.isHashed ? addHash : undefined);
  if (content.length > 0) files.write(content);
  if (piece.isEnd) files.end();
}

function addHash(hash: string): void {
  hashes.push(hash);
}

function close(): WriterNews {
  files.close();
  hasFailed = false;
  return { hashes: [] };
}
