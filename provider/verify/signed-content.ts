/**
 * The signature of a bundle and the bytes that it signs, in the form that @sigstore/verify checks.
 * The library's own takes one hash for all keys and compares the log with one digest; cosign signs with
 * the hash that fits the curve, and Rekor v2 logs the digest of what is signed.
 */
import { createHash, timingSafeEqual, verify, type KeyObject } from "node:crypto";
import type { Bundle, TransparencyLogEntry } from "@sigstore/bundle";
import { dsse } from "@sigstore/core";
import type { SignedEntity } from "@sigstore/verify";

export interface SignedContent {
  /** Whether the key has made the signature. */
  isBy(key: KeyObject): boolean;
  /** As the library checks it, beside these entries of logs. */
  loggedAs(entries: readonly TransparencyLogEntry[]): SignedEntity["signature"];
}

/**
 * @param payload - Of a message signature: the message. A DSSE envelope has its own.
 */
export function signedContent(bundle: Bundle, payload: Buffer | undefined): SignedContent {
  const { signature, message, inner } = partsOf(bundle, payload ?? Buffer.alloc(0));
  const isBy = (key: KeyObject): boolean =>
    hashesFor(key).some((hash) => isSignature(hash, message, key, signature));
  return {
    isBy,
    loggedAs(entries) {
      // Of an envelope, kinds of entries differ in what they log: all that is signed, or the payload.
      const isWhole = ({ kindVersion: { kind } }: TransparencyLogEntry): boolean =>
        kind === "hashedrekord";
      const logged = entries.map((entry) => (isWhole(entry) ? message : inner));
      const content = {
        signature,
        compareSignature: (other: Buffer) => isSame(other, signature),
        compareDigest: (digest: Buffer) => logged.some((bytes) => isDigestOf(digest, bytes)),
        // Later versions of the library ask this of a `hashedrekord`.
        compareSignedDigest: (digest: Buffer) => isDigestOf(digest, message),
        verifySignature: isBy,
      };
      return content;
    },
  };
}

interface Parts {
  readonly signature: Buffer;
  /** All bytes that are signed. */
  readonly message: Buffer;
  /** What of them is the payload. */
  readonly inner: Buffer;
}

function partsOf({ content }: Bundle, payload: Buffer): Parts {
  if (content.$case === "messageSignature") {
    return { signature: content.messageSignature.signature, message: payload, inner: payload };
  }
  const { dsseEnvelope } = content;
  const message = dsse.preAuthEncoding(dsseEnvelope.payloadType, dsseEnvelope.payload);
  const signature = dsseEnvelope.signatures[0]?.sig ?? Buffer.alloc(0);
  return { signature, message, inner: dsseEnvelope.payload };
}

/** The hashes that signers use with the key, the usual one first; null for a key that brings its own. */
function hashesFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly Hash[] {
  if (asymmetricKeyType === "ed25519") return [null];
  if (asymmetricKeyType === "rsa") return ["sha256"];
  if (asymmetricKeyType !== "ec") return [];
  return CURVE_HASHES[asymmetricKeyDetails?.namedCurve ?? ""] ?? [];
}

type Hash = "sha256" | "sha384" | "sha512" | null;

const CURVE_HASHES: Readonly<Record<string, readonly Hash[]>> = {
  prime256v1: ["sha256"],
  secp384r1: ["sha384", "sha256"],
  secp521r1: ["sha512", "sha256"],
};

/** What breaks the encoding of signatures is no signature, too. */
function isSignature(hash: Hash, message: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(hash, message, key, signature);
  } catch {
    return false;
  }
}

/** By bytes of a digest. */
const LOGGED_HASHES: Readonly<Record<number, string>> = {
  32: "sha256",
  48: "sha384",
  64: "sha512",
};

function isDigestOf(digest: Buffer, bytes: Buffer): boolean {
  const hash = LOGGED_HASHES[digest.length];
  return hash !== undefined && isSame(digest, createHash(hash).update(bytes).digest());
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
