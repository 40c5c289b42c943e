/**
 * Plays the world of a pull-flow vector: its hosts behind a proxy, with TLS, answering by its
 * routes. Translates for clients that do not ping: what lacks the wanted Authorization gets the
 * answer of `/v2/`. No assertions.
 */
import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { createAuthority, createServerCertificate } from "../support/certificates";
import { startProxy } from "./proxy-server";

export interface FlowRoute {
  readonly host: string;
  readonly path: string;
  /** Default GET. */
  readonly method?: string;
  readonly authorization?: string;
  readonly times?: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly wwwAuthenticate?: readonly string[];
  readonly body?: string;
}

export interface FlowRequest {
  readonly method: string;
  /** Without query. */
  readonly url: string;
  readonly authorization?: string;
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

export interface FlowWorld {
  /** Of the proxy that leads to all hosts. */
  readonly proxyUrl: string;
  /** The authority of all hosts. */
  readonly certificateAuthority: string;
  readonly requests: readonly FlowRequest[];
}

export interface FlowHosts {
  readonly routes: readonly FlowRoute[];
  /** Hosts that speak no TLS; all others speak nothing else. */
  readonly plainHttp?: readonly string[];
}

/** Closes with the test. */
export async function playWorld(t: TestContext, world: FlowHosts): Promise<FlowWorld> {
  const { routes, plainHttp = [] } = world;
  const hosts = [...new Set(routes.map(({ host }) => host))];
  const authority = createAuthority();
  const requests: FlowRequest[] = [];
  const choose = routing(routes);
  const tls = createServerCertificate(authority, { names: hosts });
  const answer = (scheme: string) => (request: IncomingMessage, response: ServerResponse) => {
    requests.push(recorded(request, scheme));
    const route = choose(request);
    const challenges = route?.wwwAuthenticate ?? [];
    if (challenges.length > 0) response.setHeader("www-authenticate", [...challenges]);
    response.writeHead(route?.status ?? 404, route?.headers ?? {}).end(route?.body ?? "");
  };
  const secure = createServer({ key: tls.key, cert: tls.cert }, answer("https"));
  const securePort = await listen(t, secure);
  const plainPort = await listen(t, createPlainServer(answer("http")));
  const ports = Object.fromEntries(
    hosts.flatMap((host) =>
      plainHttp.includes(host)
        ? [[`${host}:443`, plainPort] as const, [`${host}:80`, plainPort] as const]
        : [[`${host}:443`, securePort] as const],
    ),
  );
  const proxy = await startProxy(t, { ports });
  return { proxyUrl: proxy.url, certificateAuthority: authority.cert, requests };
}

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** The first route that matches and is not used up. */
function routing(
  routes: readonly FlowRoute[],
): (request: IncomingMessage) => FlowRoute | undefined {
  const used = new Map<FlowRoute, number>();
  const find = (host: string, path: string, method: string, authorization?: string) =>
    routes.find(
      (route) =>
        route.host === host &&
        route.path === path &&
        (route.method ?? "GET") === method &&
        (route.authorization === undefined || route.authorization === authorization) &&
        (used.get(route) ?? 0) < (route.times ?? Infinity),
    );
  return (request) => {
    const { host = "", authorization } = request.headers;
    const { pathname } = new URL(request.url ?? "/", `https://${host}`);
    const found = find(host, pathname, request.method ?? "", authorization);
    const ping = find(host, "/v2/", "GET");
    const isChallenged = (ping?.wwwAuthenticate ?? []).length > 0;
    const isBare = authorization === undefined || found === undefined;
    const isContent = pathname.startsWith("/v2/") && pathname !== "/v2/";
    const route = isContent && isChallenged && isBare ? ping : found;
    if (route !== undefined) used.set(route, (used.get(route) ?? 0) + 1);
    return route;
  };
}

function recorded(request: IncomingMessage, scheme: string): FlowRequest {
  const { host = "", authorization } = request.headers;
  const url = new URL(request.url ?? "/", `${scheme}://${host}`);
  const names = [...new Set(url.searchParams.keys())];
  return {
    method: request.method ?? "",
    url: url.origin + url.pathname,
    query: Object.fromEntries(names.map((name) => [name, url.searchParams.getAll(name)])),
    ...(authorization === undefined ? {} : { authorization }),
  };
}
