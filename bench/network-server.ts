/**
 * The process behind network.ts: prints the address that it listens on, and plays `silent`, or
 * `slow HOST:PORT MILLISECONDS`. It passes bytes on and never looks into them.
 */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** What a client says arrives later, in its order; what it is told, at once. */
function slow(client: Socket, host: string, delayMs: number): void {
  const [address = "", port] = host.split(":");
  const registry = connect({ host: address, port: Number(port), noDelay: true });
  client.setNoDelay(true);
  client.on("data", (chunk: Buffer) => {
    setTimeout(() => registry.write(chunk), delayMs);
  });
  client.on("end", () => {
    setTimeout(() => registry.end(), delayMs);
  });
  registry.pipe(client);
  registry.on("error", () => client.destroy());
  client.on("error", () => registry.destroy()).on("close", () => registry.destroy());
}

/** Hears what is said, so that the end of a connection is noticed. */
function silent(client: Socket): void {
  client.on("error", () => undefined).resume();
}

function main([role, host = "", delay]: readonly string[]): void {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (role === "slow") slow(client, host, Number(delay));
    else silent(client);
  });
  server.listen(0, "127.0.0.1", () => {
    const { address, port } = server.address() as AddressInfo;
    process.stdout.write(`${address}:${port}\n`);
  });
}

main(process.argv.slice(2));
