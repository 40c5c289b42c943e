/**
 * One HTTP request over kept connections: TLS trust, proxy and deadlines, and nothing else. It
 * follows no redirect, tries nothing twice and knows no credentials but the proxy's.
 */
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the class is what it exports
import Agent = require("undici/lib/dispatcher/agent.js");
import { digestOf } from "../digest";
import type { Settings } from "../settings/settings";
import { steadyMs } from "../steady-clock";
import type { ClientCertificate, TlsOptions } from "../types";
import type { AnswerBody } from "./answer-body";
import { createConnector, type Dialing } from "./connector";
import type { Deadlines } from "./deadlines";
import { createProxyDispatcher } from "./proxy-dispatcher";
import { receiveAnswer } from "./receive-answer";
import { createTrust } from "./trust";

export type Method = "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";

export interface TransportRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable | undefined;
  readonly tls: TlsOptions;
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly proxy?: URL | undefined;
  readonly deadlines: Deadlines;
  /** In place of `deadlines.headers`, where the server has more to do before it answers. */
  readonly answerWithin?: number | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Has to be read to its end or destroyed. */
  readonly body: AnswerBody;
}

export interface Transport {
  /** Throws what the socket, TLS or the parser threw. */
  send(request: TransportRequest): Promise<Answer>;
  close(): Promise<void>;
}

/** Connections to one server; more requests wait for one that is free. */
const CONNECTIONS = 32;

/** Connections of one process, kept apart by what they trust, show of themselves and go through. */
export function createTransport(settings: Settings): Transport {
  const trust = createTrust(settings);
  const dispatchers = new Map<string, Dispatcher>();
  const dialing: Dialing = new Set();
  const dispatcherFor = (asked: TransportRequest): Dispatcher => {
    const key = connectionKey(asked);
    const known = dispatchers.get(key);
    if (known !== undefined) return known;
    const { proxy, tls, clientCertificate, deadlines } = asked;
    const meeting = { tls, clientCertificate, timeout: deadlines.connect };
    const dispatcher =
      proxy === undefined
        ? new Agent({ connect: createConnector(meeting, trust, dialing), connections: CONNECTIONS })
        : createProxyDispatcher({
            ...{ proxy, meeting, trust, connections: CONNECTIONS },
            headersTimeout: deadlines.headers,
          });
    dispatchers.set(key, dispatcher);
    return dispatcher;
  };
  return {
    send: async (asked) => {
      const { url, method, headers, body, deadlines, answerWithin = deadlines.headers } = asked;
      const patience = new Patience(answerWithin);
      const request = {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body: body ?? null,
        headersTimeout: answerWithin,
        bodyTimeout: deadlines.stall,
      };
      const signal = AbortSignal.any([asked.signal, patience.signal]);
      return await receiveAnswer(dispatcherFor(asked), request, signal, () => {
        patience.spend();
      });
    },
    close: async () => {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
      // undici leaves them to themselves, and the process would live until they have failed.
      for (const socket of dialing) socket.destroy();
    },
  };
}

/** Interim answers (1xx) start undici's deadline for the head anew; this one they do not. */
class Patience {
  readonly #most: number;
  readonly #end = new AbortController();
  #since: number | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  spend(): void {
    this.#since ??= steadyMs();
    if (steadyMs() - this.#since < this.#most) return;
    const code = "UND_ERR_HEADERS_TIMEOUT";
    this.#end.abort(Object.assign(new Error("interim answers only"), { code }));
  }
}

/** All that decides how a connection is made; hashed, because keys and passwords are in it. */
function connectionKey({ tls, clientCertificate, proxy, deadlines }: TransportRequest): string {
  const { skipVerify, certificateAuthorities } = tls;
  const identity = [
    clientCertificate?.certificate,
    clientCertificate?.key,
    clientCertificate?.passphrase,
  ];
  const way = [proxy?.href, deadlines.connect, proxy === undefined ? undefined : deadlines.headers];
  return digestOf(JSON.stringify([skipVerify, certificateAuthorities, identity, way]));
}
