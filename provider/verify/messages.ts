/**
 * The messages that a signature of cosign is made of, member by member. Facts only.
 *
 * Formats: https://github.com/sigstore/protobuf-specs/blob/v0.5.0/protos/sigstore_bundle.proto and
 * https://github.com/in-toto/attestation/blob/v1.1.0/protos/in_toto_attestation/v1
 */
import type { Form, Message } from "./proto-json";

const message = (members: Readonly<Record<string, Form>>): Message => ({ members });
const each = (form: Form): Form => ({ each: form });

const CERTIFICATE = message({ rawBytes: "bytes" });

const INCLUSION_PROOF = message({
  logIndex: "int64",
  rootHash: "bytes",
  treeSize: "int64",
  hashes: each("bytes"),
  checkpoint: message({ envelope: "string" }),
});

const LOG_ENTRY = message({
  logIndex: "int64",
  logId: message({ keyId: "bytes" }),
  kindVersion: message({ kind: "string", version: "string" }),
  integratedTime: "int64",
  inclusionPromise: message({ signedEntryTimestamp: "bytes" }),
  inclusionProof: INCLUSION_PROOF,
  canonicalizedBody: "bytes",
});

const VERIFICATION_MATERIAL: Message = {
  members: {
    publicKey: message({ hint: "string" }),
    x509CertificateChain: message({ certificates: each(CERTIFICATE) }),
    certificate: CERTIFICATE,
    tlogEntries: each(LOG_ENTRY),
    timestampVerificationData: message({
      rfc3161Timestamps: each(message({ signedTimestamp: "bytes" })),
    }),
  },
  oneOf: ["publicKey", "x509CertificateChain", "certificate"],
};

/** A sigstore bundle. */
export const BUNDLE_MESSAGE: Message = {
  members: {
    mediaType: "string",
    verificationMaterial: VERIFICATION_MATERIAL,
    messageSignature: message({
      messageDigest: message({ algorithm: "enum", digest: "bytes" }),
      signature: "bytes",
    }),
    dsseEnvelope: {
      members: {
        payload: "bytes",
        payloadType: "string",
        signatures: each(message({ sig: "bytes", keyid: "string" })),
      },
      // Its own definition has no snake_case.
      names: { payload_type: "" },
    },
  },
  oneOf: ["messageSignature", "dsseEnvelope"],
};

/** An in-toto statement. */
export const STATEMENT_MESSAGE: Message = {
  members: {
    _type: "string",
    subject: each(
      message({
        name: "string",
        uri: "string",
        digest: "texts",
        content: "bytes",
        downloadLocation: "string",
        mediaType: "string",
        annotations: "struct",
      }),
    ),
    predicateType: "string",
    predicate: "struct",
  },
  names: { type: "_type" },
};
