/**
 * Whom a certificate of Sigstore names, and who vouches for that. It says what stands in the
 * certificate, whoever has issued it.
 *
 * Extensions: https://github.com/sigstore/fulcio/blob/v1.8.5/docs/oid-info.md
 */
import type { Bundle } from "@sigstore/bundle";
import { X509Certificate, type ASN1Obj } from "@sigstore/core";
import type { Matcher, WantedIdentity } from "./policy";
import { compileRegexp } from "./regexp";

const NAMES = "2.5.29.17";
const ISSUER = "1.3.6.1.4.1.57264.1.8";
/** The same as bare text; certificates from before 2023 have this one alone. */
const OLD_ISSUER = "1.3.6.1.4.1.57264.1.1";
const USERNAME = "1.3.6.1.4.1.57264.1.7";

/** Tags of a GeneralName. Rule: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
const OTHER_NAME = 0;
const MAIL_ADDRESS = 1;
const URL_NAME = 6;

/** What a certificate says of its holder. */
export interface CertificateIdentity {
  /** URLs, then mail addresses, then user names; one, unless an authority does as it likes. */
  readonly names: readonly string[];
  readonly issuer: string | undefined;
}

/** The signer's own certificate, or undefined for a bundle of a key. */
export function leafOf({ verificationMaterial: { content } }: Bundle): Buffer | undefined {
  if (content.$case === "certificate") return content.certificate.rawBytes;
  if (content.$case === "publicKey") return undefined;
  return content.x509CertificateChain.certificates[0]?.rawBytes;
}

/** @throws whatever the parser throws for what is no certificate. */
export function identityOf(der: Buffer): CertificateIdentity {
  const certificate = X509Certificate.parse(Buffer.from(der));
  const issuer =
    textOf(certificate.extension(ISSUER)?.valueObj.subs) ??
    certificate.extension(OLD_ISSUER)?.value;
  const generalNames = certificate.extension(NAMES)?.valueObj.subs[0]?.subs ?? [];
  const named = (tag: number): typeof generalNames =>
    generalNames.filter((name) => name.tag.isContextSpecific(tag));
  const values = [
    ...[...named(URL_NAME), ...named(MAIL_ADDRESS)].map(({ value }) => value),
    ...named(OTHER_NAME).flatMap(({ subs: [type, wrapper] }) =>
      type?.toOID() === USERNAME ? (wrapper?.subs[0]?.value ?? []) : [],
    ),
  ];
  return Object.freeze({
    names: Object.freeze(values.map(decode)),
    issuer: issuer === undefined ? undefined : decode(issuer),
  });
}

/** UTF8String, PrintableString, IA5String. */
const TEXT_TAGS = [0x0c, 0x13, 0x16];

/** @throws TypeError for what is not one text. */
function textOf(values: readonly ASN1Obj[] | undefined): Buffer | undefined {
  if (values === undefined) return undefined;
  const [one, ...others] = values;
  if (one !== undefined && others.length === 0 && TEXT_TAGS.includes(one.tag.toDER())) {
    return one.value;
  }
  throw new TypeError("the issuer is no text");
}

/** The same by its first name alone: cosign looks at no other one of a bundle. */
export function byFirstName({ names, issuer }: CertificateIdentity): CertificateIdentity {
  return Object.freeze({ names: Object.freeze(names.slice(0, 1)), issuer });
}

/** Strict: a byte that is read as another one would be another signer. */
function decode(bytes: Buffer): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** "https://github.com/acme/app/… (https://token.actions.githubusercontent.com)", for people. */
export function identityText({ names, issuer }: CertificateIdentity): string {
  return `${names.join(", ") || "nobody"} (${issuer ?? "no issuer"})`;
}

/**
 * Tests for an identity: whether one of those that are wanted fits, name and issuer.
 * @throws TypeError for an expression that the policy's check would have refused.
 */
export function identityTest(
  wanted: readonly WantedIdentity[],
): (identity: CertificateIdentity) => boolean {
  const tests = wanted.map(({ identity, issuer }) => [testOf(identity), testOf(issuer)] as const);
  return ({ names, issuer }) =>
    issuer !== undefined &&
    tests.some(([isName, isIssuer]) => isIssuer(issuer) && names.some(isName));
}

function testOf(matcher: Matcher): (text: string) => boolean {
  if ("exact" in matcher) return (text) => text === matcher.exact;
  const compiled = compileRegexp(matcher.regexp);
  if (!compiled.ok) throw new TypeError(compiled.problem);
  return compiled.test;
}
