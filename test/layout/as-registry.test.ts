/**
 * What works with a registry works with a layout: ranges of versions, signatures of both kinds, and
 * what refers to an artifact.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { inspectInputs, pullInputs, verifyInputs } from "../../provider/pulumi/session";
import { buildIndex } from "../support/artifacts";
import { artifactOf, layoutIn, type LayoutFolder, REF_NAME } from "../support/layouts";
import { programsFor, type ProgramForTest } from "../support/session-for-test";
import {
  putLayers,
  putReferrer,
  signedBundle,
  signedLayer,
  signingKey,
} from "../support/sigstore-signing";

const PROGRAMS = programsFor({ after });
const KEY = signingKey();
const SPDX = "application/spdx+json";

interface Bundle extends ProgramForTest {
  readonly layout: LayoutFolder;
}

function bundle(): Bundle {
  const program = PROGRAMS.next();
  return { ...program, layout: layoutIn(join(program.directory, "bundle")) };
}

describe("versions", () => {
  test("the highest one of the names in the layout that is in the range", async () => {
    const { directory, inputs, layout } = bundle();
    for (const version of ["1.2.0", "1.10.0", "2.0.0", "latest"]) {
      layout.put(artifactOf({ "version.txt": version }), { [REF_NAME]: version });
    }
    const values = { ...inputs, reference: "oci-layout://bundle", semver: "^1.2" };
    const { pulled } = await pullInputs(values, { directory });
    assert.equal(pulled.chosen?.version, "1.10.0");
    const text = readFileSync(join(pulled.tree.directory, "version.txt"), "utf8");
    assert.equal(text, "1.10.0");
  });
});

describe("signatures", () => {
  for (const [kind, sign] of [
    [
      "a layer under the .sig tag",
      ({ layout }: Bundle, digest: string) => {
        putLayers(layout, digest, [signedLayer(KEY, digest)]);
      },
    ],
    [
      "a bundle that refers to it",
      ({ layout }: Bundle, digest: string) => {
        putReferrer(layout, digest, signedBundle(KEY, digest));
      },
    ],
  ] as const) {
    test(`${kind}: refused without, and offline with it`, async () => {
      const world = bundle();
      const { directory, inputs, layout } = world;
      const { digest } = layout.put(artifactOf(), { [REF_NAME]: "1" });
      const verify = { keys: [KEY.publicKey], ignoreTlog: true };
      const values = { ...inputs, reference: "oci-layout://bundle:1", verify };
      const isUnsigned = (error: unknown): boolean =>
        error instanceof OciError && error.code === "UNSIGNED";
      await assert.rejects(pullInputs(values, { directory }), isUnsigned);
      sign(world, digest);
      const { signers } = await verifyInputs(values, { directory });
      assert.match(signers.join(), /^key sha256:/);
      assert.deepEqual((await pullInputs(values, { directory })).pulled.signers, signers);
    });
  }
});

describe("referrers", () => {
  for (const [how, attach] of [
    ["listed in index.json, as oras writes it", attachToIndex],
    ["under the fallback tag, as regctl writes it", attachByTag],
  ] as const) {
    test(how, async () => {
      const { directory, inputs, layout } = bundle();
      const { digest } = layout.put(artifactOf(), { [REF_NAME]: "1" });
      const sbom = attach(layout, digest);
      const reference = "oci-layout://bundle:1";
      const values = { ...inputs, reference, referrer: { artifactType: SPDX } };
      const { pulled } = await pullInputs(values, { directory });
      assert.equal(pulled.digest, sbom);
      assert.equal(pulled.subjectDigest, digest);
      assert.deepEqual(
        pulled.tree.entries.map(({ path }) => path),
        ["blob-0.json"],
      );
      const options = { directory, referrers: true };
      const { found } = await inspectInputs({ ...inputs, reference }, options);
      assert.deepEqual(
        found.referrers?.entries.map((entry) => [entry.digest, entry.artifactType]),
        [[sbom, SPDX]],
      );
      assert.deepEqual(found.referrers.unasked, []);
    });
  }
});

function attachToIndex(layout: LayoutFolder, digest: string): string {
  return putReferrer(layout, digest, "{}", SPDX);
}

/** Nothing but the tag leads to it. */
function attachByTag(layout: LayoutFolder, digest: string): string {
  const aside = layoutIn(layout.folder + ".aside");
  const subject = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };
  const sbom = aside.put({
    layers: [{ bytes: "{}", mediaType: SPDX }],
    artifactType: SPDX,
    subject,
  });
  const index = buildIndex({ manifests: [{ artifact: sbom }] });
  layout.put(index, { [REF_NAME]: digest.replace(":", "-") });
  return sbom.digest;
}
