/**
 * Where to ask for a reference, in order: today its origin alone. Pure: reads no file and never
 * looks at credentials that were not given for this reference.
 */
import type { ClientCertificate, Credential, Endpoint, Reference, Timeouts } from "../types";

/** How one registry is reached; the "how" inputs of a pull. */
export interface TransportOptions {
  /** HTTP instead of HTTPS. Default false. */
  readonly plainHttp?: boolean;
  /** Certificates are not checked. Default false. */
  readonly skipTlsVerify?: boolean;
  /** TLS without verification; and where none can be had, plain HTTP. Default false. */
  readonly insecure?: boolean;
  /** PEM texts, trusted beside the system's authorities. */
  readonly caCertificates?: readonly string[];
  readonly clientCertificate?: ClientCertificate;
  /** In place of the environment's; "none" for no proxy at all. */
  readonly proxy?: URL | "none";
  readonly timeouts?: PullTimeouts;
  /** For the reference's own registry only. */
  readonly credentials?: Credential;
}

/** Milliseconds. */
export interface PullTimeouts extends Timeouts {
  /** A whole pull, from the first request to the last file. Default: no bound. */
  readonly total?: number;
}

/** Names that are not the host which serves them. Docker Hub is the only one that is normalized. */
const SERVED_BY: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);

/** The endpoints of a reference, first choice first. Frozen; never empty. */
export function endpointsOf(
  reference: Reference,
  transport: TransportOptions,
): readonly Endpoint[] {
  const { insecure = false, plainHttp = false, clientCertificate, proxy, timeouts } = transport;
  const origin: Endpoint = {
    role: "origin",
    host: SERVED_BY.get(reference.registry) ?? reference.registry,
    registry: reference.registry,
    repository: reference.repository,
    plainHttp,
    ...(insecure && !plainHttp ? { fallsBackToHttp: true } : {}),
    tls: Object.freeze({
      skipVerify: (transport.skipTlsVerify ?? false) || insecure,
      certificateAuthorities: Object.freeze([...(transport.caCertificates ?? [])]),
    }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(transport.credentials === undefined ? {} : { credential: transport.credentials }),
  };
  return Object.freeze([Object.freeze(origin)]);
}
