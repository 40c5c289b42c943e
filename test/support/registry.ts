/**
 * A registry of the OCI distribution specification 1.1, in this process, on the loopback interface,
 * in memory: for tests (with a fault plan and a request log) and for the demo. Depends on Node only.
 *
 * @example
 * const registry = await startRegistry({ auth: { kind: "basic", username: "u", password: "p" } });
 * registry.fault({ kind: "blob", times: 1, then: { kind: "reset", afterBytes: 1024 } });
 * registry.count({ kind: "manifest", method: "GET" });
 * await registry.close();
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { createGuard, type Guard } from "./registry-auth";
import { empty, type Answer, type RegistryRequest } from "./registry-answer";
import { createFaults, replacement, spoil, type FaultList } from "./registry-faults";
import { startListener, type Listener } from "./registry-listener";
import { matchesFilter, openEntry } from "./registry-log";
import { pull } from "./registry-pull";
import { push } from "./registry-push";
import { readBody, readStart, send } from "./registry-send";
import { createSignedUrls, type SignedUrls } from "./registry-storage";
import { createStore, type RegistryStore } from "./registry-store";
import { keepPart } from "./registry-upload";
import type {
  Fault,
  LoggedRequest,
  RegistryOptions,
  RegistryQuirks,
  TestRegistry,
} from "./registry-types";

export type * from "./registry-types";

/** Everything that one registry is made of. */
interface Parts {
  readonly store: RegistryStore;
  readonly guard: Guard;
  readonly faults: FaultList;
  readonly quirks: RegistryQuirks;
  /** Where blobs lie elsewhere. */
  readonly storage: SignedUrls | undefined;
  readonly log: LoggedRequest[];
}

/** Starts a registry. It runs until `close`. */
export async function startRegistry(options: RegistryOptions = {}): Promise<TestRegistry> {
  const { auth, now = Date.now, port = 0, quirks = {}, tls } = options;
  const listeners: Listener[] = [];
  // The token service is the last listener: one of its own, or the registry itself.
  const realm = (): string => `${listeners.at(-1)?.url ?? ""}/token`;
  const guard = createGuard({ auth, now, realm });
  const store = createStore();
  const storage = quirks.blobs && createSignedUrls(quirks.blobs, store, now);
  const parts: Parts = { store, guard, faults: createFaults(), quirks, storage, log: [] };
  const main = await startListener(requestListener(parts, "registry"), tls, port);
  listeners.push(main);
  const isSeparate = auth?.kind === "token" && auth.realm === "separate";
  if (isSeparate) listeners.push(await startListener(requestListener(parts, "token"), tls, 0));
  return registryOf(parts, main, listeners, auth?.kind === "token" ? realm() : undefined);
}

function registryOf(
  parts: Parts,
  main: Listener,
  listeners: readonly Listener[],
  tokenUrl: string | undefined,
): TestRegistry {
  const { faults, guard, log, store } = parts;
  const matching: TestRegistry["matching"] = (filter = {}) =>
    log.filter((request) => matchesFilter(request, filter));
  const stop = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.stop()));
  };
  return {
    url: main.url,
    host: `127.0.0.1:${main.port}`,
    localhost: `localhost:${main.port}`,
    port: main.port,
    tokenUrl,
    requests: log,
    matching,
    count: (filter) => matching(filter).length,
    clearRequests() {
      log.length = 0;
    },
    fault: (plan) => faults.add(plan),
    clearFaults() {
      faults.clear();
    },
    repository: (name) => store.repository(name),
    revokeTokens() {
      guard.revoke();
    },
    stop,
    async start() {
      await Promise.all(listeners.map((listener) => listener.start()));
    },
    close: stop,
  };
}

function requestListener(
  parts: Parts,
  server: LoggedRequest["server"],
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const entry = openEntry(request, response, server);
    parts.log.push(entry);
    serve(parts, entry, request, response).catch((error: unknown) => {
      breakOff(response, error);
    });
  };
}

/** A client that went away is no defect; anything else is one of the test's, and is shown. */
function breakOff(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = Buffer.from(`the test registry failed: ${String(error)}`);
  send(response, { status: 500, headers: { "content-type": "text/plain" }, body });
}

async function serve(
  parts: Parts,
  entry: LoggedRequest & { form?: string },
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const head = requestOf(entry, incoming.socket instanceof TLSSocket ? "https" : "http");
  const refusal = parts.guard.refusal(head);
  const fault = parts.faults.next(entry, refusal !== undefined);
  if (fault?.kind === "cutBody") {
    const part = await readStart(incoming, fault.afterBytes);
    if (fault.isKept === true) keepPart(head, parts.store, part);
    incoming.socket.destroy();
    return;
  }
  if (fault !== undefined && (await isTakenOver(fault, incoming, response))) return;
  const body = await readBody(incoming);
  if (entry.kind === "token" && body.length > 0) entry.form = body.toString();
  const request = { ...head, body };
  const replaced = fault === undefined ? undefined : replacement(fault, entry);
  const answer = replaced ?? refusal ?? answerOf(parts, request);
  if (fault?.kind === "unanswered") {
    incoming.socket.destroy();
    return;
  }
  if (fault === undefined || replaced !== undefined) {
    send(response, answer);
    return;
  }
  const headers = { ...request.headers };
  delete headers.range;
  const whole = (): Answer => answerOf(parts, { ...request, headers });
  send(response, ...spoil(fault, answer, request, whole));
}

/** Faults that come before any answer. True where the request is dealt with. */
async function isTakenOver(
  fault: Fault,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  switch (fault.kind) {
    case "handler":
      fault.handle(incoming, response);
      return true;
    case "reset":
      if (fault.afterBytes === undefined) incoming.socket.destroy();
      return fault.afterBytes === undefined;
    case "stall":
      return fault.afterBytes === undefined;
    case "delay":
      await new Promise((resolve) => setTimeout(resolve, fault.milliseconds).unref());
      return false;
    default:
      return false;
  }
}

/** The request as far as its head tells. */
function requestOf(entry: LoggedRequest, scheme: "http" | "https"): RegistryRequest {
  const { headers, kind, method, path, reference, repository } = entry;
  return {
    kind,
    method,
    headers,
    body: Buffer.alloc(0),
    url: new URL(path, `${scheme}://${entry.host}`),
    ...(repository === undefined ? {} : { repository }),
    ...(reference === undefined ? {} : { reference }),
  };
}

function answerOf(parts: Parts, request: RegistryRequest): Answer {
  const { guard, quirks, storage, store } = parts;
  if (request.kind === "token") return guard.token(request);
  if (request.kind === "storage") return storage?.answer(request) ?? empty(404);
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (!isRead || request.kind === "upload") return push(request, store, quirks);
  const answer = pull(request, store, quirks);
  const isElsewhere = request.kind === "blob" && answer.status < 300 && storage !== undefined;
  return isElsewhere ? storage.redirect(request) : answer;
}
