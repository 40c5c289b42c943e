/**
 * What the tests with the real cosign share: both generations of it, content to be signed, and one
 * question to cosign and to ours at once. It signs nothing by itself.
 */
import * as assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { after, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { signatureTag } from "../../provider/verify/find-candidates";
import { verifyInputs } from "../../provider/pulumi/session";
import { REPOSITORY } from "../registry/world";
import { buildArtifact, MEDIA_TYPES, publish, type Artifact } from "../support/artifacts";
import { cosignFor, type CosignVerifyOptions } from "../support/cosign";
import { registryFor } from "../support/registry-for-test";
import type { RegistryQuirks, TestRegistry, TestRepository } from "../support/registry-types";
import { programsFor } from "../support/session-for-test";

/** Each is built on its first use; what they leave goes with the file that imports this. */
export const COSIGN = { "2": cosignFor({ after }, "2"), "3": cosignFor({ after }, "3") };

const PROGRAMS = programsFor({ after });

/** What all three are asked. */
export interface Asked extends CosignVerifyOptions {
  /** Of ours: the two others have no such choice. */
  readonly allowAttestations?: boolean;
}

/** By program: "accepted"; else "unsigned" or "refused", and of ours the code of the error. */
export type Verdicts = Readonly<Record<"2" | "3" | "ours", string>>;

/** There is a signature that counts. */
export const ACCEPTED: Verdicts = { 2: "accepted", 3: "accepted", ours: "accepted" };

/** There is nothing that could count. */
export const UNSIGNED: Verdicts = { 2: "unsigned", 3: "unsigned", ours: "UNSIGNED" };

/** There is a signature, and it does not count. */
export function refusedAs(code: string): Verdicts {
  return { 2: "refused", 3: "refused", ours: code };
}

/** What the three say of the same content, asked at once. */
export async function verdictsOn(host: string, digest: string, asked: Asked): Promise<Verdicts> {
  const reference = referenceOf(host, digest);
  const [two, three, ours] = await Promise.all([
    COSIGN[2].verify(reference, asked),
    COSIGN[3].verify(reference, asked),
    verifyWithOurs(host, digest, asked),
  ]);
  return { 2: two.verdict, 3: three.verdict, ours };
}

/**
 * The road of programs, with nothing kept from before: "accepted", by the very key that was asked for,
 * or the code of the error.
 */
export async function verifyWithOurs(
  host: string,
  digest: string,
  { allowAttestations = false, annotations = {}, key: { publicKey } }: Asked,
): Promise<string> {
  const { directory, inputs } = PROGRAMS.next();
  const verify = { keys: [publicKey], ignoreTlog: true, allowAttestations, annotations };
  const reference = referenceOf(host, digest);
  try {
    const { signers } = await verifyInputs({ ...inputs, reference, verify }, { directory });
    const spki = createPublicKey(publicKey).export({ type: "spki", format: "der" });
    assert.deepEqual(signers, [`key ${digestOf(spki)}`]);
    return "accepted";
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return error.code;
  }
}

/** Content under the tag 1, which nobody has signed yet. */
export interface Ground {
  readonly registry: TestRegistry;
  readonly repository: TestRepository;
  readonly digest: string;
  /** What cosign calls the content. */
  readonly reference: string;
  readonly verdicts: (asked: Asked) => Promise<Verdicts>;
}

/** Closes with the test. */
export async function openGround(t: TestContext, quirks: RegistryQuirks = {}): Promise<Ground> {
  const registry = await registryFor(t, { quirks });
  const { digest } = publish(registry, REPOSITORY, "1", contentOf("content"));
  return {
    registry,
    repository: registry.repository(REPOSITORY),
    digest,
    reference: referenceOf(registry.host, digest),
    verdicts: (asked) => verdictsOn(registry.host, digest, asked),
  };
}

/** An artifact of one small layer. */
export function contentOf(text: string): Artifact {
  return buildArtifact({ layers: [{ bytes: text, mediaType: "text/plain" }] });
}

/** "127.0.0.1:5000/team/app@sha256:…" */
export function referenceOf(host: string, digest: string): string {
  return `${host}/${REPOSITORY}@${digest}`;
}

/** Where referrers are listed by a registry that has no API for them. */
export function fallbackTag(digest: string): string {
  return digest.replace(":", "-");
}

/** What the tests look at in a manifest or an index. */
export interface Document {
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string; readonly artifactType?: string }[];
  readonly subject?: { readonly digest: string };
}

/** The manifest or index of that tag or digest. */
export function readDocument(repository: TestRepository, reference: string): Document {
  const manifest = repository.manifest(reference);
  assert.ok(manifest, `there is no ${reference}`);
  return JSON.parse(Buffer.from(manifest.bytes).toString()) as Document;
}

/** Puts the one signature of the digest beside other content, with what is signed as `edit` leaves it. */
export function transplant(
  repository: TestRepository,
  digest: string,
  other: string,
  edit: (signed: string) => string,
): void {
  const bundle = repository
    .manifests()
    .map((manifest) => readDocument(repository, manifest.digest))
    .find(({ subject }) => subject?.digest === digest);
  const source = bundle ?? readDocument(repository, signatureTag(digest));
  const [layer] = source.layers ?? [];
  assert.ok(layer);
  const signed = Buffer.from(repository.blob(layer.digest) ?? []).toString();
  const text = bundle === undefined ? edit(signed) : withStatement(signed, edit);
  const size = Buffer.byteLength(text);
  const layers = [{ ...layer, digest: repository.putBlob(text), size }];
  if (bundle === undefined) {
    repository.putManifest({ ...source, layers }, { tag: signatureTag(other) });
    return;
  }
  const manifest = { ...bundle, layers, subject: { ...bundle.subject, digest: other } };
  const listed = { mediaType: MEDIA_TYPES.manifest, digest: repository.putManifest(manifest) };
  const entry = { ...listed, size: Buffer.byteLength(JSON.stringify(manifest)) };
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [entry] };
  repository.putManifest(index, { tag: fallbackTag(other) });
}

/** The bundle with another statement in its envelope. */
function withStatement(bundle: string, edit: (statement: string) => string): string {
  const { dsseEnvelope, ...others } = JSON.parse(bundle) as {
    readonly dsseEnvelope: { readonly payload: string };
  };
  const statement = edit(Buffer.from(dsseEnvelope.payload, "base64").toString());
  const payload = Buffer.from(statement).toString("base64");
  return JSON.stringify({ ...others, dsseEnvelope: { ...dsseEnvelope, payload } });
}
