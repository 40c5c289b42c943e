/**
 * One round of asking: whose turn it is, how patiently, what its failure means for this run, and what
 * is said when nobody answered. It sends nothing itself.
 *
 * Who is well is asked in the order of the configuration, who has just failed comes last, and a
 * mirror that lied not at all. So a dead mirror costs its time once, and not once an artifact.
 */
import type { Context } from "./context";
import type { EndpointHealth } from "./endpoint-health";
import { unusedText } from "./endpoint-texts";
import { asOciError, OciError } from "./errors";
import { type Attempt, nobodyAnswered } from "./nobody-answered";
import type { AskContext } from "./registry/exchange";
import { nameOfEndpoint } from "./registry/failure";
import { isHostFailure, isLie } from "./registry/failure-kinds";
import type { Patience } from "./registry/retry";
import type { Endpoint } from "./types";

/** What is asked for. */
export interface Inquiry {
  /** What errors call it: the reference. */
  readonly subject: string;
  /** For the warning about who sends something else: a digest, or "the tag 1". */
  readonly wanted: string;
}

export interface AskRooms {
  readonly health: EndpointHealth;
}

/** An endpoint, and the context to ask it in. */
export interface Turn {
  readonly endpoint: Endpoint;
  readonly asking: AskContext;
}

/** Codes of what is none of an endpoint's doing: the user's signal, and this machine's disk. */
const NOT_THEIRS: ReadonlySet<string> = new Set(["CANCELLED", "STORE"]);

/** A round over endpoints. The only one is asked whatever is known against it. */
export class Round {
  readonly #endpoints: readonly Endpoint[];
  readonly #inquiry: Inquiry;
  readonly #health: EndpointHealth;
  readonly #context: Context;
  /** By endpoint, in the order of asking. */
  readonly #failures = new Map<Endpoint, OciError>();
  #left: readonly Endpoint[];
  /** Who is waited for with all patience. Once that was in vain, the others are a last look. */
  #patient: Endpoint | undefined;
  #hasWaited = false;

  constructor(
    endpoints: readonly Endpoint[],
    inquiry: Inquiry,
    { health }: AskRooms,
    context: Context,
  ) {
    this.#endpoints = endpoints;
    this.#inquiry = inquiry;
    this.#health = health;
    this.#context = context;
    this.#left = endpoints;
  }

  /** Undefined where all were asked. */
  next(): Turn | undefined {
    const turn = this.#take();
    if (turn?.endpoint.unusable === undefined) return turn;
    this.#failures.set(turn.endpoint, turn.endpoint.unusable);
    return this.next();
  }

  /** Who got on without a mirror that should have served is told so: it may cost time, or the way out. */
  answered(endpoint: Endpoint): void {
    this.#health.answered(endpoint);
    for (const [failed, failure] of this.#failures) {
      const isMissed = failure === failed.unusable || isHostFailure(failure);
      if (failed.role === "origin" || !isMissed) continue;
      if (!this.#health.isNews(failed, failure)) continue;
      this.#context.report.warning(unusedText(failed, failure));
    }
  }

  /** The failure as an error. @throws it where no other endpoint would mend it. */
  failed(endpoint: Endpoint, error: unknown): OciError {
    const failure = asOciError(error, "ask for", this.#inquiry.subject);
    if (NOT_THEIRS.has(failure.code)) throw failure;
    this.#failures.set(endpoint, failure);
    if (isLie(failure)) {
      this.#blame(endpoint, failure);
    } else if (isHostFailure(failure)) {
      this.#health.failed(endpoint);
      this.#hasWaited ||= endpoint === this.#patient;
    } else {
      this.#health.answered(endpoint);
    }
    return failure;
  }

  /** Who has not served so far, and why: also those who were not asked, because they had lied. */
  attempts(): readonly Attempt[] {
    const lies = this.#endpoints.flatMap((endpoint) => {
      const lie = this.#failures.has(endpoint) ? undefined : this.#health.lieOf(endpoint);
      return lie === undefined ? [] : [{ endpoint, failure: lie, wasAsked: false }];
    });
    const asked = [...this.#failures].map(([endpoint, failure]) => ({
      endpoint,
      failure,
      wasAsked: true,
    }));
    return [...lies, ...asked];
  }

  /** Why nobody answered. */
  error(): OciError {
    return nobodyAnswered(this.#inquiry.subject, this.#endpoints, this.attempts());
  }

  get #isOnly(): boolean {
    return this.#endpoints.length === 1;
  }

  #blame(endpoint: Endpoint, lie: OciError): void {
    if (!this.#health.lied(endpoint, lie) || this.#isOnly) return;
    this.#context.report.warning(
      `${nameOfEndpoint(endpoint)} sends other bytes than it should for ${this.#inquiry.wanted}; it is not asked again in this run`,
    );
  }

  #take(): Turn | undefined {
    const isWell = (each: Endpoint): boolean => this.#health.isWell(each);
    // Others that ask at the same time may have learned something since.
    const left = this.#left.filter(
      (each) => this.#isOnly || this.#health.lieOf(each) === undefined,
    );
    const endpoint = left.find(isWell) ?? left[0];
    if (endpoint === undefined) return undefined;
    this.#left = left.filter((each) => each !== endpoint);
    const patience: Patience = this.#isWorthWaiting(endpoint) ? "full" : "short";
    if (patience === "full") this.#patient = endpoint;
    return { endpoint, asking: { ...this.#context, patience } };
  }

  /** The last resort, and whoever has nobody behind it but those who have just failed. */
  #isWorthWaiting(endpoint: Endpoint): boolean {
    if (this.#hasWaited) return false;
    const usable = this.#endpoints.filter(({ unusable }) => unusable === undefined);
    const resort = usable.find(({ role }) => role === "origin") ?? usable.at(-1);
    const isWell = (each: Endpoint): boolean => this.#health.isWell(each);
    const hasRivals = this.#left.some((each) => isWell(each) && usable.includes(each));
    return endpoint === resort || (isWell(endpoint) && !hasRivals);
  }
}
