/**
 * Two versions of the package on one cache, one project and one destination: by turns, and at the same
 * time. Both pull, place, heal and prune; neither distrusts for ever what the other wrote, and fields of
 * records that are not known yet harm nobody.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import { assertTidy, filesIn, placeFor, TODAY, type Run } from "./command";

const OLD = { "a.txt": "old", "dir/b.txt": "b" };
const NEW = { "a.txt": "new", "dir/b.txt": "b", "c.txt": "c" };

/** The command of the package as it was; see test/data/packages/README.md. */
function earlyCommand(t: TestContext): string {
  const root = folderFor(t);
  execFileSync("tar", ["-xzf", join("test", "data", "packages", "0.1.0-early.tgz"), "-C", root]);
  fs.symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"));
  return join(root, "dist", "cli", "main.js");
}

async function ground(t: TestContext) {
  const registry = await registryFor(t);
  for (const [tag, files] of Object.entries({ old: OLD, new: NEW })) {
    publish(registry, "team/app", tag, {
      layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
    });
  }
  const place = placeFor(t);
  const versions = [TODAY, earlyCommand(t)] as const;
  const pull = (script: string, tag: string): Promise<Run> => {
    const reference = `${registry.host}/team/app:${tag}`;
    return place.run(["pull", reference, "--plain-http", "--output", "out"], { script });
  };
  return { registry, place, versions, pull };
}

function assertDone({ exitCode, stderr }: Run): void {
  assert.equal(exitCode, 0, stderr);
  assert.equal(stderr, "");
}

test("by turns: each goes on with what the other wrote, and nothing is fetched twice", async (t) => {
  const { registry, place, versions, pull } = await ground(t);
  const [today, early] = versions;
  for (const [script, tag, content] of [
    [early, "old", OLD],
    [today, "old", OLD],
    [today, "new", NEW],
    [early, "new", NEW],
    [early, "old", OLD],
    [today, "new", NEW],
  ] as const) {
    assertDone(await pull(script, tag));
    assert.deepEqual(filesIn(place, "out"), content);
  }
  assert.equal(registry.count({ kind: "blob", status: 200 }), 2);
  await assertTidy(place);
});

test("the same content by turns: the record settles, and is not written to and fro", async (t) => {
  const { place, versions, pull } = await ground(t);
  const folder = join(place.cache, "destinations");
  const record = (): string => {
    const [name = ""] = fs.readdirSync(folder);
    return fs.readFileSync(join(folder, name), "utf8");
  };
  const inode = (): number => fs.statSync(join(place.project, "out/a.txt")).ino;
  for (const script of versions) assertDone(await pull(script, "new"));
  const [settled, placed] = [record(), inode()];
  for (const script of [...versions, ...versions]) assertDone(await pull(script, "new"));
  assert.equal(record(), settled);
  assert.equal(inode(), placed);
});

test("pruning and healing by turns: what one takes away, or breaks, the other has again", async (t) => {
  const { place, versions, pull } = await ground(t);
  const [blobs, out] = [join(place.cache, "blobs/sha256"), join(place.project, "out")];
  const [today, early] = versions;
  for (const [one, other] of [
    [today, early],
    [early, today],
  ] as const) {
    assertDone(await pull(one, "new"));
    assert.equal((await place.run(["cache", "prune", "--all"], { script: other })).exitCode, 0);
    fs.rmSync(out, { recursive: true });
    assertDone(await pull(one, "new"));
    for (const name of fs.readdirSync(blobs)) fs.writeFileSync(join(blobs, name), "damaged");
    fs.rmSync(out, { recursive: true });
    assert.equal((await pull(other, "new")).exitCode, 0);
    assert.deepEqual(filesIn(place, "out"), NEW);
    await assertTidy(place);
  }
});

test("fields that are not known yet: nobody stumbles over them", async (t) => {
  const { place, versions, pull } = await ground(t);
  const folder = join(place.cache, "destinations");
  for (const script of versions) {
    assertDone(await pull(script, "old"));
    for (const name of fs.readdirSync(folder)) {
      const known = JSON.parse(fs.readFileSync(join(folder, name), "utf8")) as object;
      const text = JSON.stringify({ ...known, later: { of: "a version to come" } });
      fs.writeFileSync(join(folder, name), text);
    }
    assertDone(await pull(script, "old"));
    assertDone(await pull(script, "new"));
    assert.deepEqual(filesIn(place, "out"), NEW);
  }
});

test("at the same time: all succeed, and the content is that of one of them", async (t) => {
  const { place, versions, pull } = await ground(t);
  const runs = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const script = versions[index % 2] ?? TODAY;
      if (index >= 6) return await place.run(["cache", "prune", "--all"], { script });
      return await pull(script, index % 4 < 2 ? "old" : "new");
    }),
  );
  for (const { exitCode, stderr } of runs) assert.equal(exitCode, 0, stderr);
  const content = filesIn(place, "out");
  assert.deepEqual(content, content["a.txt"] === "old" ? OLD : NEW);
  for (const script of versions) assertDone(await pull(script, "new"));
  await assertTidy(place);
});
