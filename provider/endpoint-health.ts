/**
 * What the run has learned of the hosts it asks: who failed, and is asked last; who sent wrong bytes,
 * and is not asked again. It keeps this for a process, on no disk, and asks nobody itself.
 */
import { digestOf } from "./digest";
import type { OciError } from "./errors";
import { nameOfEndpoint, originOf } from "./registry/failure";
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
  /** Whether nobody was told yet that something went on elsewhere, without this endpoint. */
  isNews(endpoint: Endpoint): boolean;
}

/** Nothing known yet. One for each world. */
export function createEndpointHealth(): EndpointHealth {
  const failed = new Set<string>();
  const keys = new WeakMap<Endpoint, string>();
  const keyOf = (endpoint: Endpoint): string => {
    const key = keys.get(endpoint) ?? hostKey(endpoint);
    keys.set(endpoint, key);
    return key;
  };
  const lies = new Map<string, OciError>();
  const told = new Set<string>();
  return Object.freeze({
    isWell: (endpoint: Endpoint) => !failed.has(keyOf(endpoint)),
    answered(endpoint: Endpoint) {
      failed.delete(keyOf(endpoint));
    },
    failed(endpoint: Endpoint) {
      failed.add(keyOf(endpoint));
    },
    lied(endpoint: Endpoint, failure: OciError) {
      const key = mirrorKey(endpoint);
      if (endpoint.role === "origin" || lies.has(key)) return false;
      lies.set(key, failure);
      return true;
    },
    lieOf: (endpoint: Endpoint) =>
      endpoint.role === "origin" ? undefined : lies.get(mirrorKey(endpoint)),
    isNews(endpoint: Endpoint) {
      const name = nameOfEndpoint(endpoint);
      if (told.has(name)) return false;
      told.add(name);
      return true;
    },
  } satisfies EndpointHealth);
}

/**
 * All that decides whether a host can be reached; what one repository answers is not among it.
 * Hashed, because keys and passwords are in it.
 */
function hostKey(endpoint: Endpoint): string {
  const { tls, clientCertificate, proxy, fallsBackToHttp = false } = endpoint;
  const way = proxy instanceof URL ? proxy.href : proxy;
  const { origin } = originOf(endpoint);
  return digestOf(JSON.stringify([origin, fallsBackToHttp, tls, clientCertificate, way]));
}

/**
 * A mirror is one entry of the configuration, for all repositories that it serves. Another entry may
 * lead to another cache behind the same host, which need not share its fate.
 */
function mirrorKey({ host, namedBy }: Endpoint): string {
  return JSON.stringify([host, namedBy]);
}
