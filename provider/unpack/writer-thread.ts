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
  unpackPieces,
  type FilePiece,
  type PackedPieces,
  type WriterData,
  type WriterNews,
  type WriterOrder,
} from "./crew-state";
import { DirectFiles } from "./files";

const { state, extractor } = workerData as WriterData;
const { port, memory } = extractor;
const files = new DirectFiles();
let hasFailed = false;
/** Of the files that ended in this batch, also of those that began in an earlier one. */
let hashes: string[] = [];

port.on("message", (order: WriterOrder) => {
  port.postMessage(order.kind === "batch" ? writeBatch(order.pieces, order.slot) : close());
  // After the message: who is woken by this finds it.
  signalProgress(state);
});

function writeBatch(pieces: PackedPieces, slot: number): WriterNews {
  hashes = [];
  if (hasFailed || isCancelled(state)) return { hashes };
  try {
    let position = slot * BATCH_BYTES;
    for (const piece of unpackPieces(pieces)) {
      writePiece(piece, Buffer.from(memory, position, piece.length));
      position += piece.length;
    }
    return { hashes };
  } catch (error) {
    hasFailed = true;
    const message = error instanceof Error ? error.message : String(error);
    const { path } = error as { readonly path?: string };
    return { hashes, failure: { message, code: systemCode(error), path } };
  }
}

function writePiece(piece: FilePiece, content: Buffer): void {
  const { file, isEnd } = piece;
  const hashed = piece.isHashed ? addHash : undefined;
  if (file !== undefined && isEnd) {
    files.whole(file, content, hashed);
    return;
  }
  if (file !== undefined) files.begin(file, hashed);
  if (content.length > 0) files.write(content);
  if (isEnd) files.end();
}

function addHash(hash: string): void {
  hashes.push(hash);
}

function close(): WriterNews {
  files.close();
  hasFailed = false;
  return { hashes: [] };
}
