/**
 * Where to ask for a reference, in order: today its origin alone. Pure: reads no file and never
 * looks at credentials that were not given for this reference.
 */
import type { Credential, Endpoint, Reference } from "../types";

/** How one registry is reached; the "how" inputs of a pull. */
export interface TransportOptions {
  /** HTTP instead of HTTPS. Default false. */
  readonly plainHttp?: boolean;
  /** Certificates are not checked. Default false. */
  readonly skipTlsVerify?: boolean;
  /** PEM texts, trusted beside the system's authorities. */
  readonly caCertificates?: readonly string[];
  /** For the reference's own registry only. */
  readonly credentials?: Credential;
}

/** Names that are not the host which serves them. Docker Hub is the only one that is normalized. */
const SERVED_BY: ReadonlyMap<string, string> = new Map([["docker.io", "registry-1.docker.io"]]);

/** The endpoints of a reference, first choice first. Frozen; never empty. */
export function endpointsOf(
  reference: Reference,
  transport: TransportOptions,
): readonly Endpoint[] {
  const origin: Endpoint = {
    role: "origin",
    host: SERVED_BY.get(reference.registry) ?? reference.registry,
    registry: reference.registry,
    repository: reference.repository,
    plainHttp: transport.plainHttp ?? false,
    tls: Object.freeze({
      skipVerify: transport.skipTlsVerify ?? false,
      certificateAuthorities: Object.freeze([...(transport.caCertificates ?? [])]),
    }),
    ...(transport.credentials === undefined ? {} : { credential: transport.credentials }),
  };
  return Object.freeze([Object.freeze(origin)]);
}
