/**
 * Signatures on the way through an air gap, by the real cosign of both generations and the real
 * distribution registry: signed here, copied into a layout, verified there offline, copied to another
 * registry, and verified there by cosign.
 */
import * as assert from "node:assert/strict";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { after, describe, test } from "node:test";
import { copyInputs } from "../../provider/pulumi/copy-artifact";
import { pullInputs } from "../../provider/pulumi/session";
import { digestOf } from "../../provider/digest";
import { tarGz } from "../support/archives";
import { buildArtifact, buildIndex, MEDIA_TYPES } from "../support/artifacts";
import { cosignFor, GENERATIONS, type SignatureLayout } from "../support/cosign";
import { startDistribution } from "../support/distribution";
import { folderFor } from "../support/folder-for-test";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { run } from "../support/processes";
import { programsFor } from "../support/session-for-test";
import { findOrBuild } from "../support/toolchain";

const PROGRAMS = programsFor({ after });
const COSIGN = { "2": cosignFor({ after }, "2"), "3": cosignFor({ after }, "3") };

describe("signed, carried over, verified", () => {
  for (const [generation, layout] of [
    [GENERATIONS[0], "tag"],
    [GENERATIONS[1], "bundle"],
  ] as const satisfies readonly (readonly ["2" | "3", SignatureLayout])[]) {
    test(`cosign ${generation}, ${layout}`, async (t) => {
      const [here, there] = [await startDistribution(), await startDistribution()];
      t.after(() => here.stop());
      t.after(() => there.stop());
      const { directory, inputs } = PROGRAMS.next();
      const child = buildArtifact(artifactOf());
      const platform = { os: "linux", architecture: "amd64" };
      const index = buildIndex({ manifests: [{ artifact: child, platform }] });
      layoutIn(join(directory, "made")).put(index, { [REF_NAME]: "1" });
      const made = { ...inputs, reference: "oci-layout://made:1" };
      await copyInputs(made, `${here.host}/team/app`, { directory });

      const cosign = COSIGN[generation];
      const key = await cosign.generateKey(folderFor(t));
      const signed = `${here.host}/team/app@${index.digest}`;
      await cosign.sign(signed, { key, layout, recursive: true });

      const values = { ...inputs, reference: `${here.host}/team/app:1` };
      const carried = await copyInputs(values, "oci-layout://bundle", { directory });
      assert.equal(carried.referrers, 2);
      await here.stop();
      const verify = { keys: [key.publicKey], ignoreTlog: true };
      const bundled = { ...inputs, reference: "oci-layout://bundle:1" };
      const { pulled } = await pullInputs({ ...bundled, verify }, { directory });
      assert.equal(pulled.digest, index.digest);
      assert.equal(pulled.signers.length, 1);

      const copied = await copyInputs(bundled, `${there.host}/mine/app`, { directory });
      assert.deepEqual([copied.digest, copied.referrers], [index.digest, 2]);
      for (const digest of [index.digest, child.digest]) {
        const verdict = await cosign.verify(`${there.host}/mine/app@${digest}`, { key, layout });
        assert.equal(verdict.verdict, "accepted", verdict.text);
      }
    });
  }
});

const FILES = { "a.txt": "a" };

const IMAGE = {
  layers: [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }],
  config: {
    mediaType: "application/vnd.oci.image.config.v1+json",
    bytes: JSON.stringify({
      ...{ architecture: "amd64", os: "linux" },
      rootfs: { type: "layers", diff_ids: [digestOf(gunzipSync(tarGz(FILES)))] },
    }),
  },
};

test("crane takes the layout, and finds nothing wrong with the copy", async (t) => {
  const registry = await startDistribution();
  t.after(() => registry.stop());
  const { directory, inputs } = PROGRAMS.next();
  const owner = folderFor(t);
  const artifact = layoutIn(join(directory, "made")).put(IMAGE, { [REF_NAME]: "1" });
  const made = { ...inputs, reference: "oci-layout://made:1" };
  await copyInputs(made, "oci-layout://bundle", { directory });
  await copyInputs(made, `${registry.host}/mine/app:1`, { directory });
  const crane = await findOrBuild("crane");
  const options = { cwd: directory, environment: { HOME: owner }, owner, timeoutMs: 60_000 };
  const pushed = `${registry.host}/of/crane:1`;
  for (const words of [
    ["push", "--insecure", "bundle", pushed],
    ["validate", "--insecure", "--remote", `${registry.host}/mine/app:1`],
    ["digest", "--insecure", pushed],
  ]) {
    const { exitCode, text } = await run(crane, words, options);
    assert.equal(exitCode, 0, text);
    if (words[0] === "digest") assert.equal(text.trim(), artifact.digest);
  }
});
