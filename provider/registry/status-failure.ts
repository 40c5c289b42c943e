/**
 * What the status of an answer means to the user, of a request that reads and of one that writes.
 * Pure; whom it was asked of, and what that one said in full, is added in failure.ts.
 */
import type { ErrorCode } from "../errors";
import { type CredentialNote, REALM_HINT } from "./credential-note";
import { errorCodes } from "./message";
import type { Writing } from "./writing";

/** Why it failed, before it has a place. */
export interface Failure {
  readonly code: ErrorCode;
  /** Follows "the registry" (or who else it was). */
  readonly fact: string;
  readonly hint: string;
}

export const REACH_HINT = "check its name, the network and the proxy, or try again later";

/** Nobody is there, or nobody who can answer. */
export function unreachable(fact: string): Failure {
  return { code: "UNREACHABLE", fact, hint: REACH_HINT };
}

/** What is known of a refused request. */
export interface Refused {
  readonly status: number;
  /** The beginning of what was said. */
  readonly body: Buffer;
  readonly credentials?: CredentialNote | undefined;
  readonly writing?: Writing | undefined;
  /** It has no content: that it does not know something says nothing of any. Default false. */
  readonly isTokenService?: boolean | undefined;
}

/** The meaning of a status that is not the wanted one. */
export function statusFailure(refused: Refused): Failure {
  const { writing } = refused;
  if (refused.isTokenService === true && refused.status === 404) return NO_TOKEN_SERVICE;
  const isChange = writing !== undefined && writing.step !== "look";
  return (isChange ? writeFailure(refused, writing) : undefined) ?? readFailure(refused);
}

function readFailure({ status, credentials }: Refused): Failure {
  const hint = credentials?.hint ?? "check the credentials";
  if (status === 401 && credentials?.wereSent === true) {
    return { code: "UNAUTHORIZED", fact: "refuses the credentials", hint };
  }
  if (status === 401) return { code: "UNAUTHORIZED", fact: "asks for credentials", hint };
  if (status === 403) return { code: "FORBIDDEN", fact: "denies access", hint };
  if (status === 404) {
    return {
      code: "NOT_FOUND",
      fact: "does not have it",
      hint: "check the name and the tag; some registries answer so where credentials are missing",
    };
  }
  if (status === 429) {
    const advice = "try again later; with credentials most registries allow more";
    return { code: "RATE_LIMITED", fact: "refuses so many requests", hint: advice };
  }
  if (status >= 500) return unreachable("is out of order");
  if (status === 408) {
    return { code: "TIMEOUT", fact: "waited too long for the request", hint: REACH_HINT };
  }
  return { code: "REGISTRY", fact: "gave an answer that makes no sense here", hint: REACH_HINT };
}

function writeFailure(refused: Refused, { step }: Writing): Failure | undefined {
  const { status, credentials } = refused;
  const codes = errorCodes(refused.body);
  if (status === 403) return notPermitted(step, credentials);
  if (status === 413 || status === 507) return NO_ROOM;
  if (step === "delete") return NO_DELETION.has(status) ? NOT_DELETED : undefined;
  if (status === 405) return READ_ONLY;
  if (codes.includes("NAME_UNKNOWN") || (step === "begin" && status === 404)) return NO_REPOSITORY;
  if (step === "send") return codes.includes("DIGEST_INVALID") ? CHANGED : undefined;
  if (step === "begin" || !NO_MANIFEST.has(status)) return undefined;
  return codes.some((code) => code.endsWith("BLOB_UNKNOWN")) ? INCOMPLETE : NOT_TAKEN;
}

/** Of a manifest that the registry does not like. */
const NO_MANIFEST = new Set([400, 404, 406, 409, 412, 415, 422]);

/** Distribution has a switch for it; others do not know the request. */
const NO_DELETION = new Set([400, 405, 501]);

const NO_TOKEN_SERVICE: Failure = { code: "REGISTRY", fact: "is not there", hint: REALM_HINT };

const NO_ROOM: Failure = {
  code: "NO_ROOM",
  fact: "takes no content of this size",
  hint: "make room there; or have the registry, or the proxy in front of it, take larger requests (nginx: client_max_body_size)",
};

const READ_ONLY: Failure = {
  code: "FORBIDDEN",
  fact: "takes no pushes",
  hint: "it is read-only, or a cache of another one: push to a registry that takes them",
};

const NOT_DELETED: Failure = {
  code: "FORBIDDEN",
  fact: "deletes nothing on request",
  hint: "have deletion enabled there, or delete it by the registry's own means",
};

const NO_REPOSITORY: Failure = {
  code: "NOT_FOUND",
  fact: "does not know the repository, and makes none for a push",
  hint: "create it there first (Amazon ECR: aws ecr create-repository), or check its name",
};

const CHANGED: Failure = {
  code: "DIGEST_MISMATCH",
  fact: "got other bytes than the digest names",
  hint: "push again; if it stays so, something on the way changes them: ask its people",
};

const INCOMPLETE: Failure = {
  code: "REGISTRY",
  fact: "misses content that it has just taken",
  hint: "push again; if it stays so, its storage is damaged, or its cleaning runs too early",
};

const NOT_TAKEN: Failure = {
  code: "UNSUPPORTED_MANIFEST",
  fact: "refuses the manifest",
  hint: "its answer says why; some registries take only the media types that they know",
};

function notPermitted(step: Writing["step"], credentials: CredentialNote | undefined): Failure {
  const work = step === "delete" ? "delete" : "push";
  const own = `have the account permitted to ${work} there, or give other credentials`;
  return {
    code: "FORBIDDEN",
    fact: `does not permit to ${work}`,
    hint: credentials?.wereSent === false ? credentials.hint : own,
  };
}
