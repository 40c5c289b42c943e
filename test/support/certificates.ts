/**
 * Makes certificate authorities and certificates for servers and clients, good ones and each broken
 * kind, with Node alone: X.509 version 3 over ECDSA P-256. For tests and the demo only.
 *
 * Rule: https://www.rfc-editor.org/rfc/rfc5280
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import * as der from "./der";

/** A certificate and its private key, as PEM texts. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** An authority that issues certificates. */
export interface CertificateAuthority extends CertificatePair {
  readonly issuer: Issuer;
}

interface Issuer {
  readonly commonName: string;
  readonly privateKey: KeyObject;
  readonly keyId: Buffer;
}

/** What may differ from an ordinary certificate. */
export interface CertificateOptions {
  /** Default: the first name, or the use. */
  readonly commonName?: string;
  /** DNS names and addresses. Default for servers: 127.0.0.1, ::1 and localhost. */
  readonly names?: readonly string[];
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in 30 days. */
  readonly notAfter?: Date;
}

/** One world of certificates: what a client should accept, and what it should not. */
export interface TestCertificates {
  readonly authority: CertificateAuthority;
  /** For 127.0.0.1, ::1 and localhost. */
  readonly server: CertificatePair;
  /** The same, of the day before yesterday. */
  readonly expired: CertificatePair;
  /** The same, not valid before tomorrow. */
  readonly early: CertificatePair;
  /** For another.example only. */
  readonly otherName: CertificatePair;
  /** The server's names, signed with its own key. */
  readonly selfSigned: CertificatePair;
  /** An authority that nobody was told to trust; its name is the first one's. */
  readonly otherAuthority: CertificateAuthority;
  /** The server's names, issued by that. */
  readonly fromOtherAuthority: CertificatePair;
  /** For a client, issued by `authority`. */
  readonly client: CertificatePair;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  subjectKeyId: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyId: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bits of KeyUsage, with the count of unused bits before them. */
const KEY_USAGE = { digitalSignature: [7, 0x80], certificateAndListSign: [1, 0x06] } as const;

/** Makes all of them. Keys and serial numbers are new each time. */
export function createCertificates(): TestCertificates {
  const now = Date.now();
  const authority = createAuthority();
  const otherAuthority = createAuthority();
  const expired = { notBefore: new Date(now - 3 * DAY_MS), notAfter: new Date(now - 2 * DAY_MS) };
  return Object.freeze({
    authority,
    otherAuthority,
    server: createServerCertificate(authority),
    expired: createServerCertificate(authority, expired),
    early: createServerCertificate(authority, { notBefore: new Date(now + DAY_MS) }),
    otherName: createServerCertificate(authority, { names: ["another.example"] }),
    selfSigned: createSelfSignedCertificate(),
    fromOtherAuthority: createServerCertificate(otherAuthority),
    client: createClientCertificate(authority),
  });
}

/** A self-signed authority. */
export function createAuthority(commonName = "Test Authority"): CertificateAuthority {
  const keys = newKeys();
  const issuer = { commonName, privateKey: keys.privateKey, keyId: keyIdOf(keys.spki) };
  const extensions = [
    extension(OID.basicConstraints, der.sequence(der.boolean(true)), "critical"),
    extension(OID.keyUsage, der.bitString(...KEY_USAGE.certificateAndListSign), "critical"),
  ];
  return Object.freeze({ ...certify({ commonName }, keys, issuer, extensions), issuer });
}

/** A certificate for a server. */
export function createServerCertificate(
  authority: CertificateAuthority,
  options: CertificateOptions = {},
): CertificatePair {
  const extensions = leafExtensions(OID.serverAuth, options.names ?? LOOPBACK);
  const commonName = options.commonName ?? options.names?.[0] ?? "localhost";
  return certify({ ...options, commonName }, newKeys(), authority.issuer, extensions);
}

/** A certificate for a client. */
export function createClientCertificate(
  authority: CertificateAuthority,
  options: CertificateOptions = {},
): CertificatePair {
  const extensions = leafExtensions(OID.clientAuth, options.names ?? []);
  const commonName = options.commonName ?? "test client";
  return certify({ ...options, commonName }, newKeys(), authority.issuer, extensions);
}

/** A server's certificate that no authority issued. */
export function createSelfSignedCertificate(options: CertificateOptions = {}): CertificatePair {
  const keys = newKeys();
  const commonName = options.commonName ?? "localhost";
  const issuer = { commonName, privateKey: keys.privateKey, keyId: keyIdOf(keys.spki) };
  const extensions = leafExtensions(OID.serverAuth, options.names ?? LOOPBACK);
  return certify({ ...options, commonName }, keys, issuer, extensions);
}

interface Keys {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, spki: publicKey.export({ type: "spki", format: "der" }) };
}

function keyIdOf(spki: Buffer): Buffer {
  return createHash("sha256").update(spki).digest().subarray(0, 20);
}

function certify(
  subject: CertificateOptions & { readonly commonName: string },
  keys: Keys,
  issuer: Issuer,
  extensions: readonly Buffer[],
): CertificatePair {
  const algorithm = der.sequence(der.oid(OID.ecdsaWithSha256));
  const notBefore = subject.notBefore ?? new Date(Date.now() - HOUR_MS);
  const notAfter = subject.notAfter ?? new Date(Date.now() + 30 * DAY_MS);
  const all = [
    ...extensions,
    extension(OID.subjectKeyId, der.octetString(keyIdOf(keys.spki))),
    extension(OID.authorityKeyId, der.sequence(der.context(0, issuer.keyId))),
  ];
  const body = der.sequence(
    der.explicit(0, der.integer(Buffer.of(2))),
    // A leading 1 keeps the serial number positive and of one length.
    der.integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    algorithm,
    nameOf(issuer.commonName),
    der.sequence(der.time(notBefore), der.time(notAfter)),
    nameOf(subject.commonName),
    keys.spki,
    der.explicit(3, der.sequence(...all)),
  );
  const signature = der.bitString(0, ...sign("sha256", body, issuer.privateKey));
  return Object.freeze({
    cert: pem("CERTIFICATE", der.sequence(body, algorithm, signature)),
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  });
}

function nameOf(commonName: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid(OID.commonName), der.utf8String(commonName))));
}

function leafExtensions(use: string, names: readonly string[]): readonly Buffer[] {
  const alternative = der.sequence(...names.map(alternativeName));
  return [
    extension(OID.basicConstraints, der.sequence(), "critical"),
    extension(OID.keyUsage, der.bitString(...KEY_USAGE.digitalSignature), "critical"),
    extension(OID.extendedKeyUsage, der.sequence(der.oid(use))),
    ...(names.length === 0 ? [] : [extension(OID.alternativeName, alternative)]),
  ];
}

function extension(id: string, value: Buffer, critical?: "critical"): Buffer {
  const flag = critical === undefined ? [] : [der.boolean(true)];
  return der.sequence(der.oid(id), ...flag, der.octetString(value));
}

/** A dNSName, or an iPAddress. */
function alternativeName(name: string): Buffer {
  return isIP(name) === 0 ? der.context(2, Buffer.from(name)) : der.context(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [head = [], tail = []] = address
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
