/**
 * A server on the loopback interface that can die and come back on the same port. It passes
 * requests on and never looks into them.
 */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { RegistryTls } from "./registry-types";

/** A server with its port. */
export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Listens again on the same port. */
  start(): Promise<void>;
  /** Destroys all connections and stops listening. */
  stop(): Promise<void>;
}

/** Starts a server on 127.0.0.1; `port` 0 takes any that is free. */
export async function startListener(
  onRequest: RequestListener,
  tls: RegistryTls | undefined,
  port: number,
): Promise<Listener> {
  const server = createFor(onRequest, tls);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await listen(server, port);
  const taken = (server.address() as AddressInfo).port;
  return {
    port: taken,
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${taken}`,
    async start() {
      if (!server.listening) await listen(server, taken);
    },
    async stop() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function createFor(onRequest: RequestListener, tls: RegistryTls | undefined): Server {
  if (tls === undefined) return createServer(onRequest);
  const { key, cert, clientAuthority } = tls;
  const client =
    clientAuthority === undefined
      ? {}
      : { ca: clientAuthority, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ key, cert, ...client }, onRequest);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}
