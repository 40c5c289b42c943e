/**
 * Keeps what went wrong with a connection readable: that there never was one, and with what alert
 * TLS ended one. undici's own errors tell neither. Decides nothing.
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

/** The connector, with those of its failures noted that count, and its sockets ending as TLS ends them. */
export function noting(
  connect: Connectors.connector,
  counts: (error: Error) => boolean = () => true,
): Connectors.connector {
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null && counts(error)) noted.add(error);
      // TLS 1.3 refuses a client when the handshake is over: with an alert, and then an orderly end,
      // by which undici would forget the alert.
      socket?.once("error", (alert: Error) => {
        if (isTlsFailure(alert)) socket.destroy(alert);
      });
      callback(...result);
    });
  };
}
