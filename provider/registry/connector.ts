/**
 * Opens a connection to a server: how it is verified, and how long it may take. Sends nothing.
 */
import { Socket } from "node:net";
import type { buildConnector as Connectors } from "undici";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is what it exports
import buildConnector = require("undici/lib/core/connect.js");
import type { ClientCertificate, TlsOptions } from "../types";
import { isUnknownAuthority } from "./failure";
import { survivingEnd } from "./socket-end";
import type { Identity, Trust } from "./trust";
import { noting } from "./connection-errors";

/** How a server is met. */
export interface Meeting {
  readonly tls: TlsOptions;
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Milliseconds for a connection, its TLS handshake included. */
  readonly timeout: number;
}

/** Sockets that are not connected yet. */
export type Dialing = Set<Socket>;

/** Milliseconds for each address of a name; Node's quarter of a second is too short for a VPN. */
const ADDRESS_TIMEOUT = 1_000;

/** What TLS is opened with; the environment of Node cannot switch verification off. */
export function verifiedBy(
  { tls, clientCertificate, timeout }: Meeting,
  trust: Trust,
): Connectors.BuildOptions {
  const patience = { timeout, autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT };
  if (tls.skipVerify) {
    return { ...patience, ...identityOf(clientCertificate), rejectUnauthorized: false };
  }
  const secureContext = trust.context(tls.certificateAuthorities, identityOf(clientCertificate));
  return { ...patience, rejectUnauthorized: true, secureContext };
}

/** In Node's words. */
function identityOf(pair: ClientCertificate | undefined): Identity {
  if (pair === undefined) return {};
  const { certificate, key, passphrase } = pair;
  return { cert: certificate, key, ...(passphrase === undefined ? {} : { passphrase }) };
}

/**
 * Given authorities come first, or Node's own roots, which are compiled in: to read and parse all others
 * takes as long as a small pull, and they are asked only about an authority that is none of these.
 */
export function createConnector(
  meeting: Meeting,
  trust: Trust,
  dialing: Dialing = new Set(),
): Connectors.connector {
  const connector = connectorOf(meeting, trust, dialing);
  return noting(survivingEnd(connector));
}

function connectorOf(meeting: Meeting, trust: Trust, dialing: Dialing): Connectors.connector {
  const { tls, clientCertificate, timeout } = meeting;
  if (tls.skipVerify) return noticed(buildConnector(verifiedBy(meeting, trust)), dialing);
  const { certificateAuthorities: given } = tls;
  let wide: Connectors.connector | undefined;
  const widest = (): Connectors.connector =>
    (wide ??= noticed(buildConnector(verifiedBy(meeting, trust)), dialing));
  let narrow: Connectors.connector | undefined;
  const narrowest = (): Connectors.connector =>
    (narrow ??= noticed(
      buildConnector({
        timeout,
        autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT,
        rejectUnauthorized: true,
        secureContext: trust.narrowContext(given, identityOf(clientCertificate)),
      }),
      dialing,
    ));
  let plain: Connectors.connector | undefined;
  // Without authorities, which take longer to read than a small pull takes over plain HTTP.
  const plainest = (): Connectors.connector =>
    (plain ??= noticed(
      buildConnector({ timeout, autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT }),
      dialing,
    ));
  return (options, callback) => {
    // Given ones are looked at nevertheless: of what is no certificate somebody should hear.
    if (options.protocol !== "https:" && given.length === 0) {
      connectWith(plainest, options, callback);
      return;
    }
    if (wide !== undefined) {
      connectWith(widest, options, callback);
      return;
    }
    connectWith(narrowest, options, (...result) => {
      const [error] = result;
      const isHopeless = error === null || !isUnknownAuthority(error);
      const hasMore = (): boolean => given.length > 0 || trust.ambient().length > 0;
      if (isHopeless || !hasMore()) callback(...result);
      else connectWith(widest, options, callback);
    });
  };
}

/** The same connector, whose sockets are among those that are dialing until they are connected, or fail. */
function noticed(connect: Connectors.connector, dialing: Dialing): Connectors.connector {
  // undici gives the socket back, of which its types know nothing.
  const dial: (...given: Parameters<Connectors.connector>) => unknown = connect;
  return (options, callback) => {
    const socket = dial(options, (...result) => {
      if (socket instanceof Socket) dialing.delete(socket);
      callback(...result);
    });
    if (socket instanceof Socket) dialing.add(socket);
  };
}

/** Authorities that are no certificates must fail the request, not the process. */
function connectWith(
  connector: () => Connectors.connector,
  options: Connectors.Options,
  callback: Connectors.Callback,
): void {
  let connect: Connectors.connector;
  try {
    connect = connector();
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)), null);
    return;
  }
  connect(options, callback);
}
