/**
 * What can be wrong with the certificate that a server shows, by the code of the error: what follows
 * "the registry". Authorities that are not known are for failure.ts, which says how to add them.
 *
 * Rule: https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */

const PROVES_NOTHING = "shows a certificate that proves nothing";

/** Codes of Node, and the fact that each stands for; OpenSSL's own words are in the detail. */
export const CERTIFICATE_FACTS: ReadonlyMap<string, string> = new Map([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "shows a certificate for another name"],
  ["CERT_HAS_EXPIRED", "shows a certificate that has expired"],
  ["CERT_NOT_YET_VALID", "shows a certificate that is not valid yet"],
  ["CERT_REVOKED", "shows a certificate that was revoked"],
  ["CERT_CHAIN_TOO_LONG", PROVES_NOTHING],
  ["CERT_REJECTED", PROVES_NOTHING],
  ["CERT_SIGNATURE_FAILURE", PROVES_NOTHING],
  ["CERT_UNTRUSTED", PROVES_NOTHING],
  ["ERROR_IN_CERT_NOT_AFTER_FIELD", PROVES_NOTHING],
  ["ERROR_IN_CERT_NOT_BEFORE_FIELD", PROVES_NOTHING],
  ["INVALID_CA", PROVES_NOTHING],
  ["INVALID_PURPOSE", PROVES_NOTHING],
  ["PATH_LENGTH_EXCEEDED", PROVES_NOTHING],
  ["UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", PROVES_NOTHING],
  ["UNABLE_TO_DECRYPT_CERT_SIGNATURE", PROVES_NOTHING],
  ["UNSPECIFIED", PROVES_NOTHING],
]);
