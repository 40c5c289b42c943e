/**
 * A signature in cosign's first format, a layer with annotations, as a sigstore bundle, so that both
 * formats take one way from here on. It changes the form and believes nothing.
 *
 * Format: https://github.com/sigstore/cosign/blob/v2.6.5/specs/SIGNATURE_SPEC.md
 */
import { createHash } from "node:crypto";
import { JsonProblem, member, object, parseJsonObject, type JsonObject } from "../content/json";
import { Rejection } from "./reasons";

const SIGNATURE = "dev.cosignproject.cosign/signature";
const CERTIFICATE = "dev.sigstore.cosign/certificate";
const LOG_ENTRY = "dev.sigstore.cosign/bundle";
const TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp";

/**
 * The JSON of the bundle. Its chain is left out: a signature does not bring its own authorities.
 * @param isKeyed - A key is asked for: a certificate beside the signature has no say.
 * @throws Rejection where an annotation is missing or cannot be read.
 */
export function legacyBundle(
  payload: Buffer,
  annotations: Readonly<Record<string, string>>,
  isKeyed: boolean,
): JsonObject {
  const certificate = isKeyed ? undefined : given(annotations[CERTIFICATE]);
  const entry = given(annotations[LOG_ENTRY]);
  const timestamp = given(annotations[TIMESTAMP]);
  return {
    mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
    verificationMaterial: {
      ...(certificate === undefined
        ? { publicKey: { hint: "" } }
        : { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }),
      tlogEntries: entry === undefined ? [] : [logEntry(annotationObject(entry, LOG_ENTRY))],
      timestampVerificationData: {
        rfc3161Timestamps: timestamp === undefined ? [] : [timestampOf(timestamp)],
      },
    },
    messageSignature: {
      messageDigest: {
        algorithm: "SHA2_256",
        digest: createHash("sha256").update(payload).digest("base64"),
      },
      signature: base64(annotations[SIGNATURE], SIGNATURE),
    },
  };
}

/** An empty annotation is none. */
function given(annotation: string | undefined): string | undefined {
  return annotation === "" ? undefined : annotation;
}

/** The first certificate of the text: the signer's own. */
function derOf(pem: string): string {
  const block = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem)?.[1];
  return base64(block?.replace(/\s+/g, ""), CERTIFICATE);
}

/** What Rekor answered when the signature was logged. It has a promise, and never a proof. */
function logEntry(json: JsonObject): JsonObject {
  const promise = base64(text(json, "SignedEntryTimestamp"), LOG_ENTRY);
  const payload = object(member(json, "Payload"), `"Payload" of ${LOG_ENTRY}`);
  const body = base64(text(payload, "body"), LOG_ENTRY);
  const { kind, apiVersion } = parseBody(body);
  const logId = (text(payload, "logID") ?? "").toLowerCase();
  if (!/^(?:[0-9a-f]{2})+$/.test(logId)) throw unreadable(LOG_ENTRY);
  return {
    logIndex: integer(payload, "logIndex"),
    logId: { keyId: Buffer.from(logId, "hex").toString("base64") },
    kindVersion: { kind, version: apiVersion },
    integratedTime: integer(payload, "integratedTime"),
    inclusionPromise: { signedEntryTimestamp: promise },
    canonicalizedBody: body,
  };
}

function parseBody(body: string): { readonly kind: string; readonly apiVersion: string } {
  const json = parsed(Buffer.from(body, "base64"), LOG_ENTRY);
  const [kind, apiVersion] = [text(json, "kind"), text(json, "apiVersion")];
  if (kind === undefined || apiVersion === undefined) throw unreadable(LOG_ENTRY);
  return { kind, apiVersion };
}

function timestampOf(annotation: string): JsonObject {
  const json = annotationObject(annotation, TIMESTAMP);
  return { signedTimestamp: base64(text(json, "SignedRFC3161Timestamp"), TIMESTAMP) };
}

function annotationObject(annotation: string, name: string): JsonObject {
  return parsed(Buffer.from(annotation), name);
}

function parsed(bytes: Buffer, name: string): JsonObject {
  try {
    return parseJsonObject(bytes);
  } catch (error) {
    if (error instanceof JsonProblem) throw unreadable(name);
    throw error;
  }
}

function text(from: JsonObject, name: string): string | undefined {
  const value = member(from, name);
  return typeof value === "string" ? value : undefined;
}

function integer(from: JsonObject, name: string): string {
  const value = member(from, name);
  if (!Number.isSafeInteger(value)) throw unreadable(LOG_ENTRY);
  return String(value);
}

/** The text, if it is base64, in lines or not: what decodes it later would pass over anything else. */
function base64(lines: string | undefined, name: string): string {
  if (lines === undefined) throw new Rejection("format", `it has no annotation ${name}`);
  const value = lines.replace(/[\r\n]/g, "");
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value);
  if (value !== "" && isBase64) return value;
  throw unreadable(name);
}

function unreadable(name: string): Rejection {
  return new Rejection("format", `its annotation ${name} cannot be read`);
}
