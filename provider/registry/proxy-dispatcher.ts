/**
 * Requests through a proxy: absolute-form for http:, a tunnel by CONNECT for https:. What of undici only
 * they need is loaded only where there is a proxy.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- the parts of undici are what they export */
import type { buildConnector as Connectors, Dispatcher } from "undici";
import type Connect = require("undici/lib/api/api-connect.js");
import Pool = require("undici/lib/dispatcher/pool.js");
import type Proxies = require("undici/lib/dispatcher/proxy-agent.js");
import { registerSecret } from "../redact";
import { type Meeting, verifiedBy } from "./connector";
import { survivingEnd } from "./socket-end";
import type { Trust } from "./trust";
import { isTlsFailure, noting } from "./connection-errors";

export interface ProxyParts {
  readonly proxy: URL;
  /** With the server behind the proxy. */
  readonly meeting: Meeting;
  readonly trust: Trust;
  /** Milliseconds for the proxy's answer to CONNECT. */
  readonly headersTimeout: number;
  /** To one server. */
  readonly connections: number;
}

/** What undici gives whoever makes its pools. */
interface PoolOptions {
  readonly connect: Connectors.connector;
}

/** What the connection to the proxy itself is verified by: nothing that was given for a registry. */
const PROXY_TLS = { skipVerify: false, certificateAuthorities: [] };

/** All that goes through one proxy under one trust. */
export function createProxyDispatcher(parts: ProxyParts): Dispatcher {
  const { proxy, meeting, trust, headersTimeout, connections } = parts;
  registerSecret(decodeURIComponent(proxy.password));
  const { timeout } = meeting;
  const isPlainProxy = proxy.protocol === "http:";
  const { ProxyAgent, connect } = loadParts();
  return new ProxyAgent({
    uri: proxy.href,
    proxyTunnel: false,
    connections,
    requestTls: verifiedBy(meeting, trust),
    proxyTls: isPlainProxy ? { timeout } : verifiedBy({ tls: PROXY_TLS, timeout }, trust),
    // In a tunnel only TLS can fail that is the server's; all else is the proxy's own trouble.
    factory: (origin, options: PoolOptions) =>
      new Pool(origin, {
        ...options,
        connect: noting(
          survivingEnd(options.connect),
          (error) => isPlainProxy && isTlsFailure(error),
        ),
      }),
    // A proxy that never answers CONNECT would hold its caller for undici's five minutes; and the
    // method itself is put on by undici's front door, which is not used.
    clientFactory: (origin, options) =>
      Object.assign(new Pool(origin, { ...options, headersTimeout }), {
        connect,
      }),
  });
}

/** Few machines need them. */
function loadParts(): { ProxyAgent: typeof Proxies; connect: typeof Connect } {
  return {
    ProxyAgent: require("undici/lib/dispatcher/proxy-agent.js") as typeof Proxies,
    connect: require("undici/lib/api/api-connect.js") as typeof Connect,
  };
}
