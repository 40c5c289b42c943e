/**
 * A signer's certificate as one that no log of certificates has seen, for `ignoreSct`: the library
 * checks each receipt that is there, also where none is asked for. It changes nothing else of it.
 */
import type { SignedEntity } from "@sigstore/verify";

/** The library looks for receipts in a copy of the certificate; this one's copy has no extensions. */
export function withoutScts(key: SignedEntity["key"]): SignedEntity["key"] {
  if (key.$case !== "certificate") return key;
  const certificate: typeof key.certificate = Object.create(key.certificate, {
    clone: {
      value: () => Object.create(key.certificate, { extensions: { value: [] } }) as unknown,
    },
  }) as typeof key.certificate;
  return { ...key, certificate };
}
