/**
 * HTTPS first, and plain HTTP where no TLS connection can be made: for endpoints that allow it, and
 * for no other. What has answered once over HTTPS is never asked without it again.
 */
import type { Context } from "../context";
import { errorFacts, OciError } from "../errors";
import type { AuthorizedAsk } from "./authorize";
import type { Question, Reply, Trial } from "./exchange";
import { originOf } from "./failure";
import { saysHttpsWanted } from "./message";
import { isUnconnected } from "./connection-errors";

/** The same questions, each over the scheme that its endpoint turns out to speak. */
export function createSchemeChoice(ask: AuthorizedAsk): AuthorizedAsk {
  /** By host; for the life of a client, so that no later request tries again. */
  const settled = new Map<string, "https" | "http">();
  return async (context, question) => {
    const { fallsBackToHttp, plainHttp, host } = question.endpoint;
    if (fallsBackToHttp !== true || plainHttp || settled.get(host) === "https") {
      return await ask(context, question);
    }
    if (settled.get(host) === "http") return await ask(context, withoutTls(question));
    const trial: Trial = { isAnswered: false };
    try {
      return await ask(context, { ...question, trial });
    } catch (error) {
      const isHopeless = !trial.isAnswered && error instanceof OciError;
      if (!isHopeless || !isUnconnected(error.cause)) throw error;
      // Another question has been answered meanwhile.
      if (settled.get(host) === "https") return await ask(context, question);
      return await fallBack(ask, context, question, error, () => settled.set(host, "http"));
    } finally {
      if (trial.isAnswered) settled.set(host, "https");
    }
  };
}

/** Over plain HTTP, once HTTPS has failed; where nobody speaks that either, HTTPS is what went wrong. */
async function fallBack(
  ask: AuthorizedAsk,
  context: Context,
  question: Question,
  failure: OciError,
  settle: () => void,
): Promise<Reply> {
  const trial: Trial = { isAnswered: false };
  let reply: Reply;
  try {
    reply = await ask(context, { ...withoutTls(question), trial });
  } catch (error) {
    const isCancelled = error instanceof OciError && error.code === "CANCELLED";
    if (trial.isAnswered) settle();
    if (trial.isAnswered || isCancelled) throw error;
    throw bothFailed(failure, error instanceof OciError ? error.details : []);
  }
  if (reply.status === 400 && saysHttpsWanted(reply.bytes)) throw bothFailed(failure, []);
  // Who only leads elsewhere, to HTTPS as a rule, does not speak for the host.
  if (reply.isHome) settle();
  return reply;
}

function withoutTls(question: Question): Question {
  const endpoint = { ...question.endpoint, plainHttp: true };
  const { pathname, search } = question.url;
  return { ...question, endpoint, url: new URL(pathname + search, originOf(endpoint)) };
}

function bothFailed(failure: OciError, details: readonly string[]): OciError {
  return new OciError({
    ...errorFacts(failure),
    details: [...failure.details, ...details],
    cause: failure,
  });
}
