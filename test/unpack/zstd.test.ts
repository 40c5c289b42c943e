/** Zstd streams that people really make, by each decoder that there is. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inflateZstd } from "../../provider/unpack/inflate";
import { sha256, tarOf } from "../support/archives";
import { contentOf, SUBJECT, TAR, unpackLayers } from "../support/unpacking";
import { blockHeader, run, skippable, zstdFrame } from "../support/zstd";

const TAR_ZSTD = `${TAR}+zstd`;
const files = { "a.txt": "A", "dir/b.txt": "B".repeat(300_000) };
const wanted = { "a.txt": "A", dir: "/", "dir/b.txt": files["dir/b.txt"] };
const whole = tarOf(files);

const DESCRIPTOR = { mediaType: TAR_ZSTD, digest: sha256(""), size: 0, annotations: {} };
const LAYER = {
  descriptor: DESCRIPTOR,
  index: 0,
  form: { kind: "archive", directory: "" },
} as const;

/** Stored, of no byte, and not the last. */
const EMPTY_BLOCK = blockHeader(0, 0, false);

/** `zstd -19 --check` of a tar: compressed blocks, tables, a checksum. */
const COMPRESSED = Buffer.from(
  `
  KLUv/aQALgYAhAoABtAqGZArHQAgr4RQUY67nXN7bymlTJEhNh4JugMnACEAHwDn+FzAGkwsxFNmwFAYDMFUGQay
  NBymag6evDrnjmfjMndZZnksAiSvrTZKlyjdyaYlFo/X9FmTvXfXLqBqSJBWEUqrh0SxOGJlmAmhwnMp38P7fmfP
  9Bv6db1OMkOYzrOu1a9/6uMLDXRRkjKUHgpVljtZdfTZJBJlYTJTIvtYmhMtobPf7PCGkO08bqgxXFtpkhSGOUBH
  QcmkAzLIGYsIsy2RiR+J/xmaewbp8acbAlTHhOeBPB5gqmqzIwmRbi4A8QA07EluCBIZhR6SwugQAA9C11o1rMPe
  bgAj4gcKJ7yIewEOUQrkIBoJ+AMjoA990GZgd0Gf0z99s6F/fop3MGcFVWMc0unlHVB2oJwHDAAY5xnBAGxMmBP7
  HWT+mwLYS9d92LLWPABbTp4CRAAAAAEA/f+XTyBEAAAAAQD9/zkAAmUAAAgAAgB84X7pQzwAAgcbwpc=`,
  "base64",
);
const LINES = Array.from({ length: 40 }, (_, i) => `line ${i} of ${(i * i) % 97} and ${i % 7}\n`);
const IN_COMPRESSED = {
  "a.txt": "A",
  dir: "/",
  "dir/b.txt": LINES.join(""),
  long: "to be or not to be, ".repeat(20_000),
};

describe("a layer of tar+zstd", () => {
  for (const [name, bytes] of Object.entries({
    "of one frame": zstdFrame(whole),
    "of one frame of a size that it does not tell": zstdFrame(whole, { declaredBytes: undefined }),
    "of many small blocks": zstdFrame(whole, { blockBytes: 1000 }),
    "of two frames, cut inside an entry": Buffer.concat([
      zstdFrame(whole.subarray(0, 700)),
      zstdFrame(whole.subarray(700)),
    ]),
    "of a frame without content in front": Buffer.concat([zstdFrame(""), zstdFrame(whole)]),
    "with skippable frames before, between and behind": Buffer.concat([
      skippable("front"),
      zstdFrame(whole.subarray(0, 512)),
      skippable(""),
      zstdFrame(whole.subarray(512)),
      skippable("x".repeat(300_000)),
    ]),
    "with the largest window": zstdFrame(whole, { window: 0x78 }),
  })) {
    test(`${name} becomes its tree`, async (t) => {
      const layer = { bytes, mediaType: TAR_ZSTD };
      assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), wanted);
    });
  }

  test("really compressed becomes its tree", async (t) => {
    const layer = { bytes: COMPRESSED, mediaType: TAR_ZSTD };
    assert.deepEqual(await contentOf(await unpackLayers(t, [layer])), IN_COMPRESSED);
  });

  for (const mediaType of [TAR, "application/vnd.example.config.v1"]) {
    test(`is told by its first bytes, whatever its type: ${mediaType}`, async (t) => {
      const bytes = Buffer.concat([skippable("front"), zstdFrame(whole)]);
      assert.deepEqual(await contentOf(await unpackLayers(t, [{ bytes, mediaType }])), wanted);
    });
  }

  test("without a title and without a tar stays as it is", async (t) => {
    const layers = ["no tar", "x".repeat(200_000)].map((text) => ({
      bytes: zstdFrame(text),
      mediaType: "application/vnd.example.config.v1",
    }));
    const { entries } = await unpackLayers(t, layers);
    assert.deepEqual(
      entries.map(({ path, sha256: hex }) => [path, `sha256:${hex ?? ""}`]),
      layers.map(({ bytes }, index) => [`blob-${index}`, sha256(bytes)]),
    );
  });
});

for (const decoder of ["any", "javascript"] as const) {
  describe(`inflated by the decoder "${decoder}"`, () => {
    for (const [name, { bytes, content }] of Object.entries({
      "compressed blocks": { bytes: COMPRESSED, content: undefined },
      "stored blocks": { bytes: zstdFrame(whole), content: whole },
      "a run": {
        bytes: zstdFrame("", { declaredBytes: 5, blocks: run(65, 5) }),
        content: Buffer.from("AAAAA"),
      },
      "two frames": {
        bytes: Buffer.concat([zstdFrame("one, "), zstdFrame("two")]),
        content: Buffer.from("one, two"),
      },
      "one byte": {
        bytes: zstdFrame("x", { declaredBytes: undefined }),
        content: Buffer.from("x"),
      },
      nothing: { bytes: Buffer.alloc(0), content: Buffer.alloc(0) },
    })) {
      for (const step of [1, 1000, 1024 ** 2]) {
        test(`${name}, ${step} bytes at a time`, async () => {
          const inflated = await inflatedBytes(bytes, step, decoder);
          if (content !== undefined) assert.deepEqual(inflated, content);
          else assert.ok(inflated.includes(IN_COMPRESSED.long));
        });
      }
    }
  });
}

for (const [what, bytes] of Object.entries({
  blocks: zstdFrame("", {
    declaredBytes: undefined,
    blocks: Buffer.concat([...Array.from({ length: 100_000 }, () => EMPTY_BLOCK), run(0, 0)]),
  }),
  frames: Buffer.concat(Array.from({ length: 100_000 }, () => skippable(""))),
})) {
  test(`${what} that come to nothing can be interrupted, and let others have their turn`, async () => {
    let asked = 0;
    const pace = (): Promise<void> => {
      asked += 1;
      return asked < 3 ? Promise.resolve() : Promise.reject(new Error("nobody wants it any more"));
    };
    // eslint-disable-next-line @typescript-eslint/require-await -- as a blob is read
    async function* chunks(): AsyncGenerator<Buffer> {
      yield bytes;
    }
    const place = { subject: SUBJECT, layer: LAYER };
    const take = ({ length }: Buffer): Promise<void> => {
      assert.equal(length, 0);
      return Promise.resolve();
    };
    const work = inflateZstd(chunks(), take, place, pace, "javascript");
    await assert.rejects(work, /nobody wants it/);
    assert.equal(asked, 3);
  });
}

async function inflatedBytes(
  bytes: Buffer,
  step: number,
  decoder: "any" | "javascript",
): Promise<Buffer> {
  // eslint-disable-next-line @typescript-eslint/require-await -- as a blob is read
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let start = 0; start < bytes.length; start += step) {
      yield Buffer.from(bytes.subarray(start, start + step));
    }
  }
  const found: Buffer[] = [];
  const take = (chunk: Buffer): Promise<void> => {
    found.push(Buffer.from(chunk));
    return Promise.resolve();
  };
  await inflateZstd(chunks(), take, { subject: SUBJECT, layer: LAYER }, undefined, decoder);
  return Buffer.concat(found);
}
