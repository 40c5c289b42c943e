/**
 * What all that asks registries for a process shares: connections, tokens and patience. Nothing is
 * read or dialled before the first question. It knows no verb of any protocol.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { findCredential } from "../settings/credentials";
import type { Settings } from "../settings/settings";
import { type AuthorizedAsk, createAuthorizer } from "./authorize";
import { DEADLINES, type Deadlines } from "./deadlines";
import { proxyRules } from "./proxy";
import type { Wait } from "./retry";
import { createSchemeChoice } from "./scheme";
import type { FindCredential } from "./sessions";
import type { Transport } from "./transport";

/** What tests replace; the defaults are the world. */
export interface ClientOptions {
  readonly findCredential?: FindCredential;
  readonly deadlines?: Partial<Deadlines>;
  readonly wait?: Wait;
}

/** A way to ask, with whatever authorization is wanted, over the scheme that is spoken there. */
export interface Asking {
  readonly ask: AuthorizedAsk;
  readonly wait: Wait;
  /** Ends all connections, also those at work. */
  readonly close: () => Promise<void>;
}

/** The one way of a process. */
export function openAsking(settings: Settings, options: ClientOptions = {}): Asking {
  const wait = options.wait ?? pause;
  const transport = lazyTransport(settings);
  const lifetime = new AbortController();
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const authorized = createAuthorizer({
    tools: { transport, deadlines, wait, proxyFor: proxyRules(settings.proxy) },
    search: settings.search,
    findCredential: options.findCredential ?? findCredential,
    lifetime: lifetime.signal,
  });
  return Object.freeze({
    ask: createSchemeChoice(authorized),
    wait,
    async close() {
      lifetime.abort();
      await transport.close();
    },
  });
}

/** undici takes as long to load as a small pull from the cache, which needs none. */
function lazyTransport(settings: Settings): Transport {
  let transport: Transport | undefined;
  const load = (): Transport => {
    // Node's import() would bring its module loader to life, for a third of the time again.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const room = require("./transport") as typeof import("./transport");
    return room.createTransport(settings);
  };
  return {
    send: async (request) => await (transport ??= load()).send(request),
    close: async () => {
      await transport?.close();
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  // A signal for each: Node warns of a leak where more than ten listen to one, and many pulls may wait.
  await sleep(milliseconds, undefined, { signal: AbortSignal.any([signal]) });
}
