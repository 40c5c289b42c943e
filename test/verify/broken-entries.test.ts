/** A signature that is good counts, whatever is wrong with others in themselves: anybody who may push writes those. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { signatureTag } from "../../provider/verify/find-candidates";
import {
  policyOf,
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
} from "../support/sigstore-signing";
import { openSignedWorld } from "./world";

const KEY = signingKey();
const OTHER = signingKey();
const POLICY = policyOf([KEY]);

describe("one good signature is found", () => {
  test("behind referrers that are wrong in themselves: of another size, or with too much in it", async (t) => {
    const world = await openSignedWorld(t, { quirks: { omitReferrers: true } });
    const { repository, digest } = world;
    const good = putReferrer(repository, digest, signedBundle(KEY, digest));
    const text = Buffer.from(repository.manifest(good)?.bytes ?? []).toString();
    const manifest = JSON.parse(text) as { readonly layers: readonly { readonly size: number }[] };
    const [layer] = manifest.layers;
    const layers = [{ ...layer, size: (layer?.size ?? 0) + 1 }];
    const wrongs = [layers, Array.from({ length: 1_001 }, () => layer)].map((odd) =>
      repository.putManifest({ ...manifest, layers: odd }),
    );
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const entry = (of: string): object => {
      return { mediaType, digest: of, size: repository.manifest(of)?.bytes.length };
    };
    const tag = digest.replace(":", "-");
    for (const wrong of wrongs) {
      repository.putManifest({ schemaVersion: 2, manifests: [wrong].map(entry) }, { tag });
      assert.match((await world.refusal(POLICY)).code, /^(DIGEST_MISMATCH|LIMIT_EXCEEDED)$/);
    }
    repository.putManifest({ schemaVersion: 2, manifests: [...wrongs, good].map(entry) }, { tag });
    assert.equal((await world.verify(POLICY)).evidence.place, `referrer ${good}`);
  });

  test("behind a layer of another size under the tag", async (t) => {
    const world = await openSignedWorld(t);
    const { repository, digest } = world;
    const tag = signatureTag(digest);
    putLayers(repository, digest, [signedLayer(OTHER, digest), signedLayer(KEY, digest)]);
    const text = Buffer.from(repository.manifest(tag)?.bytes ?? []).toString();
    const manifest = JSON.parse(text) as { readonly layers: readonly { readonly size: number }[] };
    const [first, ...others] = manifest.layers;
    const layers = [{ ...first, size: (first?.size ?? 0) + 1 }, ...others];
    repository.putManifest({ ...manifest, layers }, { tag });
    assert.equal((await world.verify(POLICY)).evidence.place, `tag ${tag}, layer 1`);
  });
});
