/**
 * Public keys from PEM texts, those of the kinds that Sigstore takes. A private key is refused, and no
 * text of a key is ever shown.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import { digestOf } from "../digest";
import type { PublicKey } from "./policy";

/** The keys of a text, or why it is none. */
export type ReadKeys =
  | { readonly ok: true; readonly keys: readonly PublicKey[] }
  | { readonly ok: false; readonly problem: string };

/** @param text - One PEM block or many. */
export function readPublicKeys(text: string): ReadKeys {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) {
    return { ok: false, problem: "it holds a private key, which signs and must stay where it is" };
  }
  const blocks = text.match(/-----BEGIN ((?:RSA )?PUBLIC KEY)-----[^-]*-----END \1-----/g) ?? [];
  if (blocks.length === 0) return { ok: false, problem: "it holds no public key" };
  const keys: PublicKey[] = [];
  for (const block of blocks) {
    const key = readKey(block);
    if (key === undefined) return { ok: false, problem: "its PEM cannot be read" };
    const problem = keyProblem(key);
    if (problem !== undefined) return { ok: false, problem };
    const pem = String(key.export({ type: "spki", format: "pem" }));
    keys.push(Object.freeze({ pem, fingerprint: fingerprintOf(key) }));
  }
  return { ok: true, keys };
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function fingerprintOf(key: KeyObject): string {
  return digestOf(key.export({ type: "spki", format: "der" }));
}

/** Those that Sigstore takes: https://github.com/sigstore/sigstore/blob/v1.9.5/pkg/cryptoutils/publickey.go */
const CURVES = new Set(["prime256v1", "secp384r1", "secp521r1"]);
const SHORTEST_RSA_BITS = 2_048;

/** Why Sigstore takes no such key; undefined for one that it takes. */
export function keyProblem({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): string | undefined {
  const { namedCurve = "", modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "ed25519") return undefined;
  if (asymmetricKeyType === "ec") {
    return CURVES.has(namedCurve) ? undefined : `its curve ${namedCurve} is not supported`;
  }
  if (asymmetricKeyType !== "rsa") {
    return `a key of the type ${asymmetricKeyType ?? "?"} is not supported`;
  }
  if (modulusLength >= SHORTEST_RSA_BITS) return undefined;
  return `an RSA key of ${modulusLength} bits is too short; ${SHORTEST_RSA_BITS} are needed`;
}
