/** Blobs that are not what the manifest names: none of their bytes counts, whatever archive they hold. */
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { flipped, sha256, tar, tarGz, tarOf } from "../support/archives";
import { assertRefused, TAR, type TestLayer } from "../support/unpacking";

const noise = randomBytes(200_000).toString("base64");

describe("the digest is the content", () => {
  const honest = tarGz({ a: "A", noise });
  const lies: Readonly<Record<string, TestLayer>> = {
    "other bytes of the same length": {
      bytes: flipped(tarOf({ a: "A" }), 600),
      mediaType: TAR,
      digest: sha256(tarOf({ a: "A" })),
    },
    "a flipped bit in the gzip": { bytes: flipped(honest, 5000), digest: sha256(honest) },
    "an archive that ends early, and other bytes behind it": {
      bytes: tarOf({ a: "A" }, { trailing: noise.replace("A", "B") }),
      digest: sha256(tarOf({ a: "A" }, { trailing: noise })),
    },
    "zeros behind the gzip": {
      bytes: Buffer.concat([tarGz({ a: "A" }), Buffer.alloc(600_000)]),
      digest: sha256(tarGz({ a: "A" })),
    },
    "fewer bytes": { bytes: honest.subarray(0, 100), digest: sha256(honest), size: honest.length },
    "more bytes": {
      bytes: Buffer.concat([honest, honest]),
      digest: sha256(honest),
      size: honest.length,
    },
    "a wrong size": { bytes: honest, size: honest.length - 1 },
    "a raw file": {
      bytes: Buffer.from("dead"),
      digest: sha256("live"),
      annotations: { "org.opencontainers.image.title": "file" },
    },
    "an unsafe archive in place of the right one": {
      bytes: tar([{ path: "../canary/song" }]),
      digest: sha256(tar([{ path: "./fine/abcdefgh" }])),
    },
    sha512: { bytes: honest, digest: `sha512:${"0".repeat(128)}` },
  };
  for (const [name, layer] of Object.entries(lies)) {
    test(name, async (t) => {
      const words = /layer 0 is not what its descriptor names[^]*wanted: sha(256|512):[^]*found: /;
      await assertRefused(t, [layer], "DIGEST_MISMATCH", words);
    });
  }

  test("the second layer", async (t) => {
    const layers = [tarGz({ a: "" }), { bytes: tarGz({ b: "" }), digest: sha256("else") }];
    await assertRefused(t, layers, "DIGEST_MISMATCH", /blob of layer 1/);
  });
});
