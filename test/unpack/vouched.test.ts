/** Blobs that this process has hashed while it wrote them: not hashed again, unless somebody was there. */
import * as assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { SILENT } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { fileFacts, type FileFacts } from "../../provider/store/file-facts";
import type { LayerForm, Plan, TreeEntry } from "../../provider/types";
import { BlobReader } from "../../provider/unpack/blob";
import { unpack } from "../../provider/unpack/unpack";
import { sha256, tarGz } from "../support/archives";
import { passTick } from "../support/file-clock";
import { folderFor } from "../support/folder-for-test";
import { zip } from "../support/zips";

const ARCHIVE = { kind: "archive", directory: "" } as const;
const FILE = { kind: "file", name: "file.bin" } as const;

/** Whoever hashes a blob sees that it has another digest. */
const OTHER = sha256("other bytes");

interface Laid {
  readonly path: string;
  readonly vouched: FileFacts;
}

function lay(context: TestContext, bytes: Buffer): Laid {
  const path = join(folderFor(context), "blob");
  fs.writeFileSync(path, bytes);
  return { path, vouched: fileFacts(fs.statSync(path, { bigint: true })) };
}

function planOf(form: LayerForm, { vouched }: Laid, digest = OTHER): Plan {
  const descriptor = { mediaType: "a/b", digest, size: Number(vouched.size), annotations: {} };
  return { layers: [{ descriptor, index: 0, form }], isImage: false };
}

async function unpackLaid(
  context: TestContext,
  form: LayerForm,
  laid: Laid,
): Promise<{ readonly entries: readonly TreeEntry[]; readonly staging: string }> {
  const staging = folderFor(context);
  const work = {
    limits: DEFAULT_LIMITS,
    signal: new AbortController().signal,
    report: SILENT,
  };
  const entries = await unpack(planOf(form, laid), () => laid, staging, work, "host/r:1");
  return { entries, staging };
}

const large = randomBytes(9 * 1024 ** 2);
const forms: readonly (readonly [string, Buffer, LayerForm])[] = [
  ["a small archive", tarGz({ "file.bin": "content" }), ARCHIVE],
  ["a large archive", tarGz({ "file.bin": large }), ARCHIVE],
  ["a zip", zip([{ path: "file.bin", content: "content" }]), ARCHIVE],
  ["a small file", Buffer.from("content"), FILE],
  ["a large file", large, FILE],
];

describe("a blob that is as it was when it was hashed", () => {
  for (const [name, bytes, form] of forms) {
    test(`${name} is not hashed again`, async (context) => {
      const { entries, staging } = await unpackLaid(context, form, lay(context, bytes));
      assert.deepEqual(
        entries.map(({ path }) => path),
        ["file.bin"],
      );
      const wanted = bytes.length > large.length / 2 ? large : Buffer.from("content");
      assert.deepEqual(fs.readFileSync(join(staging, "file.bin")), wanted);
    });
  }

  test("as a large file has the mode and the time of every other", async (context) => {
    const { entries, staging } = await unpackLaid(context, FILE, lay(context, large));
    const { mode, mtimeMs } = fs.statSync(join(staging, "file.bin"));
    assert.equal(mode & 0o777, 0o644);
    assert.equal(mtimeMs, Date.UTC(1980, 0, 1));
    assert.equal(entries[0]?.size, large.length);
  });
});

describe("a blob that somebody was at", () => {
  const touches: Readonly<Record<string, (path: string) => void>> = {
    "with one byte written, and its time set back": (path) => {
      const { atime, mtime } = fs.statSync(path);
      const descriptor = fs.openSync(path, "r+");
      fs.writeSync(descriptor, "!", 3);
      fs.closeSync(descriptor);
      fs.utimesSync(path, atime, mtime);
    },
    "that was replaced by its copy": (path) => {
      fs.copyFileSync(path, `${path}.copy`);
      fs.renameSync(`${path}.copy`, path);
    },
    "that was marked as used": (path) => {
      fs.utimesSync(path, new Date(), new Date());
    },
  };
  for (const [name, touch] of Object.entries(touches)) {
    for (const [what, bytes, form] of forms) {
      test(`${what} ${name}: is hashed`, async (context) => {
        const laid = lay(context, bytes);
        passTick(laid.path);
        touch(laid.path);
        await assert.rejects(unpackLaid(context, form, laid), { code: "DIGEST_MISMATCH" });
      });
    }
  }

  test("while it was read: nothing of it counts", (context) => {
    const laid = lay(context, Buffer.from("content"));
    const [layer] = planOf(FILE, laid, sha256("content")).layers;
    assert.ok(layer !== undefined);
    const blob = new BlobReader(laid, { subject: "host/r:1", layer });
    try {
      assert.equal(blob.isVouched, true);
      assert.equal(blob.next(Buffer.alloc(100))?.toString(), "content");
      blob.verify();
      passTick(laid.path);
      fs.writeFileSync(laid.path, "CONTENT");
      assert.throws(
        () => {
          blob.verify();
        },
        { code: "DIGEST_MISMATCH", message: /changed while it was read/ },
      );
    } finally {
      blob.close();
    }
  });
});
