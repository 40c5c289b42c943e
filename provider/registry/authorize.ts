/**
 * Who may ask: answers the 401 of a registry with Basic or a token, once, and keeps the grant with the
 * session of its endpoint and repository. The only file that lets a credential out. It sends none that was
 * not asked for, and none to a host that only a redirect named.
 */
import type { Context } from "../context";
import { OciError } from "../errors";
import type { Credential } from "../types";
import { type Challenge, parseChallenges } from "./challenge";
import { noteOf, REALM_HINT, refusedNote, unaskedNote } from "./credential-note";
import { ask, type Question, type Reply, type Tools } from "./exchange";
import { connectionError, isRefusal, statusError } from "./failure";
import { isLoopback } from "./loopback";
import { createSessions, type Grant, searchOf, type Session, type SessionParts } from "./sessions";
import { basicHeader, planToken, requestToken, type TokenPlan, whyWithheld } from "./token";

/** Asks with whatever authorization the endpoint wants. @throws OciError where it refuses. */
export type AuthorizedAsk = (context: Context, question: Question) => Promise<Reply>;

export interface AuthorizerParts extends SessionParts {
  readonly tools: Tools;
  /** Ends with the client: what several requests wait for does not end with one of them. */
  readonly lifetime: AbortSignal;
}

/** What a conversation is about, handed from step to step. */
interface Talk {
  readonly parts: AuthorizerParts;
  readonly session: Session;
  readonly context: Context;
  readonly question: Question;
  /** Says once for each host that a credential travels without TLS. */
  readonly noteExposure: (url: URL) => void;
}

/** The authorizer of one client. */
export function createAuthorizer(parts: AuthorizerParts): AuthorizedAsk {
  const sessions = createSessions(parts);
  const exposed = new Set<string>();
  return async (context, question) => {
    const { endpoint } = question;
    const session = sessions.of(endpoint, context.report, question.writing);
    const noteExposure = (url: URL): void => {
      if (url.protocol === "https:" || isLoopback(url.hostname) || exposed.has(url.host)) return;
      exposed.add(url.host);
      const option = endpoint.fallsBackToHttp === true ? "insecure" : "plainHttp";
      context.report.warning(`credentials go to ${url.host} without TLS, because of ${option}`);
    };
    try {
      return await openly({ parts, context, question, session, noteExposure });
    } catch (error) {
      // Who logs in again is heard with the next question: some processes live for weeks.
      if (isRefusalError(error)) sessions.forget(session);
      throw error;
    }
  };
}

/** Stale credentials on the machine must not close what is open to everybody. Nobody writes as nobody. */
async function openly(talk: Talk): Promise<Reply> {
  const { session, context, question } = talk;
  if (session.open !== undefined) return await converse({ ...talk, session: session.open });
  try {
    return await converse(talk);
  } catch (error) {
    const isRead = question.writing === undefined;
    const stale = isRead && isRefusalError(error) ? await usedFound(session) : undefined;
    if (stale === undefined) throw error;
    const open: Session = { credential: () => Promise.resolve(undefined) };
    const reply = await converse({ ...talk, session: open }).catch(() => undefined);
    if (reply === undefined || reply.status >= 400) throw error;
    if (isFirstToOpen(session, open)) {
      context.report.warning(refusedNote(question.endpoint.registry, stale));
    }
    return reply;
  }
}

/** Asks, and where that is refused with a challenge, once more with an answer to it. */
async function converse(talk: Talk): Promise<Reply> {
  const { session, context, question, parts } = talk;
  const send = (grant: Grant | undefined): Promise<Reply> => {
    const authorization = grant === undefined ? {} : { authorization: grant.header };
    const headers = { ...question.headers, ...authorization };
    return ask(parts.tools, context, { ...question, headers });
  };
  let grant = freshGrant(session);
  let reply = await send(grant);
  for (let round = 1; reply.status === 401 && reply.isHome && round <= 2; round += 1) {
    const challenges = parseChallenges(reply.headers("www-authenticate"));
    // A second time only where the first was not wrong but too narrow.
    if (round === 2 && !challenges.some(isTooNarrow)) break;
    grant = await renewedGrant(talk, grant, challenges, reply);
    reply = await send(grant);
  }
  // What storage refuses is the signature in its URL: no credential is to blame, or would help.
  if (!isRefusal(reply.status) || !reply.isHome) return reply;
  if (session.grant === grant) session.grant = undefined;
  throw await refusalError(talk, reply, grant);
}

async function refusalError(
  { session, parts, question }: Talk,
  reply: Reply,
  grant: Grant | undefined,
): Promise<OciError> {
  const { registry, credential } = question.endpoint;
  // Where none was asked for, what the machine holds explains nothing.
  if (grant === undefined && reply.status === 403) {
    const isReading = reply.place.writing === undefined;
    const unasked = isReading ? unaskedNote(registry, credential !== undefined) : undefined;
    return statusError(reply.place, reply.status, reply.bytes, unasked);
  }
  const note = noteOf(
    registry,
    await session.credential(),
    searchOf(parts, question.endpoint),
    grant?.withheld,
  );
  return statusError(reply.place, reply.status, reply.bytes, note);
}

function isTooNarrow({ parameters }: Challenge): boolean {
  return parameters.get("error") === "insufficient_scope";
}

function freshGrant({ grant }: Session): Grant | undefined {
  return grant !== undefined && grant.expiresAt > Date.now() ? grant : undefined;
}

/** One negotiation at a time: who finds another's grant, or one under way, takes that. */
async function renewedGrant(
  talk: Talk,
  used: Grant | undefined,
  challenges: readonly Challenge[],
  reply: Reply,
): Promise<Grant> {
  const { session, context, parts } = talk;
  const other = freshGrant(session);
  if (other !== undefined && other !== used) return other;
  const negotiate = async (): Promise<Grant> => {
    try {
      const lasting = { ...context, signal: parts.lifetime };
      session.grant = await negotiated({ ...talk, context: lasting }, challenges, reply);
      return session.grant;
    } finally {
      session.pending = undefined;
    }
  };
  session.pending ??= negotiate();
  try {
    return await untilAborted(session.pending, AbortSignal.any([context.signal]));
  } catch (error) {
    throw connectionError(reply.place, error);
  }
}

/** A grant by the first challenge that can be answered. */
async function negotiated(
  talk: Talk,
  challenges: readonly Challenge[],
  reply: Reply,
): Promise<Grant> {
  const { session, noteExposure } = talk;
  session.isChallenged = true;
  const credential = await session.credential();
  let problem: string | undefined;
  const known = session.challenges ?? [];
  if (challenges.length > 0) session.challenges = challenges.map((it) => completed(it, known));
  // HEAD has a way around it: where it is refused without a word, GET is asked.
  const isSilent = challenges.length === 0 && talk.question.method === "HEAD";
  for (const challenge of isSilent ? [] : (session.challenges ?? [])) {
    if (challenge.scheme === "basic" && credential !== undefined) {
      const header = basicHeader(credential);
      if (header === undefined) continue;
      noteExposure(reply.place.url);
      return { header, expiresAt: Infinity };
    }
    if (challenge.scheme !== "bearer") continue;
    if (credential?.registryToken !== undefined) {
      noteExposure(reply.place.url);
      return { header: `Bearer ${credential.registryToken}`, expiresAt: Infinity };
    }
    const { endpoint, writing } = talk.question;
    const plan = planToken(endpoint, challenge, writing);
    if (typeof plan !== "string") return await bearerGrant(talk, plan, credential);
    problem ??= plan;
  }
  throw unanswerable(talk, challenges, reply, credential, problem);
}

/** Who refuses a token may say no more than why; what was asked for before still holds then. */
function completed(challenge: Challenge, known: readonly Challenge[]): Challenge {
  if (challenge.parameters.has("realm")) return challenge;
  const before = known.find(({ scheme }) => scheme === challenge.scheme);
  if (before === undefined) return challenge;
  const lasting = [...before.parameters].filter(([name]) => name === "realm" || name === "service");
  return { ...challenge, parameters: new Map([...lasting, ...challenge.parameters]) };
}

async function bearerGrant(
  { parts, context, question, noteExposure }: Talk,
  plan: TokenPlan,
  credential: Credential | undefined,
): Promise<Grant> {
  const { endpoint, verb, subject } = question;
  const withheld = credential === undefined ? undefined : whyWithheld(plan, credential);
  const used = withheld === undefined ? credential : undefined;
  if (used !== undefined) noteExposure(plan.realm);
  const note = noteOf(endpoint.registry, credential, searchOf(parts, endpoint), withheld);
  const errand = { endpoint, verb, subject, note };
  const token = await requestToken(parts.tools, context, plan, used, errand);
  return { header: `Bearer ${token.value}`, expiresAt: token.expiresAt, withheld };
}

function unanswerable(
  { parts, question: { endpoint } }: Talk,
  challenges: readonly Challenge[],
  { place, status, bytes }: Reply,
  credential: Credential | undefined,
  problem: string | undefined,
): OciError {
  const note = noteOf(endpoint.registry, credential, searchOf(parts, endpoint));
  const schemes = challenges.map(({ scheme }) => scheme).join(", ");
  const asked = schemes === "" ? "the answer names no way to log in" : `it asks for ${schemes}`;
  const reason = problem === undefined ? asked : `the registry ${problem}`;
  const known = challenges.some(({ scheme }) => scheme === "basic") && credential === undefined;
  const line = known ? note.line : `${reason}; ${note.line}`;
  const hint = problem === undefined ? note.hint : REALM_HINT;
  return statusError(place, status, bytes, { line, hint, wereSent: false });
}

/** What the machine happens to hold, and what was refused may be the fault of. */
async function usedFound(session: Session): Promise<Credential | undefined> {
  const credential = session.isChallenged === true ? await session.credential() : undefined;
  return credential?.explicit === false ? credential : undefined;
}

/** Keeps the session without a credential; false where another request was faster. */
function isFirstToOpen(session: Session, open: Session): boolean {
  if (session.open !== undefined) return false;
  session.open = open;
  return true;
}

function isRefusalError(error: unknown): boolean {
  return error instanceof OciError && (error.code === "UNAUTHORIZED" || error.code === "FORBIDDEN");
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new Error("aborted"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", abort);
    });
  });
}
