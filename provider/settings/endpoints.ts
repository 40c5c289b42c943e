/**
 * From a place on the way of a reference to an endpoint: what the user, registries.conf and certs.d
 * say of its host, put together. Pure: reads no file and looks for no credentials.
 */
import type { OciError } from "../errors";
import type { ClientCertificate, Credential, Endpoint, Timeouts } from "../types";
import type { HostCertificates } from "./certs-d/read";
import type { CredentialSearch } from "./credentials";
import type { Stop } from "./route";

/** How one host is reached; the "how" inputs of a pull. */
export interface HostOptions {
  /** HTTP instead of HTTPS. Default false. */
  readonly plainHttp?: boolean;
  /** Certificates are not checked. Default false. */
  readonly skipTlsVerify?: boolean;
  /**
   * TLS without verification; and where none can be had, plain HTTP. Default: what registries.conf
   * says of this place.
   */
  readonly insecure?: boolean;
  /** PEM texts, trusted beside the system's authorities. */
  readonly caCertificates?: readonly string[];
  readonly clientCertificate?: ClientCertificate;
  /** In place of the environment's; "none" for no proxy at all. */
  readonly proxy?: URL | "none";
  readonly timeouts?: PullTimeouts;
  /** For this host and port only. */
  readonly credentials?: Credential;
}

/** Milliseconds. */
export interface PullTimeouts extends Timeouts {
  /** A whole pull, from the first request to the last file. Default: no bound. */
  readonly total?: number;
}

/** What this machine knows of a host. */
export interface HostFacts extends Partial<HostCertificates> {
  /** Where a credential is looked for, where none is given. */
  readonly search?: CredentialSearch;
  /** Why it cannot be asked. */
  readonly unusable?: OciError;
}

/** Names that are not the host which serves them. Docker Hub is the only one that is normalized. */
const SERVED_BY: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);

/** The endpoint of a place, as the options of its host say. Frozen. */
export function endpointOf(stop: Stop, options: HostOptions, facts: HostFacts = {}): Endpoint {
  const { plainHttp = false, insecure = stop.insecure, proxy, timeouts, credentials } = options;
  const clientCertificate = options.clientCertificate ?? facts.clientCertificate;
  const { notes = [] } = facts;
  const authorities = [...(options.caCertificates ?? []), ...(facts.certificateAuthorities ?? [])];
  return Object.freeze({
    role: stop.role,
    host: SERVED_BY.get(stop.registry) ?? stop.registry,
    registry: stop.registry,
    repository: stop.repository,
    plainHttp,
    ...(insecure && !plainHttp ? { fallsBackToHttp: true } : {}),
    tls: Object.freeze({
      skipVerify: (options.skipTlsVerify ?? false) || insecure,
      certificateAuthorities: Object.freeze(authorities),
      ...(notes.length === 0 ? {} : { notes }),
    }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(credentials === undefined ? {} : { credential: credentials }),
    ...(facts.search === undefined ? {} : { search: facts.search }),
    ...(stop.namespaceProxy === undefined ? {} : { namespaceProxy: stop.namespaceProxy }),
    ...(stop.namedBy === undefined ? {} : { namedBy: stop.namedBy }),
    ...(stop.location === undefined ? {} : { location: stop.location }),
    ...(facts.unusable === undefined ? {} : { unusable: facts.unusable }),
  });
}
