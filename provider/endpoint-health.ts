/**
 * What the run has learned of the hosts it asks: who failed, and is asked last; who sent wrong bytes,
 * and is not asked again. It keeps this for a process, on no disk, and asks nobody itself.
 */
import { digestOf } from "./digest";
import type { OciError } from "./errors";
import { nameOfEndpoint, originOf } from "./registry/failure";
import { isHostFailure } from "./registry/failure-kinds";
import type { Endpoint } from "./types";

export interface EndpointHealth {
  /** Nothing is known against its host. */
  isWell(endpoint: Endpoint): boolean;
  /** Its host gave a usable answer, and be it that it has nothing. */
  answered(endpoint: Endpoint): void;
  /** Its host could not be reached, fell silent, or is out of order. */
  failed(endpoint: Endpoint): void;
  /** A mirror sent other bytes than it should. True the first time. Nothing is held against an origin. */
  lied(endpoint: Endpoint, failure: OciError): boolean;
  /** How the endpoint's mirror has lied, if it has. */
  lieOf(endpoint: Endpoint): OciError | undefined;
  /**
   * Whether nobody was told yet that something went on without this endpoint: of the trouble of a
   * host once, of what only one repository there lacks once for each.
   */
  isNews(endpoint: Endpoint, failure: OciError): boolean;
}

/** Longer than a run takes; but some processes live for weeks, and mirrors are mended. Milliseconds. */
const REMEMBERED_MS = 60 * 60_000;

/** Nothing known yet. One for each world. `now` is in milliseconds since 1970. */
export function createEndpointHealth(now: () => number = Date.now): EndpointHealth {
  const failed = createMemory<true>(now);
  const lies = createMemory<OciError>(now);
  const told = createMemory<true>(now);
  const keys = new WeakMap<Endpoint, string>();
  const keyOf = (endpoint: Endpoint): string => {
    const key = keys.get(endpoint) ?? hostKey(endpoint);
    keys.set(endpoint, key);
    return key;
  };
  return Object.freeze({
    isWell: (endpoint: Endpoint) => failed.get(keyOf(endpoint)) === undefined,
    answered(endpoint: Endpoint) {
      failed.forget(keyOf(endpoint));
    },
    failed(endpoint: Endpoint) {
      failed.learn(keyOf(endpoint), true);
    },
    lied(endpoint: Endpoint, failure: OciError) {
      return endpoint.role === "mirror" && lies.learn(mirrorKey(endpoint), failure);
    },
    lieOf: (endpoint: Endpoint) =>
      endpoint.role === "origin" ? undefined : lies.get(mirrorKey(endpoint)),
    isNews(endpoint: Endpoint, failure: OciError) {
      const isOfHost = failure === endpoint.unusable || isHostFailure(failure);
      return told.learn(isOfHost ? keyOf(endpoint) : nameOfEndpoint(endpoint), true);
    },
  } satisfies EndpointHealth);
}

interface Memory<T> {
  get(key: string): T | undefined;
  /** What is known already stays as it is. True where it is new. */
  learn(key: string, value: T): boolean;
  forget(key: string): void;
}

/** By key, what was learned within the last hour. */
function createMemory<T>(now: () => number): Memory<T> {
  const known = new Map<string, { readonly value: T; readonly until: number }>();
  const get = (key: string): T | undefined => {
    const found = known.get(key);
    return found !== undefined && found.until > now() ? found.value : undefined;
  };
  return {
    get,
    learn(key, value) {
      if (get(key) !== undefined) return false;
      known.set(key, { value, until: now() + REMEMBERED_MS });
      return true;
    },
    forget(key) {
      known.delete(key);
    },
  };
}

/**
 * All that decides whether a host can be reached; what one repository answers is not among it.
 * Hashed, because keys and passwords are in it.
 */
function hostKey(endpoint: Endpoint): string {
  const { tls, clientCertificate, proxy, fallsBackToHttp = false, layout } = endpoint;
  const way = proxy instanceof URL ? proxy.href : proxy;
  const { origin } = originOf(endpoint);
  return digestOf(JSON.stringify([origin, fallsBackToHttp, tls, clientCertificate, way, layout]));
}

/**
 * A mirror is one location, for all repositories that it serves. Another location may lead to another
 * cache behind the same host, which need not share its fate.
 */
function mirrorKey({ host, location, namedBy, namespaceProxy }: Endpoint): string {
  return JSON.stringify([host, location ?? namedBy, namespaceProxy]);
}
