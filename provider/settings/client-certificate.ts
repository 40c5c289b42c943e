/**
 * Whether a certificate and a key are a client's pair. Pure: reads no file and shows nothing of a key.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import type { ClientCertificate } from "../types";

/** In a clause what is wrong with the pair, and the field that it is wrong with. */
export interface PairProblem {
  readonly field: keyof ClientCertificate;
  readonly fact: string;
}

/** What is wrong with the pair, if anything is. */
export function pairProblem(pair: ClientCertificate): PairProblem | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pair.certificate);
  } catch {
    return { field: "certificate", fact: "it is no certificate in PEM form" };
  }
  const key = keyOf(pair);
  if (!("type" in key)) return key;
  if (certificate.checkPrivateKey(key)) return undefined;
  return { field: "key", fact: "it is not the key of the certificate" };
}

function keyOf({ key, passphrase }: ClientCertificate): KeyObject | PairProblem {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    // What OpenSSL says of it differs from version to version.
    if (!/-----BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key)) {
      return { field: "key", fact: "it is no private key in PEM form" };
    }
    const fact =
      passphrase === undefined
        ? "the key is encrypted, and there is none"
        : "it does not open the key";
    return { field: "passphrase", fact };
  }
}
