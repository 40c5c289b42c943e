/**
 * Whose key an entry of a transparency log was made with. The library compares signature and digest,
 * and does not ask: a log would then prove that somebody has logged such a signature, and not that
 * this signer has. Which kinds of entries there are is known here, and checked by the library.
 *
 * Kinds: https://github.com/sigstore/rekor/blob/v1.4.2/types.md and sigstore/rekor-tiles for 0.0.2
 */
import { createPublicKey, X509Certificate, type KeyObject } from "node:crypto";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import { JsonProblem, member, object, parseJsonObject } from "../content/json";
import { Rejection } from "./reasons";

/** @throws Rejection where an entry was made with another key. */
export function refuseOtherKeys(entries: readonly TransparencyLogEntry[], signer: KeyObject): void {
  for (const { kindVersion, canonicalizedBody } of entries) {
    const read = READERS[`${kindVersion.kind} ${kindVersion.version}`];
    let logged: KeyObject | undefined;
    try {
      logged = read?.(member(parseJsonObject(canonicalizedBody), "spec"));
    } catch {
      logged = undefined;
    }
    if (logged === undefined) {
      throw new Rejection("tlog", "the log entry of the signature has no key that can be read");
    }
    if (!logged.equals(signer))
      throw new Rejection("tlog", "the log entry of the signature is of another key");
  }
}

const READERS: Readonly<Record<string, (spec: unknown) => KeyObject>> = {
  "hashedrekord 0.0.1": (spec) => keyOfPem(at(spec, "signature", "publicKey", "content")),
  "dsse 0.0.1": (spec) => keyOfPem(at(spec, "signatures", 0, "verifier")),
  "intoto 0.0.2": (spec) => keyOfPem(at(spec, "content", "envelope", "signatures", 0, "publicKey")),
  "hashedrekord 0.0.2": (spec) => keyOfDer(at(spec, "hashedRekordV002", "signature", "verifier")),
  "dsse 0.0.2": (spec) => keyOfDer(at(spec, "dsseV002", "signatures", 0, "verifier")),
};

/** A key, or a certificate with one. */
function keyOfPem(base64: unknown): KeyObject {
  return createPublicKey(bytesOf(base64));
}

function keyOfDer(verifier: unknown): KeyObject {
  if (member(object(verifier, "it"), "x509Certificate") !== undefined) {
    return new X509Certificate(bytesOf(at(verifier, "x509Certificate", "rawBytes"))).publicKey;
  }
  const key = bytesOf(at(verifier, "publicKey", "rawBytes"));
  return createPublicKey({ key, format: "der", type: "spki" });
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
