/**
 * What a signature says: for which digest it was made, with which annotations, and whether it is a
 * signature or another statement. Read from the signed bytes alone. It checks no signature.
 */
import {
  JsonProblem,
  member,
  object,
  optionalArray,
  parseJsonObject,
  type JsonObject,
} from "../content/json";
import { algorithmOf, hexOf } from "../digest";
import { STATEMENT_MESSAGE } from "./messages";
import { parseProtoJson } from "./proto-json";
import { Rejection } from "./reasons";

/** https://github.com/in-toto/attestation/blob/v1.1.0/spec/v1/envelope.md */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

const STATEMENTS = new Set([
  "https://in-toto.io/Statement/v1",
  "https://in-toto.io/Statement/v0.1",
]);
const COSIGN_SIGNATURE = "https://sigstore.dev/cosign/sign/v1";

/** What was signed. */
export interface Claims {
  readonly annotations: Readonly<Record<string, unknown>>;
  /** Of a statement that is no signature: its predicate's type. */
  readonly attestation?: string;
}

/**
 * Of cosign's first format. The name in it is not compared: content is copied to other registries.
 * @throws Rejection where the payload is of another digest.
 */
export function simpleSigningClaims(payload: Buffer, digest: string): Claims {
  return reading("the signed payload", () => {
    const json = parseJsonObject(payload);
    const critical = object(member(json, "critical"), '"critical"');
    const image = object(member(critical, "image"), '"image"');
    const signed = member(image, "docker-manifest-digest");
    if (signed !== digest)
      throw new Rejection("digest", `the signature is of ${shown(signed)}, not of this content`);
    const optional = member(json, "optional");
    return { annotations: optional === undefined ? {} : object(optional, '"optional"') };
  });
}

/**
 * Of an in-toto statement.
 * @throws Rejection where it is none, or none of its subjects has the digest.
 */
export function statementClaims(payload: Buffer, digest: string): Claims {
  return reading("the signed statement", () => {
    const json = parseProtoJson(payload, STATEMENT_MESSAGE, "the statement");
    const type = member(json, "_type");
    if (typeof type !== "string" || !STATEMENTS.has(type)) {
      throw new JsonProblem(`its type ${shown(type)} is not known`);
    }
    const subjects = (optionalArray(json, "subject") ?? []).map((subject) => {
      const one = object(subject, "a subject");
      const digests = object(member(one, "digest") ?? {}, '"digest" of a subject');
      refuseOddDigests(digests);
      return { one, signed: member(digests, algorithmOf(digest)) };
    });
    if (subjects.length > MOST_SUBJECTS) {
      throw new JsonProblem(
        `it has ${subjects.length} subjects, and ${MOST_SUBJECTS} are the most`,
      );
    }
    const match = subjects.find(({ signed }) => signed === hexOf(digest));
    if (match === undefined) {
      const others = subjects.map(({ signed }) => `${algorithmOf(digest)}:${shown(signed)}`);
      throw new Rejection(
        "digest",
        `the signature is of ${others.join(", ") || "nothing"}, not of this content`,
      );
    }
    const predicate = member(json, "predicateType");
    const annotations = member(match.one, "annotations");
    return {
      annotations: annotations === undefined ? {} : object(annotations, '"annotations"'),
      ...(predicate === COSIGN_SIGNATURE ? {} : { attestation: shown(predicate) }),
    };
  });
}

/** As many as cosign takes. */
const MOST_SUBJECTS = 1_024;
const MOST_DIGESTS = 32;

/** Digests of whatever kind are in hexadecimal; a subject may have none. */
function refuseOddDigests(digests: JsonObject): void {
  const values = Object.values(digests);
  if (values.length > MOST_DIGESTS) {
    throw new JsonProblem(
      `a subject has ${values.length} digests, and ${MOST_DIGESTS} are the most`,
    );
  }
  if (!values.every((value) => typeof value === "string" && /^(?:[0-9a-f]{2})*$/i.test(value))) {
    throw new JsonProblem("a digest of a subject is not in hexadecimal");
  }
}

function reading(what: string, read: () => Claims): Claims {
  try {
    return Object.freeze(read());
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    throw new Rejection("format", `${what} cannot be read: ${error.message}`);
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : "nothing";
}
