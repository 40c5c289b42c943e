/**
 * A host where nobody serves: it takes every connection, hears what is said, and counts. It never
 * answers a byte.
 */
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { CleanUp } from "./registry-for-test";

export interface DeadHost {
  /** "127.0.0.1:41234". */
  readonly host: string;
  /** Connections so far. */
  readonly dials: () => number;
  /** The first line of whatever was said to it, by the order of arrival. */
  readonly heard: readonly string[];
}

/** Listens until the test, or suite, has ended. */
export async function deadHostFor(context: CleanUp): Promise<DeadHost> {
  const sockets = new Set<Socket>();
  const heard: string[] = [];
  let dials = 0;
  const server = createServer((socket) => {
    dials += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.once("data", (bytes: Buffer) => {
      heard.push(bytes.toString("latin1").split("\r\n", 1)[0] ?? "");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, dials: () => dials, heard };
}
