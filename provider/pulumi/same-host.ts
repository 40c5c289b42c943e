/**
 * A mirror at the host and port of the reference shares the login that was given for the reference,
 * unless it is reached with less safety: for that way nobody gave it. Pure.
 */
import type { HostOptions } from "../settings/endpoints";
import type { HostInputs } from "./transport-types";

/** Whether one way to a host takes no risk that the other does not take. */
export function isAsSafe(way: HostOptions, other: HostOptions): boolean {
  const risks = risksOf(other);
  return risksOf(way).every((isTaken, risk) => !isTaken || risks[risk] === true);
}

/** Others may listen; others may answer. */
function risksOf({ plainHttp, skipTlsVerify, insecure }: HostOptions): readonly boolean[] {
  const mayBePlain = plainHttp === true || insecure === true;
  return [mayBePlain, mayBePlain || skipTlsVerify === true];
}

/** What is left of a mirror's options: of login and certificate only what was given for it by itself. */
export function withoutLogin(options: HostOptions, given: HostInputs = {}): HostOptions {
  const { credentials, clientCertificate, ...others } = options;
  return Object.freeze({
    ...others,
    ...(given.credentials === undefined || credentials === undefined ? {} : { credentials }),
    ...(given.clientCertificate === undefined || clientCertificate === undefined
      ? {}
      : { clientCertificate }),
  });
}
