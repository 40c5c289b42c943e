/**
 * What the tests of this room share: a registry with unsigned content, and a way to verify it. No
 * signatures and no assertions but on errors.
 */
import * as assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Context } from "../../provider/context";
import type { Limits } from "../../provider/limits";
import { OciError } from "../../provider/errors";
import type { VerifyPolicy } from "../../provider/verify/policy";
import { verifySignatures, type VerifiedSignatures } from "../../provider/verify/signatures";
import type { SignatureSource } from "../../provider/verify/find-candidates";
import { endpointAt, openWorld, REPOSITORY, serve } from "../registry/world";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import type { RegistryOptions, TestRegistry, TestRepository } from "../support/registry-types";
import { serveLayout } from "../support/sigstore-layouts";
import { BUNDLE_TYPE, putReferrer } from "../support/sigstore-signing";
import { sourceAt } from "../support/sigstore-source";

export interface SignedWorld {
  readonly registry: TestRegistry;
  readonly repository: TestRepository;
  /** Of content that nobody has signed yet. */
  readonly digest: string;
  readonly context: Context;
  readonly source: SignatureSource;
  verify(policy: VerifyPolicy): Promise<VerifiedSignatures>;
  /** The error of content that is refused. */
  refusal(policy: VerifyPolicy): Promise<OciError>;
  /** "referrers 200", "manifest 404", by arrival, since the last time. */
  traffic(): readonly string[];
}

export interface SignedWorldOptions extends RegistryOptions {
  /** A layout of test/data/sigstore, "keyed-bundle-rekor2-ok", in place of content of our own. */
  readonly layout?: string;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/** Closes with the test. */
export async function openSignedWorld(
  t: TestContext,
  { layout, limits = {}, signal, ...options }: SignedWorldOptions = {},
): Promise<SignedWorld> {
  const registry = await serve(t, options);
  const repository = registry.repository(REPOSITORY);
  const { client, context } = openWorld(t, { limits, ...(signal === undefined ? {} : { signal }) });
  const digest = layout === undefined ? unsigned(registry) : served(repository, layout);
  const source = sourceAt(client, endpointAt(registry.host), context);
  const verify = (policy: VerifyPolicy): Promise<VerifiedSignatures> =>
    verifySignatures(digest, policy, source, context);
  return {
    registry,
    repository,
    digest,
    context,
    source,
    verify,
    refusal: (policy) => refused(verify(policy)),
    traffic() {
      const seen = registry.requests.map(({ kind, status }) => `${kind} ${status ?? "-"}`);
      registry.clearRequests();
      return seen;
    },
  };
}

function unsigned(registry: TestRegistry): string {
  const layers = [{ bytes: "content", mediaType: MEDIA_TYPES.tar }];
  return publish(registry, REPOSITORY, "1", { layers }).digest;
}

function served(repository: TestRepository, layout: string): string {
  serveLayout(repository, `layouts/${layout}.tar.gz`);
  return repository.manifest("v1")?.digest ?? "";
}

/** The bundles that the repository holds. */
export function bundlesOf({ repository }: SignedWorld): readonly EditedBundle[] {
  return repository.manifests().flatMap(({ bytes }) => {
    const { layers = [] } = JSON.parse(Buffer.from(bytes).toString()) as Layers;
    return layers
      .filter(({ mediaType }) => mediaType === BUNDLE_TYPE)
      .map(({ digest }) => Buffer.from(repository.blob(digest) ?? []).toString())
      .map((text) => JSON.parse(text) as EditedBundle);
  });
}

/**
 * Puts an edited copy of the first bundle in the place of all that there are.
 * @param edit - Changes the bundle's JSON.
 */
export function editBundle(world: SignedWorld, edit: (bundle: EditedBundle) => void): void {
  const { repository, digest } = world;
  const [bundle] = bundlesOf(world);
  assert.ok(bundle !== undefined);
  for (const manifest of repository.manifests()) {
    if (Buffer.from(manifest.bytes).includes(BUNDLE_TYPE)) {
      repository.deleteManifest(manifest.digest);
    }
  }
  edit(bundle);
  putReferrer(repository, digest, JSON.stringify(bundle));
}

interface Layers {
  readonly layers?: readonly { readonly digest: string; readonly mediaType: string }[];
}

/** What of a bundle is edited; the rest is just kept. */
export interface EditedBundle {
  dsseEnvelope: { payload: string };
  verificationMaterial: {
    tlogEntries: {
      canonicalizedBody: string;
      integratedTime?: string;
      kindVersion: object;
      inclusionPromise?: object;
      inclusionProof?: { checkpoint: { envelope: string } };
    }[];
    timestampVerificationData?: { rfc3161Timestamps: { signedTimestamp: string }[] };
  };
}

/** The OciError that the work ends with. */
export async function refused(work: Promise<unknown>): Promise<OciError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OciError, `no OciError: ${String(error)}`);
  return error;
}
