/** Many pulls at once: what is small does not wait behind what is large. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { buildArtifact } from "../support/artifacts";
import { artifactOf, LAYER, openRun, originAt, siteWith } from "./world";

test("a manifest is read in time while the blobs of forty pulls are under way", async (t) => {
  const origin = await siteWith(t, "origin", buildArtifact(artifactOf(LAYER)));
  const stop = new AbortController();
  const { client, context, pull } = openRun(t, {
    deadlines: { document: 2_000 },
    signal: stop.signal,
  });
  const endpoint = originAt(origin.host);
  origin.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1_000 } });
  const pulls = Array.from({ length: 40 }, () => pull([endpoint]));
  const ended = Promise.allSettled(pulls);
  const areUnderWay = async (): Promise<void> => {
    while (origin.count({ kind: "blob" }) < 24) await new Promise((next) => setTimeout(next, 5));
  };
  await areUnderWay();
  await client.getManifest(endpoint, "1", context);
  assert.equal(origin.count({ kind: "blob" }), 24);
  stop.abort();
  assert.ok((await ended).every(({ status }) => status === "rejected"));
});
