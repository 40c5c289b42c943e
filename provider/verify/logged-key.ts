/**
 * Who made what an entry of a transparency log tells of. The library compares signature and digest, and
 * does not ask: a log would then prove that somebody has logged such a signature, and not that this
 * signer has. A certificate is meant as a whole: another one with its key may name somebody else.
 *
 * Kinds: https://github.com/sigstore/rekor/blob/v1.4.2/types.md and sigstore/rekor-tiles for 0.0.2
 */
import { X509Certificate, type KeyObject } from "node:crypto";
import type { Bundle, TransparencyLogEntry } from "@sigstore/bundle";
import { JsonProblem, member, object, parseJsonObject } from "../content/json";
import { Rejection } from "./reasons";

/** Who has signed. */
export interface LoggedSigner {
  readonly key: KeyObject;
  /** DER of the certificate that came with the signature: where there is one, it is what was logged. */
  readonly certificate: Buffer | undefined;
}

/**
 * @throws Rejection where an entry is of another key or certificate, or of a kind that is not logged for
 * such a signature.
 */
export function refuseOtherSigners(
  entries: readonly TransparencyLogEntry[],
  content: Bundle["content"]["$case"],
  { key, certificate }: LoggedSigner,
): void {
  if (entries.length === 0) return;
  if (certificate !== undefined && !isOf(certificate, key)) {
    throw new Rejection("tlog", "the certificate that was logged is of another key");
  }
  const signer = certificate ?? key.export({ type: "spki", format: "der" });
  const readers = content === "dsseEnvelope" ? OF_ENVELOPES : OF_MESSAGES;
  for (const { kindVersion, canonicalizedBody } of entries) {
    const kind = `${kindVersion.kind} ${kindVersion.version}`;
    const read = readers[kind];
    if (read === undefined) {
      throw new Rejection("tlog", `the log entry of the signature is of the kind ${kind}`);
    }
    let logged: Buffer;
    try {
      logged = read(member(parseJsonObject(canonicalizedBody), "spec"), key);
    } catch (error) {
      const fact = error instanceof JsonProblem ? ` (${error.message})` : "";
      throw new Rejection(
        "tlog",
        `the log entry of the signature has no key that can be read${fact}`,
      );
    }
    if (!logged.equals(signer)) {
      const what = certificate === undefined ? "key" : "certificate";
      throw new Rejection("tlog", `the log entry of the signature is of another ${what}`);
    }
  }
}

/** DER of the key or certificate that the entry names. @throws whatever, for what is none. */
type Reader = (spec: unknown, key: KeyObject) => Buffer;
type Readers = Readonly<Record<string, Reader>>;

const OF_ENVELOPES: Readers = {
  "dsse 0.0.1": (spec) => derOf(at(spec, "signatures", 0, "verifier")),
  "intoto 0.0.2": (spec) => derOf(at(spec, "content", "envelope", "signatures", 0, "publicKey")),
  "dsse 0.0.2": (spec) => rawBytesOf(at(spec, "dsseV002", "signatures", 0, "verifier")),
  "hashedrekord 0.0.2": (spec, key) => {
    const record = at(spec, "hashedRekordV002");
    const verifier = at(record, "signature", "verifier");
    const { details, hash } = algorithmOf(key);
    expect(at(verifier, "keyDetails"), details);
    expect(at(record, "data", "algorithm"), hash);
    return rawBytesOf(verifier);
  },
};

const OF_MESSAGES: Readers = {
  "hashedrekord 0.0.1": (spec) => {
    expect(at(spec, "data", "hash", "algorithm"), "sha256");
    return derOf(at(spec, "signature", "publicKey", "content"));
  },
};

function expect(value: unknown, wanted: string): void {
  if (value !== wanted) throw new JsonProblem(`it is for ${wanted}`);
}

/** What Rekor v2 calls the key, and the hash that goes with it: with each there is one. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm {
  const { namedCurve = "", modulusLength = 0 } = asymmetricKeyDetails ?? {};
  const algorithm = ALGORITHMS[`${asymmetricKeyType ?? ""} ${namedCurve || modulusLength}`];
  if (algorithm === undefined) throw new JsonProblem("no log has such keys");
  return algorithm;
}

interface Algorithm {
  readonly details: string;
  readonly hash: string;
}

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  "ec prime256v1": { details: "PKIX_ECDSA_P256_SHA_256", hash: "SHA2_256" },
  "ec secp384r1": { details: "PKIX_ECDSA_P384_SHA_384", hash: "SHA2_384" },
  "ec secp521r1": { details: "PKIX_ECDSA_P521_SHA_512", hash: "SHA2_512" },
  "rsa 2048": { details: "PKIX_RSA_PKCS1V15_2048_SHA256", hash: "SHA2_256" },
  "rsa 3072": { details: "PKIX_RSA_PKCS1V15_3072_SHA256", hash: "SHA2_256" },
  "rsa 4096": { details: "PKIX_RSA_PKCS1V15_4096_SHA256", hash: "SHA2_256" },
  "ed25519 0": { details: "PKIX_ED25519_PH", hash: "SHA2_512" },
};

/** The first block of PEM, whatever it calls itself: its bytes are compared. */
function derOf(base64: unknown): Buffer {
  const text = bytesOf(base64).toString("latin1");
  const [, body] = /-----BEGIN [^-]+-----([^-]*)-----END /.exec(text) ?? [];
  return bytesOf(body);
}

function rawBytesOf(verifier: unknown): Buffer {
  const certificate = member(object(verifier, "it"), "x509Certificate");
  return bytesOf(at(certificate ?? at(verifier, "publicKey"), "rawBytes"));
}

function at(from: unknown, ...names: readonly (string | number)[]): unknown {
  return names.reduce(
    (value, name) =>
      typeof name === "number" && Array.isArray(value)
        ? (value as readonly unknown[])[name]
        : member(object(value, "it"), String(name)),
    from,
  );
}

function bytesOf(base64: unknown): Buffer {
  if (typeof base64 !== "string") throw new JsonProblem("it is no text");
  return Buffer.from(base64, "base64");
}

/** Bytes that are no certificate are of no key. */
function isOf(certificate: Buffer, key: KeyObject): boolean {
  try {
    return new X509Certificate(certificate).publicKey.equals(key);
  } catch {
    return false;
  }
}
