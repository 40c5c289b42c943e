/**
 * What a registry or a token service says about its own error, as one line. Pure; whatever the body
 * is, the line is short and printable.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
import { printable } from "../redact";

/** Larger bodies are not from a program that wants to explain itself. */
export const MESSAGE_BYTES = 8 * 1024;

/** Longer lines hide the hint below them. */
const LONGEST = 300;

/** The codes of the errors in the body; empty where it has none. */
export function errorCodes(body: Buffer): readonly string[] {
  return errorsIn(parse(body)).flatMap(({ code }) => (typeof code === "string" ? [code] : []));
}

/** `CODE: message` of each error in the body, or undefined where it has none. */
export function registryMessage(body: Buffer): string | undefined {
  const document = parse(body);
  if (!isRecord(document)) return undefined;
  const listed = errorsIn(document).map((error) => joined(error["code"], error["message"]));
  // OAuth2 has names of its own, and Docker Hub's token service has a third.
  const single = joined(document["error"], document["error_description"] ?? document["message"]);
  const other = joined(document["details"]);
  const line = [...listed, ...(listed.length > 0 ? [] : [single, other])]
    .filter((part) => part !== "")
    .join("; ");
  if (line === "") return undefined;
  const plain = printable(line.replace(/\s+/g, " "));
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain;
}

/** Go's servers, nginx and others say so in their own words. */
export function saysHttpsWanted(body: Buffer): boolean {
  return /HTTP request (?:was sent )?to (?:an )?HTTPS (?:server|port)/i.test(
    body.toString("latin1"),
  );
}

/** nginx and those built on it. */
export function saysCertificateWanted(body: Buffer): boolean {
  return /No required SSL certificate was sent/i.test(body.toString("latin1"));
}

function parse(body: Buffer): unknown {
  if (body.length === 0 || body.length > MESSAGE_BYTES) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function errorsIn(document: unknown): readonly Readonly<Record<string, unknown>>[] {
  const errors = isRecord(document) ? document["errors"] : undefined;
  return Array.isArray(errors) ? errors.filter(isRecord) : [];
}

function joined(...parts: readonly unknown[]): string {
  return parts.filter((part) => typeof part === "string" && part !== "").join(": ");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
