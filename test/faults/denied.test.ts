/**
 * Folders and files that this user may not write or read, one after the other: a pull comes to its content,
 * or to an error that names the place; put right, the next one succeeds. Modes do not bind root: there,
 * the processes are those of another user.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { assertInWords, assertTidy, filesIn, placeFor, type Place } from "./command";

const OLD = { "a.txt": "old", "dir/b.txt": "b" };
const NEW = { "a.txt": "new", "dir/b.txt": "b" };

interface Denial {
  readonly title: string;
  readonly path: (place: Place) => string;
  readonly mode: number;
  /** Whether the new content comes all the same. */
  readonly isServed: boolean;
}

const blobOf = ({ cache }: Place): string => {
  const folder = join(cache, "blobs/sha256");
  return join(folder, fs.readdirSync(folder)[0] ?? "");
};

const DENIALS: readonly Denial[] = [
  { title: "the cache is read-only", path: ({ cache }) => cache, mode: 0o555, isServed: true },
  { title: "a blob is unreadable", path: blobOf, mode: 0o000, isServed: true },
  {
    title: "the folder of records is read-only",
    path: ({ cache }) => join(cache, "destinations"),
    mode: 0o555,
    isServed: false,
  },
  {
    title: "the folder around the content is read-only",
    path: ({ project }) => join(project, "vendor"),
    mode: 0o555,
    isServed: false,
  },
  {
    title: "the folder around the content is closed",
    path: ({ project }) => join(project, "vendor"),
    mode: 0o000,
    isServed: false,
  },
];

describe("what may not be written or read", () => {
  for (const { title, path, mode, isServed } of DENIALS) {
    test(title, async (t) => {
      const registry = await registryFor(t);
      for (const [tag, files] of Object.entries({ old: OLD, new: NEW })) {
        publish(registry, "team/app", tag, {
          layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
        });
      }
      const place = placeFor(t);
      const pull = (tag: string) => {
        const reference = `${registry.host}/team/app:${tag}`;
        const line = ["pull", reference, "--plain-http", "--output", "vendor/app"];
        return place.run(line, { isPlain: true });
      };
      assert.equal((await pull("old")).exitCode, 0);
      const denied = path(place);
      const before = fs.statSync(denied).mode;
      fs.chmodSync(denied, mode);
      const again = await pull("new");
      fs.chmodSync(denied, before);
      if (isServed) assert.equal(again.exitCode, 0, again.stderr);
      else assertInWords(again, /\(EACCES\)/);
      assert.deepEqual(filesIn(place, "vendor/app"), isServed ? NEW : OLD);
      for (const [tag, content] of Object.entries({ new: NEW, old: OLD })) {
        const { exitCode, stderr } = await pull(tag);
        assert.equal(exitCode, 0, stderr);
        assert.deepEqual(filesIn(place, "vendor/app"), content);
      }
      await assertTidy(place);
    });
  }
});
