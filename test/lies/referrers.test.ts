/** Lists of referrers that lie: what they say of a referrer has to be what it says itself. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { refused, referrerWorld, REPOSITORY, SPDX } from "../pulumi/referrer-world";

const HEADERS = { "content-type": MEDIA_TYPES.index };

describe("a list that says of its entry", () => {
  for (const [what, lie, words] of [
    ["another type", "type", /listed as application\/spdx\+json, and is application\/vnd\.other/],
    ["another subject", "subject", /listed for sha256:\w+, and refers to sha256:/],
    ["no subject at all", "none", /listed for sha256:\w+, and refers to nothing/],
    ["another size", "size", /listed with 1 byte, and has \d+/],
  ] as const) {
    test(what, async (t) => {
      const { host, artifact, attach, inputs, registry } = await referrerWorld(t);
      const other = publish(registry, REPOSITORY, "2", { layers: [], annotations: { a: "b" } });
      const lies = {
        type: () => attach({ artifactType: "application/vnd.other" }),
        subject: () => attach({}, other),
        none: () => publish(registry, REPOSITORY, undefined, { layers: [], artifactType: SPDX }),
        size: () => attach(),
      };
      const { descriptor } = lies[lie]();
      const size = lie === "size" ? 1 : descriptor.size;
      const manifests = [{ ...descriptor, artifactType: SPDX, size }];
      const body = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
      const then = { kind: "status", status: 200, headers: HEADERS, body } as const;
      registry.fault({ kind: "referrers", then });
      const error = await refused(host(), inputs, "REGISTRY");
      assert.match(error.message, words);
      assert.ok(error.subject.endsWith(artifact.digest));
      assert.equal(registry.count({ kind: "blob" }), 0);
    });
  }
});

test("a list that is no index", async (t) => {
  const { host, inputs, registry } = await referrerWorld(t);
  const then = { kind: "status", status: 200, headers: HEADERS, body: "<html>" } as const;
  registry.fault({ kind: "referrers", then });
  const error = await refused(host(), inputs, "REGISTRY");
  assert.match(error.message, /the list is no index: it is no valid JSON/);
});
