/** Signatures on the roads beside the resource's check: what is pulled ahead, restored, or asked for by a function. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { pullAhead, pullInputs, restore } from "../../provider/pulumi/session";
import { publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { programsFor, type ProgramForTest } from "../support/session-for-test";
import { putLayers, signedLayer, signingKey } from "../support/sigstore-signing";

const PROGRAMS = programsFor({ after });
const KEY = signingKey();
const PATH = ".oci-artifacts/app-0000000000000000";

interface Road extends Pick<ProgramForTest, "directory"> {
  readonly registry: TestRegistry;
  readonly digest: string;
  readonly values: Readonly<Record<string, unknown>> & { readonly reference: string };
  readonly pinned: string;
  readonly sign: () => void;
  /** Whether anything of the content has come. */
  readonly isHere: () => boolean;
}

async function open(t: TestContext): Promise<Road> {
  const registry = await registryFor(t);
  const annotations = { "org.opencontainers.image.title": "a.txt" };
  const layer = { bytes: "a", mediaType: "text/plain", annotations };
  const { digest } = publish(registry, "team/app", "1", { layers: [layer] });
  const { directory, inputs } = PROGRAMS.next();
  const repository = `${registry.host}/team/app`;
  const verify = { keys: [KEY.publicKey], ignoreTlog: true };
  return {
    directory,
    registry,
    digest,
    values: { ...inputs, reference: `${repository}:1`, verify },
    pinned: `${repository}@${digest}`,
    sign() {
      putLayers(registry.repository("team/app"), digest, [signedLayer(KEY, digest)]);
    },
    isHere: () =>
      registry.count({ kind: "blob" }) > 0 || existsSync(join(directory, ".oci-artifacts")),
  };
}

describe("what nobody has signed does not come", () => {
  test("by a function or the command line", async (t) => {
    const { values, directory, isHere } = await open(t);
    const asked = pullInputs(values, { directory });
    await assert.rejects(asked, (error) => error instanceof OciError && error.code === "UNSIGNED");
    assert.equal(isHere(), false);
  });

  test("ahead of the resource's check: its digest is settled, and no more", async (t) => {
    const { values, directory, digest, isHere } = await open(t);
    const ahead = await pullAhead(values, "urn", true, { directory });
    assert.equal(ahead?.digest, digest);
    assert.equal(isHere(), false);
  });

  test("where the state's content is restored", async (t) => {
    const { values, directory, pinned, isHere, sign } = await open(t);
    const problem = await restore(values, pinned, PATH, { directory });
    assert.match(problem ?? "", /^cannot verify .*: there is no signature of it\n/);
    assert.equal(isHere(), false);
    sign();
    const found = await restore(values, pinned, PATH, { directory });
    assert.match(found ?? "", /now lies in \.oci-artifacts\/app-/);
    assert.equal(isHere(), true);
  });
});
