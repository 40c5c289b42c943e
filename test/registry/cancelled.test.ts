/** Requests that nobody wants any more, at a server that takes the connection and never says a word. */
import * as assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { createTransport } from "../../provider/registry/transport";
import { BARE } from "./world";

test("cancelled in the handshake: the request ends at once, and no connection is left", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const transport = createTransport(BARE);
  const cancelled = new AbortController();
  const sent = transport.send({
    method: "GET",
    url: new URL(`https://127.0.0.1:${port}/v2/`),
    headers: {},
    tls: { skipVerify: false, certificateAuthorities: [] },
    deadlines: { connect: 60_000, headers: 60_000, stall: 60_000, document: 60_000 },
    signal: cancelled.signal,
  });
  const [socket] = (await once(server, "connection")) as [Socket];
  cancelled.abort(new Error("told to stop"));
  await assert.rejects(sent, /told to stop/);
  const closed = once(socket.on("error", () => undefined).resume(), "close");
  await transport.close();
  await closed;
});
