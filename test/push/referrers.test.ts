/** What refers to another is found by it, whether the registry lists referrers or not. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ARTIFACT, artifactOf, open } from "./push-stage";

describe("an artifact that refers to another", () => {
  const subject = ARTIFACT.descriptor;
  const referrer = artifactOf({ "sbom.json": "{}\n" }, { subject, annotations: { made: "today" } });

  test("is listed by a registry that can", async (t) => {
    const { push: pushIt, client, origin, context, registry } = await open(t);
    await pushIt({}, ARTIFACT);
    await pushIt({ tags: [] }, referrer);
    const [page] = await client.getReferrers(origin, ARTIFACT.digest, context);
    assert.match(page?.bytes.toString() ?? "", new RegExp(referrer.digest));
    assert.equal(registry.count({ reference: ARTIFACT.digest.replace(":", "-") }), 0);
  });

  test("is listed under the fallback tag where it cannot, before its own tags", async (t) => {
    const {
      push: pushIt,
      client,
      origin,
      context,
      registry,
    } = await open(t, {
      quirks: { omitReferrers: true },
    });
    await pushIt({}, ARTIFACT);
    registry.clearRequests();
    await pushIt({ tags: ["sbom"] }, referrer);
    const puts = registry.matching({ kind: "manifest", method: "PUT" });
    const fallback = ARTIFACT.digest.replace(":", "-");
    assert.deepEqual(
      puts.map(({ reference }) => reference),
      [referrer.digest, fallback, "sbom"],
    );
    const [page] = await client.getReferrers(origin, ARTIFACT.digest, context);
    const { manifests } = JSON.parse(page?.bytes.toString() ?? "") as { manifests: unknown };
    const annotations = { made: "today" };
    assert.deepEqual(manifests, [{ ...referrer.descriptor, annotations }]);
    registry.clearRequests();
    await pushIt({ tags: ["sbom"] }, referrer);
    assert.equal(registry.count({ method: "PUT", reference: fallback }), 0);
  });

  test("does not push another of this process off the list", async (t) => {
    const { push: pushIt, repository } = await open(t, { quirks: { omitReferrers: true } });
    await pushIt({}, ARTIFACT);
    const referrers = ["a", "b", "c"].map((name) => artifactOf({ [name]: name }, { subject }));
    await Promise.all(referrers.map((each) => pushIt({ tags: [] }, each)));
    const index = repository.manifest(ARTIFACT.digest.replace(":", "-"));
    const { manifests } = JSON.parse(Buffer.from(index?.bytes ?? []).toString()) as {
      manifests: readonly { digest: string }[];
    };
    assert.deepEqual(
      manifests.map(({ digest }) => digest).sort(),
      referrers.map(({ digest }) => digest).sort(),
    );
  });
});
