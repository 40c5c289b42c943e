/**
 * One HTTP request over kept connections: TLS trust and deadlines, and nothing else. It follows no
 * redirect, tries nothing twice and knows no credentials. The only file that loads undici.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- the parts of undici are what they export */
import type { Readable } from "node:stream";
import type { buildConnector as Connectors } from "undici";
import request = require("undici/lib/api/api-request.js");
import buildConnector = require("undici/lib/core/connect.js");
import Agent = require("undici/lib/dispatcher/agent.js");
/* eslint-enable @typescript-eslint/no-require-imports */
import type { Settings } from "../settings/settings";
import type { TlsOptions } from "../types";
import type { Deadlines } from "./deadlines";
import { isUnknownAuthority } from "./failure";
import { createTrust, type Trust } from "./trust";

export interface TransportRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly tls: TlsOptions;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Has to be read to its end or destroyed. */
  readonly body: Readable;
}

export interface Transport {
  /** Throws what the socket, TLS or the parser threw. */
  send(request: TransportRequest): Promise<Answer>;
  close(): Promise<void>;
}

/** Connections of one process, kept apart by what they trust. */
export function createTransport(settings: Settings, deadlines: Deadlines): Transport {
  const trust = createTrust(settings);
  const agents = new Map<string, InstanceType<typeof Agent>>();
  const agentFor = (tls: TlsOptions) => {
    const key = JSON.stringify([tls.skipVerify, tls.certificateAuthorities]);
    const known = agents.get(key);
    if (known !== undefined) return known;
    const agent = new Agent({
      connect: createConnector(tls, trust, deadlines.connect),
      headersTimeout: deadlines.headers,
      bodyTimeout: deadlines.stall,
    });
    agents.set(key, agent);
    return agent;
  };
  return {
    send: async ({ method, url, headers, body, tls, signal }) => {
      const { statusCode, ...answer } = await request.call(agentFor(tls), {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        signal,
      });
      // Whoever reads sees the error; whoever destroys an unread body must not bring the process down.
      answer.body.on("error", () => undefined);
      return { status: statusCode, headers: answer.headers, body: answer.body };
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}

/**
 * Node's own roots come first, because they are compiled in, while to read and parse the machine's
 * takes as long as a small pull; those are asked only about an authority that Node does not know.
 */
function createConnector(tls: TlsOptions, trust: Trust, timeout: number): Connectors.connector {
  if (tls.skipVerify) return buildConnector({ timeout, rejectUnauthorized: false });
  const given = tls.certificateAuthorities;
  let wide: Connectors.connector | undefined;
  const widest = () => (wide ??= buildConnector({ timeout, secureContext: trust.context(given) }));
  const narrow = buildConnector({ timeout });
  return (options, callback) => {
    if (options.protocol !== "https:") {
      narrow(options, callback);
    } else if (wide !== undefined || given.length > 0) {
      connectWith(widest, options, callback);
    } else {
      narrow(options, (...result) => {
        const [error] = result;
        const isHopeless = error === null || !isUnknownAuthority(error);
        if (isHopeless || trust.ambient().length === 0) callback(...result);
        else connectWith(widest, options, callback);
      });
    }
  };
}

/** Authorities that are no certificates must fail the request, not the process. */
function connectWith(
  connector: () => Connectors.connector,
  options: Connectors.Options,
  callback: Connectors.Callback,
): void {
  let connect: Connectors.connector;
  try {
    connect = connector();
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)), null);
    return;
  }
  connect(options, callback);
}
