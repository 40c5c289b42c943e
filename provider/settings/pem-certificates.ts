/**
 * Finds certificates in PEM texts. It trusts none of them.
 */
import { X509Certificate } from "node:crypto";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The blocks that a text says are certificates, in order. */
export function certificateBlocks(text: string): readonly string[] {
  return withoutEmptyLines(text).match(PEM) ?? [];
}

/**
 * Empty lines mean nothing in the block of a certificate; but OpenSSL refuses it then, which Go does not.
 * In that of an encrypted key, which may stand beside it, one ends the header.
 */
export function withoutEmptyLines(text: string): string {
  return text.replace(PEM, (pem) => pem.replace(/[\r\n]\s+/g, "\n"));
}

/** Whether a block is what it says. */
export function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
