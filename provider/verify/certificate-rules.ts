/**
 * What a certificate has to be beyond its chain, which the library follows by names, keys, times and the
 * length of the path: made for signing, and without a condition that nobody looked at. The rules are
 * those of Go's verifier, which cosign asks.
 *
 * Rules: https://www.rfc-editor.org/rfc/rfc5280#section-4.2
 */
import { X509Certificate as NodeCertificate } from "node:crypto";
import { X509Certificate, type ASN1Obj } from "@sigstore/core";
import { keyProblem } from "./public-keys";
import { Rejection } from "./reasons";

const EXTENDED_KEY_USAGE = "2.5.29.37";
const NAME_CONSTRAINTS = "2.5.29.30";
const NAMES = "2.5.29.17";

const ANY_USE = "2.5.29.37.0";
const CODE_SIGNING = { oid: "1.3.6.1.5.5.7.3.3", words: "signing code" };
const TIME_STAMPING = { oid: "1.3.6.1.5.5.7.3.8", words: "timestamps" };
type Use = typeof CODE_SIGNING;

/** Those that the library or the code around it reads, or that limit nothing here. */
const KNOWN = new Set([
  "2.5.29.14",
  "2.5.29.15",
  NAMES,
  "2.5.29.19",
  "2.5.29.31",
  "2.5.29.32",
  "2.5.29.35",
  EXTENDED_KEY_USAGE,
]);

/**
 * @param der - The signer's certificate.
 * @throws Rejection where it is not made for signing, or asks for what is not known here.
 */
export function refuseOddCertificate(der: Buffer): void {
  const certificate = new NodeCertificate(der);
  if (!certificate.raw.equals(der)) {
    throw new Rejection("format", "the signer's certificate has more bytes than a certificate has");
  }
  const problem =
    conditionProblem(X509Certificate.parse(Buffer.from(der)), CODE_SIGNING) ??
    keyProblem(certificate.publicKey);
  if (problem === undefined) return;
  throw new Rejection("certificate", `the signer's certificate does not hold (${problem})`);
}

/** Whether an authority with this chain may issue certificates for signing. */
export function mayIssueSigners(chain: readonly X509Certificate[]): boolean {
  return chain.every((certificate) => conditionProblem(certificate, CODE_SIGNING) === undefined);
}

/**
 * Whether an authority with this chain may sign timestamps: its own certificate has to be for that alone.
 * Rule: https://www.rfc-editor.org/rfc/rfc3161#section-2.3
 */
export function mayStamp(chain: readonly X509Certificate[]): boolean {
  const [own] = chain;
  const use = own?.extensions.map(parse).find(({ oid }) => oid === EXTENDED_KEY_USAGE);
  if (use === undefined || !use.isCritical || use.value?.subs.length !== 1) return false;
  return chain.every((certificate) => conditionProblem(certificate, TIME_STAMPING) === undefined);
}

function conditionProblem({ extensions }: X509Certificate, wanted: Use): string | undefined {
  const all = extensions.map(parse);
  // A limit to names counts whether it is called critical or not.
  const unknown = all.find(
    ({ oid, isCritical }) => (isCritical && !KNOWN.has(oid)) || oid === NAME_CONSTRAINTS,
  );
  if (unknown !== undefined) return `its condition ${unknown.oid} is not known`;
  const uses = all.find(({ oid }) => oid === EXTENDED_KEY_USAGE)?.value;
  if (uses === undefined) return undefined;
  const isMeant = uses.subs.some((use) => [ANY_USE, wanted.oid].includes(use.toOID()));
  return isMeant ? undefined : `it is not made for ${wanted.words}`;
}

interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  readonly value: ASN1Obj | undefined;
}

function parse({ subs }: ASN1Obj): Extension {
  const [oid, critical] = subs;
  return {
    oid: oid?.toOID() ?? "",
    isCritical: subs.length > 2 && critical?.toBoolean() === true,
    value: subs.at(-1)?.subs[0],
  };
}
