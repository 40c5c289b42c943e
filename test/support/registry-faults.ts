/**
 * What a test told the registry to do wrong: which plan a request meets, and what becomes of the
 * answer. Decides and changes answers; how a broken answer goes over the wire is registry-send.ts.
 */
import { empty, type Answer, type RegistryRequest } from "./registry-answer";
import { matchesFilter } from "./registry-log";
import { parseRange, partial } from "./registry-pull";
import { bytesOf } from "./registry-store";
import type { ActiveFault, Fault, FaultPlan, LoggedRequest, RangeFault } from "./registry-types";

/** How an answer is sent where that is not simply whole. */
export interface Delivery {
  /** Bytes of the body after which the connection is destroyed. */
  readonly resetAfter?: number;
  /** Bytes of the body after which nothing more comes. */
  readonly stallAfter?: number;
  /** The body is repeated for ever. */
  readonly isEndless?: boolean;
  /** The body is sent chunked, without Content-Length. */
  readonly isChunked?: boolean;
}

/** The plans of a registry, in the order of their coming. */
export interface FaultList {
  add(plan: FaultPlan): ActiveFault;
  clear(): void;
  /** The fault that this request meets, which counts as applied. */
  next(request: LoggedRequest, isRefused: boolean): Fault | undefined;
}

interface Counted {
  readonly plan: FaultPlan;
  matched: number;
  applied: number;
}

/** An empty list. */
export function createFaults(): FaultList {
  let list: readonly Counted[] = [];
  return {
    add(plan) {
      const counted: Counted = { plan, matched: 0, applied: 0 };
      list = [...list, counted];
      return {
        get matched() {
          return counted.matched;
        },
        get applied() {
          return counted.applied;
        },
        remove() {
          list = list.filter((other) => other !== counted);
        },
      };
    },
    clear() {
      list = [];
    },
    next(request, isRefused) {
      for (const counted of list) {
        const { plan } = counted;
        if (!applies(plan, request, isRefused)) continue;
        counted.matched += 1;
        if (counted.matched <= (plan.skip ?? 0)) continue;
        if (counted.applied >= (plan.times ?? Infinity)) continue;
        counted.applied += 1;
        return plan.then;
      }
      return undefined;
    },
  };
}

function applies(plan: FaultPlan, request: LoggedRequest, isRefused: boolean): boolean {
  const when = plan.when ?? "authorized";
  if (when !== "any" && (when === "refused") !== isRefused) return false;
  return matchesFilter(request, plan) && (plan.where?.(request) ?? true);
}

/** The answer that stands in for the true one, where the fault gives one. */
export function replacement(fault: Fault, request: LoggedRequest): Answer | undefined {
  if (fault.kind === "redirect") {
    const { location } = fault;
    const target = typeof location === "string" ? location : location(request);
    return empty(fault.status ?? 307, { location: target });
  }
  if (fault.kind !== "status") return undefined;
  const { body = "", headers = {} } = fault;
  const isDocument = typeof body === "object" && !(body instanceof Uint8Array);
  const type: Readonly<Record<string, string>> = isDocument
    ? { "content-type": "application/json" }
    : {};
  return { status: fault.status, headers: { ...type, ...lowerCase(headers) }, body: bytesOf(body) };
}

/** The true answer, spoiled. */
export function spoil(
  fault: Fault,
  answer: Answer,
  request: RegistryRequest,
  whole: () => Answer,
): readonly [Answer, Delivery] {
  switch (fault.kind) {
    case "reset":
      return [answer, { resetAfter: fault.afterBytes ?? 0 }];
    case "stall":
      return [answer, { stallAfter: fault.afterBytes ?? 0 }];
    case "body": {
      const { bytes } = fault;
      return [{ ...answer, body: bytes instanceof Uint8Array ? bytes : bytes(answer.body) }, {}];
    }
    case "headers":
      return [withHeaders(answer, fault.set), {}];
    case "digestHeader":
      return [withHeaders(answer, { "docker-content-digest": fault.value }), {}];
    case "contentLength":
      return [
        withHeaders(answer, { "content-length": String(fault.value), connection: "close" }),
        {},
      ];
    case "range":
      return [spoilRange(fault.how, answer, request, whole), {}];
    case "truncate":
      return [{ ...answer, body: answer.body.subarray(0, fault.bytes) }, { isChunked: true }];
    case "endless":
      return [answer, { isEndless: true }];
    default:
      return [answer, {}];
  }
}

function spoilRange(
  how: RangeFault,
  answer: Answer,
  request: RegistryRequest,
  whole: () => Answer,
): Answer {
  if (answer.status !== 206) return answer;
  const all = whole();
  const range = parseRange(request.headers.range, all.body.length);
  if (typeof range === "string") return answer;
  switch (how) {
    case "ignored":
      return all;
    case "shifted":
      return partial(all.headers, all.body, Math.min(range.first + 1, range.last), range.last);
    case "restarted":
      return { ...answer, body: all.body.subarray(0, answer.body.length) };
    case "unlabeled":
      return withHeaders(answer, { "content-range": undefined });
    case "refused":
      return empty(416, { "content-range": `bytes */${all.body.length}` });
  }
}

function withHeaders(answer: Answer, set: Readonly<Record<string, string | undefined>>): Answer {
  const headers = Object.fromEntries(
    Object.entries({ ...answer.headers, ...lowerCase(set) }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  return { ...answer, headers };
}

function lowerCase<T>(headers: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
