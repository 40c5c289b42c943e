/**
 * What a server means that ends TLS over the client's certificate. Pure.
 *
 * Rule: https://www.rfc-editor.org/rfc/rfc8446#section-6.2
 */
import { systemCode } from "../errors";

/** A fact about the server, and what to do. */
export interface CertificateAlert {
  readonly fact: string;
  readonly hint: string;
}

/** How an alert about a certificate ends in Node's code of it. */
const ALERT = /_ALERT_(?:BAD_CERTIFICATE|UNKNOWN_CA|(?:NO_|UNSUPPORTED_)?CERTIFICATE(?:_\w+)?)$/;

/** There was no certificate to show. */
export const CERTIFICATE_WANTED: CertificateAlert = Object.freeze({
  fact: "asks for a client certificate",
  hint: "give clientCertificate",
});

/**
 * What the error says, if it is such an alert.
 * @param shown - Whether the client has a certificate, and whether this server is the one to see it.
 */
export function certificateAlert(
  error: unknown,
  shown: { readonly isGiven: boolean; readonly isHome: boolean },
): CertificateAlert | undefined {
  if (!ALERT.test(systemCode(error) ?? "")) return undefined;
  if (!shown.isGiven) return CERTIFICATE_WANTED;
  if (!shown.isHome) {
    const hint =
      "clientCertificate is shown to the registry's own host and port only; ask its people for an address that serves all";
    return { ...CERTIFICATE_WANTED, hint };
  }
  return {
    fact: "refuses the client certificate",
    hint: "check the certificate in clientCertificate, its dates, and the authority that issued it",
  };
}
