/**
 * What the real cosign signs, with keys: both generations of it and ours agree on what counts, and
 * where they do not, it is said here. All of it on this machine, without a log.
 */
import * as assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { hexOf } from "../../provider/digest";
import { signatureTag } from "../../provider/verify/find-candidates";
import { REPOSITORY } from "../registry/world";
import { buildIndex, MEDIA_TYPES, publish, type Artifact } from "../support/artifacts";
import { GENERATIONS, type CosignKey, type SignatureLayout } from "../support/cosign";
import { startDistribution } from "../support/distribution";
import { folderFor } from "../support/folder-for-test";
import { pushOverHttp } from "../support/push-over-http";
import { BUNDLE_TYPE } from "../support/sigstore-signing";
import {
  ACCEPTED,
  contentOf,
  COSIGN,
  fallbackTag,
  openGround,
  readDocument,
  referenceOf,
  refusedAs,
  transplant,
  UNSIGNED,
  verdictsOn,
  verifyWithOurs,
  type Asked,
  type Verdicts,
} from "./cosign-world";

const LAYOUTS = ["tag", "bundle"] as const satisfies readonly SignatureLayout[];

/** Where each generation signs unless told otherwise. */
const BY_ITSELF = [
  { generation: "2", layout: "tag" },
  { generation: "3", layout: "bundle" },
] as const;

const ONLY_OURS: Verdicts = { ...ACCEPTED, 2: "refused", 3: "refused" };
const FOLDER = folderFor({ after });

let key: CosignKey;
let otherKey: CosignKey;
before(async () => {
  key = await COSIGN[2].generateKey(FOLDER);
  otherKey = await COSIGN[3].generateKey(FOLDER);
});

/** Where signatures lie, which tags there are then, and what ours asks for to find one, behind the content's manifest. */
const WAYS = [
  {
    where: "under a tag",
    layout: "tag",
    quirks: {},
    tags: (digest: string) => [signatureTag(digest)],
    traffic: ["referrers 200", "manifest 200", "blob 200"],
  },
  {
    where: "in a bundle that the referrers API lists",
    layout: "bundle",
    quirks: {},
    tags: () => [],
    traffic: ["referrers 200", "manifest 200", "blob 200"],
  },
  {
    where: "in a bundle that the fallback tag lists",
    layout: "bundle",
    quirks: { omitReferrers: true },
    tags: (digest: string) => [fallbackTag(digest)],
    traffic: ["referrers 404", "manifest 200", "manifest 200", "blob 200"],
  },
] as const;

describe("cosign and ours agree", () => {
  for (const generation of GENERATIONS) {
    for (const { layout, quirks, tags, traffic, where } of WAYS) {
      test(`on what cosign ${generation} signs, ${where}`, async (t) => {
        const { digest, reference, registry, repository, verdicts } = await openGround(t, quirks);
        assert.deepEqual(await verdicts({ key, layout }), UNSIGNED);
        await COSIGN[generation].sign(reference, { key, layout });
        assert.deepEqual(repository.tags(), ["1", ...tags(digest)]);
        assert.deepEqual(await verdicts({ key, layout }), ACCEPTED);
        assert.deepEqual(await verdicts({ key: otherKey, layout }), refusedAs("BAD_SIGNATURE"));

        registry.clearRequests();
        await verifyWithOurs(registry.host, digest, { key, layout });
        const asked = registry.requests.map(({ kind, status }) => `${kind} ${status ?? "-"}`);
        assert.deepEqual(asked, ["manifest 200", ...traffic]);
      });

      test(`that it is for no other content, as it is or rewritten: ${generation}, ${where}`, async (t) => {
        const { digest, reference, registry, repository } = await openGround(t, quirks);
        await COSIGN[generation].sign(reference, { key, layout });
        const { digest: other } = publish(registry, REPOSITORY, "2", contentOf("other"));
        const asIs = (signed: string): string => signed;
        const rewritten = (signed: string): string =>
          signed.replaceAll(hexOf(digest), hexOf(other));
        for (const edit of [asIs, rewritten]) {
          transplant(repository, digest, other, edit);
          const verdicts = await verdictsOn(registry.host, other, { key, layout });
          assert.deepEqual(verdicts, refusedAs("BAD_SIGNATURE"));
        }
      });
    }
  }

  test("on bundles of both in one list, where 2 gives its own another type", async (t) => {
    const ground = await openGround(t, { omitReferrers: true });
    const layout = "bundle";
    await COSIGN[2].sign(ground.reference, { key, layout });
    await COSIGN[3].sign(ground.reference, { key: otherKey, layout });
    const list = readDocument(ground.repository, fallbackTag(ground.digest));
    const types = list.manifests?.map(({ artifactType }) => artifactType).sort();
    assert.deepEqual(types, [BUNDLE_TYPE, MEDIA_TYPES.emptyJson]);
    assert.deepEqual(await ground.verdicts({ key, layout }), ACCEPTED);
    assert.deepEqual(await ground.verdicts({ key: otherKey, layout }), ACCEPTED);
  });

  for (const { generation, layout } of BY_ITSELF) {
    test(`on an index, and on what is in it only if that is signed, too: ${generation}`, async (t) => {
      const { registry } = await openGround(t);
      const child = contentOf("child");
      const platform = { os: "linux", architecture: "amd64" };
      const content = buildIndex({ manifests: [{ artifact: child, platform }] });
      const index = publish(registry, REPOSITORY, "index", content);
      const reference = referenceOf(registry.host, index.digest);
      const verdicts = ({ digest }: Artifact): Promise<Verdicts> =>
        verdictsOn(registry.host, digest, { key, layout });
      await COSIGN[generation].sign(reference, { key, layout });
      assert.deepEqual(await verdicts(index), ACCEPTED);
      assert.deepEqual(await verdicts(child), UNSIGNED);
      await COSIGN[generation].sign(reference, { key, layout, recursive: true });
      assert.deepEqual(await verdicts(child), ACCEPTED);
    });
  }

  test("in the real distribution registry", async (t) => {
    const { host, stop } = await startDistribution();
    t.after(stop);
    for (const generation of GENERATIONS) {
      for (const layout of LAYOUTS) {
        const content = contentOf(`${generation} ${layout}`);
        const { digest } = await pushOverHttp(host, REPOSITORY, "1", content);
        const verdicts = (asked: Asked): Promise<Verdicts> => verdictsOn(host, digest, asked);
        assert.deepEqual(await verdicts({ key, layout }), UNSIGNED);
        await COSIGN[generation].sign(referenceOf(host, digest), { key, layout });
        assert.deepEqual(await verdicts({ key, layout }), ACCEPTED);
        assert.deepEqual(await verdicts({ key: otherKey, layout }), refusedAs("BAD_SIGNATURE"));
      }
    }
  });
});

describe("annotations", () => {
  for (const generation of GENERATIONS) {
    for (const layout of LAYOUTS) {
      test(`signed by cosign ${generation}, layout ${layout}`, async (t) => {
        const { reference, verdicts } = await openGround(t);
        await COSIGN[generation].sign(reference, { key, layout, annotations: { team: "a" } });
        // In bundles, cosign 2 neither signs annotations nor looks for them.
        const isSigned = layout === "tag" || generation === "3";
        const blind = layout === "bundle" ? { 2: "accepted" } : {};
        const refused = { ...refusedAs("WRONG_ANNOTATION"), ...blind };
        const same = await verdicts({ key, layout, annotations: { team: "a" } });
        assert.deepEqual(same, isSigned ? ACCEPTED : refused);
        for (const annotations of [{ team: "b" }, { team: "a", stage: "done" }]) {
          assert.deepEqual(await verdicts({ key, layout, annotations }), refused);
        }
      });
    }
  }
});

describe("kinds of keys", () => {
  const refused = refusedAs("BAD_SIGNATURE");
  const kinds = [
    { type: "RSA", tag: ACCEPTED, bundle: ACCEPTED },
    // cosign signs by these with the hash of their size, and checks so only where it is told to;
    // of bundles it cannot be told.
    { type: "P-384", hash: "sha384", tag: ACCEPTED, bundle: ONLY_OURS },
    { type: "P-521", hash: "sha512", tag: ACCEPTED, bundle: ONLY_OURS },
    // cosign signs a hash by these, and checks as if it were the text.
    { type: "Ed25519", tag: refused, bundle: refused },
  ] as const;
  for (const kind of kinds) {
    const { type } = kind;
    test(type, async (t) => {
      const folder = folderFor(t);
      const two = await COSIGN[2].generateKey(folder, type);
      const three = await COSIGN[3].generateKey(folder, type);
      for (const { generation, layout } of BY_ITSELF) {
        const [own, foreign] = generation === "2" ? [two, three] : [three, two];
        const { reference, verdicts } = await openGround(t);
        await COSIGN[generation].sign(reference, { key: own, layout });
        const told = "hash" in kind && layout === "tag" ? { hash: kind.hash } : {};
        assert.deepEqual(await verdicts({ key: own, layout, ...told }), kind[layout]);
        assert.deepEqual(await verdicts({ key: foreign, layout, ...told }), refused);
      }
    });
  }
});

describe("what is no signature, or lies where nobody looks", () => {
  for (const generation of GENERATIONS) {
    test(`an attestation by cosign ${generation} counts for cosign, and for ours if asked`, async (t) => {
      const { digest, reference, repository, verdicts } = await openGround(t);
      await COSIGN[generation].attest(reference, { key, layout: "tag" });
      assert.deepEqual(repository.tags(), ["1", `${fallbackTag(digest)}.att`]);
      const asked = { key, allowAttestations: true };
      assert.deepEqual(await verdicts({ ...asked, layout: "tag" }), UNSIGNED);
      await COSIGN[generation].attest(reference, { key, layout: "bundle" });
      assert.deepEqual(await verdicts({ ...asked, layout: "bundle" }), ACCEPTED);
      const strict = await verdicts({ key, layout: "bundle" });
      assert.deepEqual(strict, { ...ACCEPTED, ours: "UNSIGNED" });
    });

    test(`the first format as a referrer is an experiment of cosign ${generation}`, async (t) => {
      const { reference, verdicts } = await openGround(t);
      await COSIGN[generation].sign(reference, { key, layout: "referrer" });
      for (const layout of LAYOUTS) {
        assert.deepEqual(await verdicts({ key, layout }), UNSIGNED);
      }
      const told = await verdicts({ key, layout: "referrer" });
      assert.deepEqual(told, { ...ACCEPTED, ours: "UNSIGNED" });
    });
  }

  test("a bundle by somebody else hides a good tag from cosign, and not from ours", async (t) => {
    const { reference, verdicts } = await openGround(t);
    await COSIGN[2].sign(reference, { key, layout: "tag" });
    assert.deepEqual(await verdicts({ key, layout: "tag" }), ACCEPTED);
    await COSIGN[3].sign(reference, { key: otherKey, layout: "bundle" });
    assert.deepEqual(await verdicts({ key, layout: "bundle" }), ONLY_OURS);
  });
});
