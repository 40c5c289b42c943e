/**
 * A candidate of either format as a sigstore bundle, or the reason why it is none. It knows the forms
 * that cosign takes; it checks no signature. Loads a library of Sigstore.
 */
import { bundleFromJSON, ValidationError, type Bundle } from "@sigstore/bundle";
import { JsonProblem, member } from "../content/json";
import { leafOf } from "./certificate-identity";
import { STATEMENT_TYPE } from "./claims";
import type { Candidate } from "./find-candidates";
import { legacyBundle } from "./legacy-bundle";
import { BUNDLE_MESSAGE } from "./messages";
import { parseProtoJson } from "./proto-json";
import { Rejection } from "./reasons";

/** A bundle; with the signed bytes where these are not in it. */
export interface ReadCandidate {
  readonly bundle: Bundle;
  readonly payload?: Buffer;
}

/** Those that cosign takes, and the one of them that the library knows best. */
const BUNDLE_TYPES =
  /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3(?:\.(?:0|[1-9][0-9]*))?\+json|\+json;version=0\.3)$/;
const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/**
 * @param isKeyed - A key is asked for: a certificate beside a signature of the first format counts not.
 * @throws Rejection
 */
export function readCandidate(candidate: Candidate, isKeyed: boolean): ReadCandidate {
  try {
    if (candidate.kind === "bundle") return { bundle: readBundle(candidate.bytes) };
    const { payload, annotations } = candidate;
    return { bundle: bundleFromJSON(legacyBundle(payload, annotations, isKeyed)), payload };
  } catch (error) {
    if (error instanceof Rejection) throw error;
    throw unreadable(error);
  }
}

/** The reason of something that no parser takes, whatever that throws. */
export function unreadable(error: unknown): Rejection {
  if (error instanceof JsonProblem) return new Rejection("format", error.message);
  // What a parser stumbles over in its own code says nothing to a reader.
  const isStumble = error instanceof TypeError || error instanceof RangeError;
  const own = error instanceof Error ? error.message : String(error);
  const message = isStumble ? "its encoding is broken" : own;
  const fields = error instanceof ValidationError ? `: ${error.fields.join(", ")}` : "";
  return new Rejection("format", `it cannot be read as a signature (${message}${fields})`);
}

/** What is signed, of a bundle that is in itself complete. @throws Rejection */
export function envelopeOf({ content }: Bundle): {
  readonly payload: Buffer;
  readonly payloadType: string;
} {
  if (content.$case === "dsseEnvelope") return content.dsseEnvelope;
  throw new Rejection("format", "it signs a message, and no statement about this content");
}

/** The signer's certificate, whoever has issued it; undefined where there is none that can be read. */
export function certificateBeside(candidate: Candidate): Buffer | undefined {
  try {
    return leafOf(readCandidate(candidate, false).bundle);
  } catch {
    return undefined;
  }
}

function readBundle(bytes: Buffer): Bundle {
  const json = parseProtoJson(bytes, BUNDLE_MESSAGE, "the bundle");
  if (!BUNDLE_TYPES.test(String(member(json, "mediaType")))) {
    throw new Rejection("format", "it is no sigstore bundle of version 0.3");
  }
  const bundle = bundleFromJSON({ ...json, mediaType: BUNDLE_TYPE });
  if (envelopeOf(bundle).payloadType === STATEMENT_TYPE) return bundle;
  throw new Rejection("format", `it signs something else than ${STATEMENT_TYPE}`);
}
