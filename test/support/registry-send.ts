/**
 * Puts answers of the test registry on the wire: whole, cut, stalled, or without an end. Knows
 * nothing of repositories.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./registry-answer";
import type { Delivery } from "./registry-faults";

/** Bytes that an endless body grows by at least. */
const BLOCK_BYTES = 64 * 1024;

/** Sends an answer. Node leaves out the body where the request is a HEAD. */
export function send(response: ServerResponse, answer: Answer, delivery: Delivery = {}): void {
  const { body } = answer;
  const hasLength = !(delivery.isChunked ?? false) && !(delivery.isEndless ?? false);
  const length =
    hasLength && answer.status !== 204 ? { "content-length": String(body.length) } : {};
  response.writeHead(answer.status, { ...length, ...answer.headers });
  if (delivery.isEndless === true && canHaveBody(response)) {
    repeat(response, body);
  } else if (delivery.resetAfter !== undefined) {
    // The bytes have to be out before the connection goes, or the client may see none of them.
    flush(response, body.subarray(0, delivery.resetAfter), () => response.destroy());
  } else if (delivery.stallAfter !== undefined) {
    flush(response, body.subarray(0, delivery.stallAfter), () => undefined);
  } else {
    response.end(body);
  }
}

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The first bytes of the body of a request; the rest is not read. */
export async function readStart(request: IncomingMessage, length: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  const iterator = request.iterator({ destroyOnReturn: false });
  for await (const chunk of iterator) {
    chunks.push(chunk as Uint8Array);
    read += (chunk as Uint8Array).length;
    if (read >= length) break;
  }
  return Buffer.concat(chunks).subarray(0, length);
}

/** Where there can be none, Node drops what is written and never asks to wait. */
function canHaveBody(response: ServerResponse): boolean {
  return (
    response.req.method !== "HEAD" && response.statusCode !== 204 && response.statusCode !== 304
  );
}

function flush(response: ServerResponse, bytes: Uint8Array, then: () => void): void {
  response.flushHeaders();
  if (bytes.length === 0) {
    setImmediate(then);
    return;
  }
  response.write(bytes, then);
}

function repeat(response: ServerResponse, bytes: Uint8Array): void {
  const pattern = bytes.length === 0 ? Buffer.alloc(1) : bytes;
  const block = Buffer.alloc(Math.ceil(BLOCK_BYTES / pattern.length) * pattern.length, pattern);
  const writeMore = (): void => {
    while (!response.destroyed && response.write(block));
  };
  response.on("drain", writeMore);
  writeMore();
}
