/**
 * Requests through a proxy: absolute-form for http:, a tunnel by CONNECT for https:. Loaded only
 * where there is a proxy.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- the parts of undici are what they export */
import type { Dispatcher } from "undici";
import connect = require("undici/lib/api/api-connect.js");
import Pool = require("undici/lib/dispatcher/pool.js");
import ProxyAgent = require("undici/lib/dispatcher/proxy-agent.js");
/* eslint-enable @typescript-eslint/no-require-imports */
import { registerSecret } from "../redact";
import type { TlsOptions } from "../types";
import { verifiedBy } from "./connector";
import type { Deadlines } from "./deadlines";
import type { Trust } from "./trust";

export interface ProxyParts {
  readonly proxy: URL;
  /** For the server behind the proxy. */
  readonly tls: TlsOptions;
  readonly trust: Trust;
  readonly deadlines: Deadlines;
  /** To one server. */
  readonly connections: number;
}

/** What the connection to the proxy itself is verified by. */
const PROXY_TLS: TlsOptions = { skipVerify: false, certificateAuthorities: [] };

/** All that goes through one proxy under one trust. */
export function createProxyDispatcher(parts: ProxyParts): Dispatcher {
  const { proxy, tls, trust, deadlines, connections } = parts;
  registerSecret(decodeURIComponent(proxy.password));
  const timeout = deadlines.connect;
  return new ProxyAgent({
    uri: proxy.href,
    proxyTunnel: false,
    connections,
    requestTls: verifiedBy(tls, trust, timeout),
    proxyTls: proxy.protocol === "https:" ? verifiedBy(PROXY_TLS, trust, timeout) : { timeout },
    // A proxy that never answers CONNECT would hold its caller for undici's five minutes; and the
    // method itself is put on by undici's front door, which is not used.
    clientFactory: (origin, options) =>
      Object.assign(new Pool(origin, { ...options, headersTimeout: deadlines.headers }), {
        connect,
      }),
  });
}
