/**
 * One question to a server: sends it, follows redirects, reads the answer within its limits, and
 * tries again what may go better. Decides nothing about credentials; it carries what it is given.
 */
import { isUtf8 } from "node:buffer";
import type { Context } from "../context";
import { type Limits, limitExceeded } from "../limits";
import type { ClientCertificate, Endpoint, TlsOptions } from "../types";
import type { AnswerBody } from "./answer-body";
import { type Deadlines, deadlinesFor } from "./deadlines";
import { connectionError, originOf, type Place, protocolError } from "./failure";
import { MESSAGE_BYTES } from "./message";
import { type Body, isPayload, openBody } from "./payload";
import { givenProxy, type ProxyFor } from "./proxy";
import { followRedirect, headersFor, type Hop, isRedirect } from "./redirect";
import { isBroken, type Outcome, type Patience, retrying, type Wait } from "./retry";
import type { Answer, Method, Transport } from "./transport";
import { isUnconnected } from "./connection-errors";
import type { Writing } from "./writing";

/** What is needed to ask at all; one for each client. */
export interface Tools {
  readonly transport: Transport;
  /** Where the endpoint was given no others. */
  readonly deadlines: Deadlines;
  readonly wait: Wait;
  readonly proxyFor: ProxyFor;
}

/** A context, and how long the one server in question is waited for. */
export interface AskContext extends Context {
  /** Default: full. */
  readonly patience?: Patience | undefined;
}

export interface Question {
  readonly verb: string;
  readonly subject: string;
  readonly endpoint: Endpoint;
  readonly url: URL;
  readonly method: Method;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Exclude<Body, undefined>;
  /** How a 200 is read: within a limit into memory, or left open as a stream. */
  readonly reading: "manifestBytes" | "tokenBytes" | "stream";
  readonly isTokenService?: boolean;
  /** What is changed by it; absent where something is read. */
  readonly writing?: Writing;
  /** Tried once: what follows a failure is for whoever asks to decide. */
  readonly isOnce?: boolean;
  /** Milliseconds that the server may take for its work, beyond those for any answer. */
  readonly workMs?: number;
  /** A redirect to another origin is the answer and is not followed. */
  readonly staysHome?: boolean;
  /** There is another way to ask: a connection that cannot be made is not tried again. */
  readonly trial?: Trial;
}

/** Whether anybody has answered while this way was tried. */
export interface Trial {
  isAnswered: boolean;
}

export interface Reply {
  readonly status: number;
  /** Where it came from; `isHome` is false after a redirect to another origin. */
  readonly place: Place;
  readonly isHome: boolean;
  /** The document, or the beginning of an error's body; empty where there is a stream. */
  readonly bytes: Buffer;
  /** Of a 200 or 206 that was asked for as a stream: has to be read to its end or destroyed. */
  readonly stream?: AnswerBody;
  /** The first header of that name (in lower case), without surrounding space. */
  header(name: string): string | undefined;
  /** All headers of that name. */
  headers(name: string): readonly string[];
}

/** The answer, whatever its status. @throws OciError where there is none. */
export async function ask(tools: Tools, context: AskContext, question: Question): Promise<Reply> {
  const { method } = question;
  const deadlines = deadlinesFor(question.endpoint.timeouts, tools.deadlines);
  if (question.isOnce === true) return await attempt(tools, context, question);
  try {
    return await retrying(
      tools.wait,
      context.signal,
      () => attempt(tools, context, question),
      (reply) => (method === "HEAD" && reply.status >= 500 ? undefined : outcomeOf(reply)),
      { isWorthIt: (cause) => isWorthIt(question, cause), patience: context.patience },
    );
  } catch (error) {
    throw connectionError({ ...question, deadlines, signal: context.signal }, error);
  }
}

/** What HEAD cannot answer is asked again by GET, which has the patience. */
function isWorthIt({ method, trial }: Question, cause: unknown): boolean {
  if (method === "HEAD" && isHungUp(cause)) return false;
  return trial === undefined || !isUnconnected(cause);
}

/** Somebody was there, and hung up: as some caches do at HEAD, and only there. */
export function isHungUp(cause: unknown): boolean {
  return !isUnconnected(cause) && isBroken(cause);
}

function outcomeOf(reply: Reply): Outcome {
  return { status: reply.status, retryAfter: reply.header("retry-after") };
}

async function attempt(tools: Tools, context: Context, question: Question): Promise<Reply> {
  const { endpoint } = question;
  const deadlines = deadlinesFor(endpoint.timeouts, tools.deadlines);
  const { workMs = 0 } = question;
  const within = {
    ...deadlines,
    headers: deadlines.headers + workMs,
    // Of an upload it begins when the work is done.
    document: deadlines.document + (isPayload(question.body) ? 0 : workMs),
  };
  const late = new AbortController();
  const beginDeadline = (milliseconds: number): void => {
    const deadline = AbortSignal.timeout(milliseconds);
    deadline.addEventListener("abort", () => {
      late.abort(deadline.reason);
    });
  };
  if (!isEndless(question)) beginDeadline(within.document);
  // One signal for each try: Node warns of a leak where many listen to one.
  const signal = AbortSignal.any([context.signal, late.signal]);
  let hop: Hop = { url: question.url, atHome: isHomeOf(endpoint, question) };
  for (let redirects = 0; ; redirects += 1) {
    const proxy = proxyOf(endpoint, hop.url, tools);
    const place: Place = {
      ...question,
      url: hop.url,
      proxy,
      deadlines: within,
      signal: context.signal,
    };
    try {
      const answer = await tools.transport.send({
        ...question,
        url: hop.url,
        headers: headersFor(hop, headersOfQuestion(question)),
        body: openBody(question.body, within.stall),
        tls: tlsFor(endpoint, hop.url),
        clientCertificate: certificateFor(endpoint, hop),
        proxy,
        deadlines,
        answerWithin: within.headers,
        signal,
      });
      if (question.trial !== undefined) question.trial.isAnswered = true;
      // An upload takes as long as it takes; what is said of it is a document.
      if (isPayload(question.body)) beginDeadline(within.document);
      if (isFinal(answer, hop, question)) {
        return await receive(answer, place, hop, question, context);
      }
      await readStart(answer.body, MESSAGE_BYTES);
      hop = nextHop(hop, answer, place, question, redirects, context.limits);
    } catch (error) {
      throw connectionError(place, error);
    }
  }
}

/** Blobs have no bound of time, whichever way they go. */
function isEndless({ reading, body }: Question): boolean {
  return reading === "stream" || isPayload(body);
}

/** A registry may name a host for uploads that is not its own: nothing but the upload goes there. */
function isHomeOf(endpoint: Endpoint, { url, isTokenService }: Question): boolean {
  return isTokenService === true || url.origin === originOf(endpoint).origin;
}

function headersOfQuestion({ headers, body }: Question): Question["headers"] {
  return isPayload(body) ? { ...headers, "content-length": String(body.length) } : headers;
}

function isFinal(answer: Answer, hop: Hop, { staysHome }: Question): boolean {
  if (!isRedirect(answer.status)) return true;
  if (staysHome !== true) return false;
  const next = followRedirect(hop, headersOf(answer, "location")[0]);
  return typeof next === "string" || !next.atHome;
}

function nextHop(
  hop: Hop,
  answer: Answer,
  place: Place,
  { method, verb, subject, isTokenService }: Question,
  redirects: number,
  limits: Limits,
): Hop {
  if (redirects >= limits.redirects) {
    throw limitExceeded(limits, "redirects", { verb, subject });
  }
  const next = isReading(method)
    ? followRedirect(hop, headersOf(answer, "location")[0])
    : `redirects a request that ${isTokenService === true ? "carries a credential" : "changes something"}`;
  if (typeof next === "string") throw protocolError(place, next);
  return next;
}

function isReading(method: Method): boolean {
  return method === "GET" || method === "HEAD";
}

async function receive(
  answer: Answer,
  place: Place,
  hop: Hop,
  { reading, verb, subject, method }: Question,
  { limits }: Context,
): Promise<Reply> {
  const reply = {
    status: answer.status,
    place,
    isHome: hop.atHome,
    bytes: Buffer.alloc(0),
    header: (name: string) => headersOf(answer, name)[0],
    headers: (name: string) => headersOf(answer, name),
  };
  const isWanted = answer.status === 200 || answer.status === 206;
  if (!isWanted || method === "HEAD") {
    return { ...reply, bytes: await readStart(answer.body, MESSAGE_BYTES) };
  }
  const encoding = reply.headers("content-encoding").join(", ");
  if (!/^(?:identity|[\s,])*$/i.test(encoding)) {
    answer.body.destroy();
    throw protocolError(
      place,
      `encodes the content as ${encoding}, which nobody asked for`,
      "a proxy on the way may do this; ask its people to pass registries through unchanged",
    );
  }
  if (reading === "stream") return { ...reply, stream: answer.body };
  const exceeded = (found?: number) => {
    answer.body.destroy();
    return limitExceeded(limits, reading, { verb, subject, found });
  };
  const length = Number(reply.header("content-length") ?? 0);
  if (length > limits[reading]) throw exceeded(length);
  const bytes = await readStart(answer.body, limits[reading] + 1);
  if (bytes.length > limits[reading]) throw exceeded();
  return { ...reply, bytes };
}

/** The body, or its beginning where it is longer; the rest is not waited for. */
async function readStart(body: AnswerBody, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** Unverified TLS is for the host it was allowed for; added authorities only ever add. */
function tlsFor(endpoint: Endpoint, url: URL): TlsOptions {
  const isSameHost = url.hostname === originOf(endpoint).hostname;
  return isSameHost ? endpoint.tls : { ...endpoint.tls, skipVerify: false };
}

/** For the endpoint's own host and port, and there no more once a redirect has led away. */
function certificateFor(endpoint: Endpoint, hop: Hop): ClientCertificate | undefined {
  const isHome = hop.atHome && hop.url.origin === originOf(endpoint).origin;
  return isHome ? endpoint.clientCertificate : undefined;
}

function proxyOf({ proxy }: Endpoint, url: URL, { proxyFor }: Tools): URL | undefined {
  return proxy === undefined ? proxyFor(url) : givenProxy(proxy, url);
}

function headersOf(answer: Answer, name: string): readonly string[] {
  const value = answer.headers[name];
  return (typeof value === "string" ? [value] : (value ?? [])).map((text) => asSent(text).trim());
}

/** What a header says: bytes beyond ASCII are UTF-8 where they can be, as URLs have them escaped. */
function asSent(latin: string): string {
  if (!/[^\0-\x7f]/.test(latin) || /[^\0-\xff]/.test(latin)) return latin;
  const bytes = Buffer.from(latin, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : latin;
}
