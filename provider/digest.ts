/**
 * Digests of the OCI image spec: `algorithm:hex`, with the two registered algorithms. Parsing and
 * hashing; no file and no network.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests
 */
import { createHash, type Hash } from "node:crypto";

export type DigestAlgorithm = "sha256" | "sha512";

const HEX_LENGTH: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };

/** Why a text is no digest, or undefined where it is one. */
export function digestProblem(text: string): string | undefined {
  const colon = text.indexOf(":");
  if (colon < 0) return "a digest has the form sha256:<64 hex digits>";
  const algorithm = text.slice(0, colon);
  if (algorithm !== "sha256" && algorithm !== "sha512") {
    return `the digest algorithm "${algorithm}" is not supported; sha256 and sha512 are`;
  }
  const hex = text.slice(colon + 1);
  if (hex.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/.test(hex)) {
    return `a ${algorithm} digest has ${HEX_LENGTH[algorithm]} lower-case hex digits`;
  }
  return undefined;
}

/** Whether the text is a digest that this package can check. */
export function isDigest(text: string): boolean {
  return digestProblem(text) === undefined;
}

/** The algorithm of a valid digest. */
export function algorithmOf(digest: string): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The hex part of a valid digest. */
export function hexOf(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The digest of bytes in memory. */
export function digestOf(
  bytes: Uint8Array | string,
  algorithm: DigestAlgorithm = "sha256",
): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Hashes and counts what flows by, and at the end tells whether it was what the descriptor named. */
export class DigestCheck {
  readonly #hash: Hash;
  readonly #wanted: string;
  #bytes = 0;

  constructor(wanted: string) {
    this.#wanted = wanted;
    this.#hash = createHash(algorithmOf(wanted));
  }

  /** Bytes seen so far. */
  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** The digest of all that was seen. Callable once. */
  actual(): string {
    return `${algorithmOf(this.#wanted)}:${this.#hash.digest("hex")}`;
  }
}
