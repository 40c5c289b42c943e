/**
 * Which errors mean that there never was a connection: no address, nobody there, no TLS. The
 * connectors note them, for the error itself does not tell; this file only remembers.
 */
import type { buildConnector as Connectors } from "undici";
import { systemCode } from "../errors";

const noted = new WeakSet<Error>();

/** Whether the request failed before a byte of it could be sent. */
export function isUnconnected(error: unknown): boolean {
  return error instanceof Error && noted.has(error);
}

/** Whether there was somebody, and TLS with them was not to be had. */
export function isTlsFailure(error: unknown): boolean {
  const code = systemCode(error) ?? "";
  return code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_");
}

/** The connector, with those of its failures noted that count. */
export function noting(
  connect: Connectors.connector,
  counts: (error: Error) => boolean = () => true,
): Connectors.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [error] = result;
      if (error !== null && counts(error)) noted.add(error);
      callback(...result);
    });
  };
}
