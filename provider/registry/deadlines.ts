/** How long each part of a request may take. Numbers only. */

/** Milliseconds. */
export interface Deadlines {
  /** Name, TCP and TLS handshake together. */
  readonly connect: number;
  /** From the request to the head of the answer. */
  readonly headers: number;
  /** Between two pieces of a body. */
  readonly stall: number;
  /** One try of a whole document: a manifest, a token, an error. Blobs have no such bound. */
  readonly document: number;
}

export const DEADLINES: Deadlines = Object.freeze({
  connect: 10_000,
  headers: 30_000,
  stall: 30_000,
  document: 60_000,
});
