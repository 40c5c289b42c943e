/**
 * A signer's certificate with the receipts of logs of certificates that count: the library checks each
 * that is there, also where none is asked for, and stops at one of a log that is not trusted. It changes
 * nothing else of the certificate.
 *
 * Form of receipts: https://www.rfc-editor.org/rfc/rfc6962#section-3.3
 */
import { EXTENSION_OID_SCT, type ASN1Obj } from "@sigstore/core";
import type { SignedEntity, TrustMaterial } from "@sigstore/verify";

/** Of each log that is trusted, the first receipt; where there is none of any, all of them. */
export function withTrustedScts(
  key: SignedEntity["key"],
  { ctlogs }: TrustMaterial,
): SignedEntity["key"] {
  if (key.$case !== "certificate") return key;
  const original = key.certificate;
  const clone = (): typeof original => {
    const copy = original.clone();
    const { extensions } = copy;
    const index = extensions.findIndex(({ subs }) => subs[0]?.toOID() === EXTENSION_OID_SCT);
    const extension = extensions[index];
    if (extension !== undefined) extensions[index] = withReceipts(extension, ctlogs);
    return copy;
  };
  return {
    ...key,
    certificate: Object.create(original, { clone: { value: clone } }) as typeof original,
  };
}

/** The library takes it out of the copy before it looks at the rest: only its innermost value counts. */
function withReceipts(extension: ASN1Obj, ctlogs: TrustMaterial["ctlogs"]): ASN1Obj {
  const inner = extension.subs.at(-1)?.subs[0];
  if (inner === undefined) return extension;
  const kept = new Map<string, Buffer>();
  for (const receipt of receiptsIn(inner.value)) {
    // A byte for the version is before the identifier of the log.
    const id = receipt.subarray(3, 35);
    const isTrusted = ctlogs.some(({ logID }) => logID.equals(id));
    if (isTrusted && !kept.has(id.toString("hex"))) kept.set(id.toString("hex"), receipt);
  }
  if (kept.size === 0) return extension;
  const all = Buffer.concat([...kept.values()]);
  const length = Buffer.of(all.length >> 8, all.length & 0xff);
  const list = Object.create(inner, { value: { value: Buffer.concat([length, all]) } }) as ASN1Obj;
  const outer = Object.create(extension.subs.at(-1) ?? inner, {
    subs: { value: [list] },
  }) as ASN1Obj;
  const subs = [...extension.subs.slice(0, -1), outer];
  return Object.create(extension, { subs: { value: subs } }) as ASN1Obj;
}

/** Each with its length before it. */
function receiptsIn(list: Buffer): readonly Buffer[] {
  const receipts: Buffer[] = [];
  for (let offset = 2; offset + 2 <= list.length;) {
    const end = offset + 2 + list.readUInt16BE(offset);
    receipts.push(list.subarray(offset, end));
    offset = end;
  }
  return receipts;
}

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
