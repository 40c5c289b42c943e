/**
 * The row of the table of inputs that says who has to have signed. Pure.
 */
import type { VerifyOptions } from "../verify/policy";
import type { InputField, InputRow, InputType } from "./input-types";

const STRING: InputType = { kind: "string" };
const BOOLEAN: InputType = { kind: "boolean" };

const IDENTITY_FIELDS = {
  certificateIdentity: {
    type: STRING,
    description: "Whom the certificate names: a mail address, or the URL of a workflow",
  },
  certificateIdentityRegexp: {
    type: STRING,
    description: "The same by a regular expression (RE2), which matches anywhere in it",
  },
  certificateOidcIssuer: { type: STRING, description: "Who vouches for that name: a URL" },
  certificateOidcIssuerRegexp: { type: STRING, description: "The same by a regular expression" },
} as const satisfies Readonly<Record<string, InputField>>;

const VERIFY_FIELDS = {
  keys: {
    type: { kind: "strings" },
    description: "Public keys, one of which has to have signed: PEM texts or paths of PEM files",
  },
  identities: {
    type: { kind: "objects", fields: IDENTITY_FIELDS },
    description:
      "Identities, one of which has to have signed: `{ certificateIdentity, certificateOidcIssuer }`, each also as `…Regexp`",
  },
  trustedRoot: {
    type: STRING,
    description:
      "The trusted_root.json of a Sigstore instance: its text or path. Then no TUF repository is asked",
  },
  tuf: {
    type: {
      kind: "object",
      fields: {
        mirror: { type: STRING, description: "URL of the repository" },
        root: { type: STRING, description: "Its root.json to begin with: text or path" },
      },
    },
    description: "A TUF repository with the trusted root: `{ mirror, root }`",
  },
  ignoreTlog: {
    type: BOOLEAN,
    description: "Signatures need not be in a transparency log. Default `false`",
  },
  ignoreSct: {
    type: BOOLEAN,
    description: "Certificates need not be in a log of certificates. Default `false`",
  },
  requireTimestamp: {
    type: BOOLEAN,
    description: "There has to be a signed timestamp. Default `false`",
  },
  allowAttestations: {
    type: BOOLEAN,
    description: "Any attestation by the signer counts as a signature. Default `false`",
  },
  annotations: {
    type: { kind: "texts" },
    description: 'What has to be in the signed payload, beside whatever else: `{ env: "prod" }`',
  },
} as const satisfies Readonly<Record<string, InputField>>;

/** The table's row. */
export const VERIFY_INPUTS = {
  verify: {
    group: "what",
    type: { kind: "object", fields: VERIFY_FIELDS },
    default: "none: no signature is looked for",
    flags: [
      {
        name: "verify",
        argument: "FILE",
        file: "json",
        description:
          'JSON file that says who has to have signed: {"keys": ["cosign.pub"]}; docs/signatures.md has all options',
      },
      {
        name: "verify-key",
        argument: "FILE",
        field: "keys",
        description: "PEM file of a public key that has to have signed; repeatable, one is enough",
      },
      {
        name: "certificate-identity",
        argument: "NAME",
        field: "identities.0.certificateIdentity",
        description: "Whom the certificate of the signature has to name",
      },
      {
        name: "certificate-identity-regexp",
        argument: "PATTERN",
        field: "identities.0.certificateIdentityRegexp",
        description: "The same by a regular expression",
      },
      {
        name: "certificate-oidc-issuer",
        argument: "URL",
        field: "identities.0.certificateOidcIssuer",
        description: "Who has to vouch for that name",
      },
      {
        name: "certificate-oidc-issuer-regexp",
        argument: "PATTERN",
        field: "identities.0.certificateOidcIssuerRegexp",
        description: "The same by a regular expression",
      },
      {
        name: "trusted-root",
        argument: "FILE",
        field: "trustedRoot",
        description: "The trusted_root.json of a Sigstore instance; then no other network is used",
      },
      {
        name: "tuf-mirror",
        argument: "URL",
        field: "tuf.mirror",
        description: "TUF repository with the trusted root",
      },
      {
        name: "tuf-root",
        argument: "FILE",
        field: "tuf.root",
        description: "Its root.json to begin with",
      },
      {
        name: "ignore-tlog",
        field: "ignoreTlog",
        description: "Signatures need not be in a transparency log",
      },
      {
        name: "ignore-sct",
        field: "ignoreSct",
        description: "Certificates need not be in a log of certificates",
      },
      {
        name: "require-timestamp",
        field: "requireTimestamp",
        description: "There has to be a signed timestamp",
      },
      {
        name: "allow-attestations",
        field: "allowAttestations",
        description: "Any attestation by the signer counts as a signature",
      },
      {
        name: "annotation",
        argument: "NAME=VALUE",
        field: "annotations",
        pairs: true,
        description: "What has to be in the signed payload; repeatable",
      },
    ],
    description:
      "Who has to have signed the content: `{ keys }` or `{ identities }`, and what of it has to be proven (docs/signatures.md). What nobody of them has signed is an error in the preview, before anything of it is unpacked",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

/** The checked input: files are still paths. */
export type VerifyInput = VerifyOptions;
