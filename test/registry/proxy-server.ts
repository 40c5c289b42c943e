/**
 * A forward proxy on the loopback interface: absolute-form requests and CONNECT, to wherever the
 * test maps a host. It remembers what it was asked and looks into nothing. No assertions.
 */
import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { TestContext } from "node:test";

export interface TestProxy {
  /** "http://127.0.0.1:41234". */
  readonly url: string;
  /** "CONNECT registry.test:443", "GET http://registry.test/v2/…", in order. */
  readonly asked: readonly string[];
  /** Proxy-Authorization of each. */
  readonly logins: readonly (string | undefined)[];
}

export interface ProxyOptions {
  /** "registry.test:443" → port on 127.0.0.1; what is not there is answered 502. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Answers everything so. */
  readonly refuseWith?: number;
  /** Never answers. */
  readonly isSilent?: boolean;
}

/** Closes with the test. */
export async function startProxy(t: TestContext, options: ProxyOptions = {}): Promise<TestProxy> {
  const { ports = {}, refuseWith, isSilent = false } = options;
  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method ?? ""} ${incoming.url ?? ""}`);
    logins.push(incoming.headers["proxy-authorization"]);
    const port = ports[hostAndPort(new URL(incoming.url ?? ""))];
    if (isSilent) return;
    if (refuseWith !== undefined || port === undefined) {
      outgoing.writeHead(refuseWith ?? 502).end();
      return;
    }
    const { pathname, search } = new URL(incoming.url ?? "");
    const { method, headers } = incoming;
    const onward = request({ host: "127.0.0.1", port, method, headers, path: pathname + search });
    onward.on("response", (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connection", keep);
  server.on("connect", (incoming, client: Socket) => {
    asked.push(`CONNECT ${incoming.url ?? ""}`);
    logins.push(incoming.headers["proxy-authorization"]);
    const port = ports[incoming.url ?? ""];
    if (isSilent) return;
    if (refuseWith !== undefined || port === undefined) {
      client.end(`HTTP/1.1 ${refuseWith ?? 502} No\r\n\r\n`);
      return;
    }
    const onward = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(onward).pipe(client);
    });
    keep(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, logins };
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === "" ? "80" : url.port}`;
}
