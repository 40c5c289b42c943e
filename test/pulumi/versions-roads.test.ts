/** Ranges where no check asks: ahead of it, by the function, and where the state's content is restored. */
import * as assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import {
  outputsOfResult,
  pullAhead,
  pullInputs,
  restore,
  verifyInputs,
} from "../../provider/pulumi/session";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { programsFor } from "../support/session-for-test";
import { putLayers, signedLayer, signingKey } from "../support/sigstore-signing";
import { askedOf, filesOf } from "./versions-world";

const PROGRAMS = programsFor({ after });
const KEY = signingKey();

async function open(t: TestContext) {
  const registry = await registryFor(t);
  const publish = (tag: string): string =>
    publishFiles(registry, filesOf(tag), tag, "team/app").digest;
  const digest = publish("v1.2.3");
  publish("2.0.0");
  const { directory, inputs } = PROGRAMS.next();
  const values = { ...inputs, reference: `${registry.host}/team/app`, semver: "^1.2" };
  return { registry, publish, digest, directory, values };
}

describe("a range", () => {
  test("ahead of its check: digest, tag and version are settled", async (t) => {
    const { registry, directory, values, digest } = await open(t);
    const ahead = await pullAhead(values, "urn", true, { directory });
    assert.equal(ahead?.digest, digest);
    assert.deepEqual(ahead.chosen, { tag: "v1.2.3", version: "1.2.3" });
    assert.deepEqual(askedOf(registry), ["GET tags", "GET manifest v1.2.3", "GET blob"]);
  });

  test("ahead of its check, also where the content does not come", async (t) => {
    const { registry, directory, values, digest } = await open(t);
    registry.fault({ kind: "blob", then: { kind: "status", status: 404 } });
    const ahead = await pullAhead(values, "urn", true, { directory });
    assert.deepEqual([ahead?.digest, ahead?.chosen?.tag], [digest, "v1.2.3"]);
  });

  test("of the function is chosen each time", async (t) => {
    const { directory, values, publish } = await open(t);
    const chosen = async (): Promise<readonly unknown[]> => {
      const { tag, version } = outputsOfResult(await pullInputs(values, { directory }));
      return [tag, version];
    };
    assert.deepEqual(await chosen(), ["v1.2.3", "1.2.3"]);
    publish("1.3.0");
    assert.deepEqual(await chosen(), ["1.3.0", "1.3.0"]);
  });

  test("of who asks for signatures alone is chosen, too", async (t) => {
    const { registry, directory, values, digest } = await open(t);
    putLayers(registry.repository("team/app"), digest, [signedLayer(KEY, digest)]);
    const verify = { keys: [KEY.publicKey], ignoreTlog: true };
    const found = await verifyInputs({ ...values, verify }, { directory });
    assert.deepEqual([found.digest, found.chosen?.tag], [digest, "v1.2.3"]);
    assert.deepEqual(askedOf(registry).slice(0, 2), ["GET tags", "GET manifest v1.2.3"]);
    assert.equal(found.signers.length, 1);
  });

  test("is not asked for again where content of the state is restored", async (t) => {
    const { registry, directory, values, digest, publish } = await open(t);
    const { pulled } = await pullInputs(values, { directory });
    publish("1.3.0");
    registry.clearRequests();
    const { directory: elsewhere } = PROGRAMS.next();
    const pinned = `${values.reference}@${digest}`;
    const options = { directory: elsewhere };
    assert.equal(
      await restore({ ...values, tagPrefix: "v" }, pinned, pulled.path, options),
      undefined,
    );
    assert.deepEqual(askedOf(registry), [`GET manifest ${digest}`, "GET blob"]);
  });
});
