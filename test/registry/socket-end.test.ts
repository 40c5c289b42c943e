/** Servers that hang up while their answer still waits for its reader. */
import * as assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { digestOf } from "../../provider/digest";
import { endpointAt, openWorld } from "./world";

/** As much as undici holds for a reader, after a first piece: the last piece makes it wait. */
const FIRST = Buffer.alloc(1_000, "a");
const LAST = Buffer.alloc(64 * 1024, "b");
const BLOB = Buffer.concat([FIRST, LAST]);
const DESCRIPTOR = { mediaType: "a/b", digest: digestOf(BLOB), size: BLOB.length, annotations: {} };

/** A server that answers each request by hand. */
async function listen(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Reads the first piece, looks away until everything has come, and reads the rest. */
async function readLate(t: TestContext, host: string, size = BLOB.length): Promise<Buffer> {
  const { client, context } = openWorld(t);
  const pieces: Buffer[] = [];
  for await (const piece of client.getBlob(endpointAt(host), { ...DESCRIPTOR, size }, context)) {
    pieces.push(piece);
    if (pieces.length === 1) await sleep(150);
  }
  return Buffer.concat(pieces);
}

const CLOSE = "HTTP/1.1 200 OK\r\nconnection: close\r\n";
const LENGTH = `${CLOSE}content-length: ${BLOB.length}\r\n\r\n`;
const CHUNKED = `${CLOSE}transfer-encoding: chunked\r\n\r\n${BLOB.length.toString(16)}\r\n`;

/** The first piece at once, the last a little later, with the end right behind it. */
const send =
  (head: string, last: Buffer, end: (socket: Socket) => void, tail = "") =>
  (socket: Socket): void => {
    socket.write(Buffer.concat([Buffer.from(head), FIRST]));
    setTimeout(() => {
      socket.write(Buffer.concat([last, Buffer.from(tail)]), () => {
        end(socket);
      });
    }, 30);
  };

const hangUp = (socket: Socket): void => {
  socket.end();
};

describe("a blob whose reader is slow arrives whole when the server", () => {
  const answers: Readonly<Record<string, (socket: Socket) => void>> = {
    "hangs up after its last byte": send(LENGTH, LAST, hangUp),
    "ends it by hanging up": send(`${CLOSE}\r\n`, LAST, hangUp),
    "hangs up after chunks": send(CHUNKED, LAST, hangUp, "\r\n0\r\n\r\n"),
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(name, async (t) => {
      assert.deepEqual(await readLate(t, await listen(t, answer)), BLOB);
    });
  }
});

describe("a blob whose reader is slow fails as cut when the server", () => {
  const answers: Readonly<Record<string, (socket: Socket) => void>> = {
    "hangs up before its last byte": send(
      `${CLOSE}content-length: ${BLOB.length + 1}\r\n\r\n`,
      LAST,
      hangUp,
    ),
    "hangs up in the middle of a chunk": send(CHUNKED, LAST.subarray(1), hangUp),
    "breaks the connection": send(LENGTH, LAST.subarray(1), (socket) => {
      socket.resetAndDestroy();
    }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(name, async (t) => {
      const host = await listen(t, answer);
      await assert.rejects(readLate(t, host, BLOB.length + 1), { code: "UNREACHABLE" });
    });
  }
});
