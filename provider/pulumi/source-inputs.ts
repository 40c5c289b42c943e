/**
 * The rows of the table of inputs that lead from the reference to something beside it: what refers to
 * the artifact, and what a lock file says of it. Pure.
 */
import type { InputField, InputRow } from "./input-types";

const REFERRER_FIELDS = {
  artifactType: {
    type: { kind: "string" },
    description: "Its artifact type: `application/spdx+json`",
  },
} as const satisfies Readonly<Record<string, InputField>>;

export const SOURCE_INPUTS = {
  referrer: {
    group: "what",
    type: { kind: "object", fields: REFERRER_FIELDS },
    default: "none",
    flags: [
      {
        name: "referrer",
        argument: "TYPE",
        field: "artifactType",
        description: "Not the artifact, but what refers to it with this artifact type: an SBOM",
      },
    ],
    description:
      "Not the artifact itself, but the one thing that refers to it (an SBOM, an attestation, a document) with this artifact type: `{ artifactType }`. `digest` and `pinned` are then the referrer's, and `subjectDigest` is the artifact's (docs/referrers.md)",
  },
  lockFile: {
    group: "how",
    type: { kind: "string" },
    default: "none",
    flags: [{ name: "lock-file", argument: "FILE" }],
    description:
      "Lock file that says which digest the reference is, relative to the program's directory (docs/lock-files.md). A reference that it does not hold is an error, and a tag that has moved since a warning",
  },
} as const satisfies Readonly<Record<string, InputRow>>;

/** The checked input `referrer`. */
export interface ReferrerInput {
  readonly artifactType: string;
}
