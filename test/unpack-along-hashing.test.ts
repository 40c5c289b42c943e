/**
 * Who hashes a blob that is unpacked while it is fetched, and when what came of it counts: by the promises
 * that the reader of a draft gives to the store.
 */
import * as assert from "node:assert/strict";
import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { digestOf } from "../provider/digest";
import { fileFacts } from "../provider/store/file-facts";
import type { Plan } from "../provider/types";
import { UnpackAlong } from "../provider/unpack-along";
import { MEDIA_TYPES } from "./support/artifacts";
import { folderFor } from "./support/folder-for-test";

/** Large enough that it is read along; nobody here has its bytes. */
const SIZE = 9 * 1024 ** 2;
const DIGEST = digestOf("the blob");

const noBlob = (): never => {
  throw new Error("there is one blob only");
};

describe("who hashes what is read along", () => {
  const planOf = (mediaType: string, kind: "archive" | "detect"): Plan => ({
    isImage: false,
    layers: [
      {
        descriptor: { mediaType, digest: DIGEST, size: SIZE, annotations: {} },
        index: 0,
        form: kind === "archive" ? { kind, directory: "" } : { kind, name: "it" },
      },
    ],
  });
  const readerOf = (mediaType: string, kind: "archive" | "detect", draft: string) => {
    const elsewhere: (boolean | undefined)[] = [];
    const plan = planOf(mediaType, kind);
    const along = new UnpackAlong(plan, true, noBlob, (fileOf) => {
      for (const { descriptor } of plan.layers)
        elsewhere.push(fileOf(descriptor).isHashedElsewhere);
      return Promise.resolve([]);
    });
    const reader = along.read(draft, { digest: DIGEST, size: SIZE });
    assert.ok(reader !== undefined);
    return { along, reader, elsewhere };
  };

  for (const [mediaType, kind, hashes] of [
    [MEDIA_TYPES.tarGzip, "archive", false],
    ["application/vnd.example.tar", "archive", false],
    ["archive/zip", "archive", true],
    ["application/octet-stream", "detect", true],
  ] as const) {
    const who = hashes ? "the crew" : "who fetches it";
    test(`${mediaType}: ${who}, and nothing counts of a draft that has changed since`, async (t) => {
      const draft = join(folderFor(t), "draft");
      writeFileSync(draft, "written");
      const before = fileFacts(statSync(draft, { bigint: true }));
      const { along, reader, elsewhere } = readerOf(mediaType, kind, draft);
      assert.equal(reader.hashes, hashes);
      reader.grown(SIZE);
      assert.deepEqual(elsewhere, [!hashes]);
      assert.equal(await along.result(), undefined, "it has not passed yet");
      assert.equal(await reader.isRight(before), true);
      assert.deepEqual(await along.result(), []);
      writeFileSync(draft, "changed");
      utimesSync(draft, 1, 1);
      assert.equal(await reader.isRight(before), false);
      assert.equal(await along.result(), undefined);
      await along.end();
    });
  }
});
