/**
 * Finds certificates in PEM texts. It trusts none of them.
 */
import { X509Certificate } from "node:crypto";

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The blocks that a text says are certificates, in order. */
export function certificateBlocks(text: string): readonly string[] {
  return [...text.matchAll(PEM)].map(([pem]) => withoutEmptyLines(pem));
}

/** Empty lines mean nothing in a block; but OpenSSL refuses it then, which Go does not. */
export function withoutEmptyLines(pem: string): string {
  return pem.replace(/\r*\n\s+/g, "\n");
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
