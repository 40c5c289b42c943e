/**
 * Signatures by keys, made in code: layers under a `.sig` tag and bundles among the referrers, as
 * cosign makes them without a log; and each with a part that is not as cosign would write it. The
 * signed layouts of test/data have what needs a log or a certificate.
 */
import {
  generateKeyPairSync,
  sign,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from "node:crypto";
import { hexOf } from "../../provider/digest";
import { signatureTag } from "../../provider/verify/find-candidates";
import { parsePolicy } from "../../provider/verify/parse-policy";
import type { VerifyOptions, VerifyPolicy } from "../../provider/verify/policy";
import { MEDIA_TYPES } from "./artifacts";
import type { TestRepository } from "./registry-types";

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** PEM. */
  readonly publicKey: string;
}

type Curve = "P-256" | "P-384" | "P-521" | "secp256k1";

/** A fresh key: on a curve, "ed25519", or RSA of so many bits. */
export function signingKey(kind: Curve | "ed25519" | number = "P-256"): SigningKey {
  const { privateKey, publicKey } = keyPair(kind);
  return { privateKey, publicKey: String(publicKey.export({ type: "spki", format: "pem" })) };
}

function keyPair(kind: Curve | "ed25519" | number): KeyPairKeyObjectResult {
  if (typeof kind === "number") return generateKeyPairSync("rsa", { modulusLength: kind });
  if (kind === "ed25519") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("ec", { namedCurve: kind });
}

/** The policy that asks for one of the keys, without a log unless told otherwise. */
export function policyOf(keys: readonly SigningKey[], more: VerifyOptions = {}): VerifyPolicy {
  const options = { keys: keys.map(({ publicKey }) => publicKey), ignoreTlog: true, ...more };
  const parsed = parsePolicy(options);
  if (!parsed.ok) throw new TypeError(JSON.stringify(parsed.problems));
  return parsed.policy;
}

/** A layer of cosign's first format. */
export interface SignedLayer {
  readonly payload: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The hash that cosign uses with such a key; null for Ed25519, which it would hash and this does not. */
function hashFor({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  if (asymmetricKeyType === "ed25519") return null;
  const hashes: Readonly<Record<string, string>> = { secp384r1: "sha384", secp521r1: "sha512" };
  return hashes[asymmetricKeyDetails?.namedCurve ?? ""] ?? "sha256";
}

function signatureOf(
  { privateKey }: SigningKey,
  message: Buffer,
  hash = hashFor(privateKey),
): string {
  return sign(hash, message, privateKey).toString("base64");
}

/** A signature of the digest, with annotations in what is signed. */
export function signedLayer(
  key: SigningKey,
  digest: string,
  optional: Readonly<Record<string, unknown>> = {},
): SignedLayer {
  const image = { "docker-manifest-digest": digest };
  const identity = { "docker-reference": "" };
  const critical = { identity, image, type: "cosign container image signature" };
  const payload = JSON.stringify({ critical, optional });
  const signature = signatureOf(key, Buffer.from(payload));
  return { payload, annotations: { "dev.cosignproject.cosign/signature": signature } };
}

/** Puts the layers under the tag of the digest. */
export function putLayers(
  repository: Pick<TestRepository, "putBlob" | "putManifest">,
  digest: string,
  layers: readonly SignedLayer[],
): void {
  const mediaType = "application/vnd.dev.cosign.simplesigning.v1+json";
  const descriptors = layers.map(({ payload, annotations }) => {
    const size = Buffer.byteLength(payload);
    return { mediaType, digest: repository.putBlob(payload), size, annotations };
  });
  const config = { mediaType: MEDIA_TYPES.imageConfig, digest: repository.putBlob("{}"), size: 2 };
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config,
    layers: descriptors,
  };
  repository.putManifest(manifest, { tag: signatureTag(digest) });
}

export const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** What is unusual about a bundle. */
export interface BundleOptions {
  /** Members of the statement; each replaces the usual one. */
  readonly statement?: object;
  /** In place of the statement. */
  readonly payload?: string;
  readonly payloadType?: string;
  readonly mediaType?: string;
  /** Members of the bundle's verification material. */
  readonly material?: object;
}

/** A bundle with a signature of the digest: JSON text. */
export function signedBundle(key: SigningKey, digest: string, options: BundleOptions = {}): string {
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: hexOf(digest) } }],
    predicateType: "https://sigstore.dev/cosign/sign/v1",
    predicate: {},
    ...options.statement,
  };
  const payload = Buffer.from(options.payload ?? JSON.stringify(statement));
  const { payloadType = "application/vnd.in-toto+json" } = options;
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `;
  const sig = signatureOf(key, Buffer.concat([Buffer.from(head), payload]));
  return JSON.stringify({
    mediaType: options.mediaType ?? BUNDLE_TYPE,
    verificationMaterial: { publicKey: { hint: "" }, tlogEntries: [], ...options.material },
    dsseEnvelope: { payload: payload.toString("base64"), payloadType, signatures: [{ sig }] },
  });
}

/** Puts something as a referrer of the digest. @returns the digest of its manifest */
export function putReferrer(
  repository: Pick<TestRepository, "putBlob" | "putManifest">,
  digest: string,
  content: string,
  type = BUNDLE_TYPE,
): string {
  const layer = {
    mediaType: type,
    digest: repository.putBlob(content),
    size: Buffer.byteLength(content),
  };
  const config = { mediaType: MEDIA_TYPES.emptyJson, digest: repository.putBlob("{}"), size: 2 };
  const subject = { mediaType: MEDIA_TYPES.manifest, digest, size: 1 };
  const types = { mediaType: MEDIA_TYPES.manifest, artifactType: type };
  return repository.putManifest({ schemaVersion: 2, ...types, config, layers: [layer], subject });
}
