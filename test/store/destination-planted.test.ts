/** A checkout may come with made-up work of a dead run: nothing outside of the destination is touched. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { openDestination } from "../../provider/store/destination";
import { groundOf } from "../../provider/store/destination-ground";
import { contentOf } from "./content";
import { never, NEW, OLD, refused, siteFor, type Site } from "./destination-for-test";

const DRAFT = "z.1.1.abc";

interface Scene extends Site {
  readonly area: string;
  readonly aside: string;
  /** A folder of the user's, beside the program. */
  readonly outside: string;
  /** A journal that somebody has made up, with parts of it replaced. */
  readonly plant: (parts?: object, name?: string) => void;
}

/** A program with a file of its user in the destination, and a private folder outside. */
function sceneFor(context: { after(work: () => void): void }): Scene {
  const site = siteFor(context);
  const { folder, aside, area, recordFile } = groundOf({
    folder: site.target,
    shown: "work/out",
    records: site.records,
  });
  const outside = join(site.project, "outside");
  fs.mkdirSync(join(outside, "sub"), { recursive: true });
  fs.writeFileSync(join(outside, "key"), "private");
  fs.writeFileSync(join(outside, "sub/key"), "private");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(site.file("mine.txt"), "mine");
  return {
    ...site,
    area,
    aside,
    outside,
    plant(parts = {}, name = "abandoned.00.journal") {
      const steps = { remove: [], drop: [], make: [], mend: [] };
      const journal = {
        version: 1,
        draft: DRAFT,
        steps: { kind: "files", ...steps, bring: [{ path: "key" }, { path: "sub/key" }] },
        recordFile: recordFile.slice(-37),
        recordFolder: "../../.oci-artifacts/.pulumi/destinations",
        record: { version: 1, key: "k", contentDigest: "d", entries: [], owners: [], shared: [] },
        ...parts,
      };
      fs.mkdirSync(area, { recursive: true });
      fs.writeFileSync(join(area, name), JSON.stringify(journal));
    },
  };
}

const OUTSIDE = { key: "private", "sub/": "", "sub/key": "private" };

/** Nothing outside has changed, and nothing of it lies at the destination. */
function assertUntouched(scene: Scene): void {
  assert.deepEqual(contentOf(scene.outside), OUTSIDE);
  assert.deepEqual(contentOf(scene.target), { "mine.txt": "mine" });
}

describe("a journal that came with a checkout", () => {
  test("moves nothing from behind a link in the place of its draft", async (context) => {
    const scene = sceneFor(context);
    scene.plant();
    fs.symlinkSync("../../outside", join(scene.area, DRAFT));
    await scene.destination.look(scene.wanted(NEW));
    assertUntouched(scene);
    await scene.place(NEW);
    assert.deepEqual(contentOf(scene.outside), OUTSIDE);
    assert.deepEqual(scene.neighbors(), []);
  });

  test("moves nothing from behind a link in its draft", async (context) => {
    const scene = sceneFor(context);
    scene.plant();
    fs.mkdirSync(join(scene.area, DRAFT));
    fs.symlinkSync("../../../outside/sub", join(scene.area, DRAFT, "sub"));
    fs.mkdirSync(scene.file("sub"));
    await scene.destination.look(scene.wanted(NEW));
    assert.deepEqual(contentOf(scene.outside), OUTSIDE);
    assert.deepEqual(contentOf(scene.target), { "mine.txt": "mine", "sub/": "" });
  });

  test("moves nothing from behind a link in the place of the area itself", async (context) => {
    const scene = sceneFor(context);
    const elsewhere = join(scene.project, "elsewhere");
    scene.plant();
    fs.renameSync(scene.area, elsewhere);
    fs.renameSync(scene.outside, join(elsewhere, DRAFT));
    fs.symlinkSync("../elsewhere", scene.area);
    const before = contentOf(elsewhere);
    await scene.destination.look(scene.wanted(NEW));
    assert.deepEqual(contentOf(elsewhere), before);
    assert.deepEqual(scene.content(), { "mine.txt": "mine" });
    assert.deepEqual(scene.neighbors(), [], "the link has gone");
  });

  test("writes no record but that of this folder", async (context) => {
    for (const recordFolder of [
      "../../outside/records",
      "../../outside",
      "../../outside/.oci-artifacts/.pulumi/destinations",
      "../../records",
    ]) {
      const scene = sceneFor(context);
      const place = join(scene.outside, ".oci-artifacts/.pulumi/destinations");
      fs.mkdirSync(place, { recursive: true });
      fs.symlinkSync("outside/sub", join(scene.project, "records"));
      const before = contentOf(scene.outside);
      scene.plant({ recordFolder });
      await scene.destination.look(scene.wanted(NEW));
      assert.deepEqual(contentOf(scene.outside), before, recordFolder);
      assert.deepEqual(scene.content(), { "mine.txt": "mine" });
      assert.deepEqual(scene.neighbors(), []);
    }
  });

  test("counts only where a process could have named it", async (context) => {
    const scene = sceneFor(context);
    const steps = { kind: "files", remove: [], drop: [], make: [{ path: "made", mode: 0o755 }] };
    scene.plant({ steps: { ...steps, bring: [], mend: [] } }, "anything.journal");
    await scene.destination.look(scene.wanted(NEW));
    assert.deepEqual(scene.content(), { "mine.txt": "mine" });
  });
});

test("another program's journal writes that program's record of the folder", async (context) => {
  const scene = sceneFor(context);
  const records = join(scene.project, "other/.oci-artifacts/.pulumi/destinations");
  fs.mkdirSync(records, { recursive: true });
  const { recordFile } = groundOf({ folder: scene.target, shown: "work/out", records });
  const recordFolder = "../../other/.oci-artifacts/.pulumi/destinations";
  scene.plant({ recordFolder, recordFile: recordFile.slice(-37) });
  await scene.destination.look(scene.wanted(NEW));
  assert.deepEqual(
    fs.readdirSync(records).map((name) => join(records, name)),
    [recordFile],
  );
});

test("a link in the place of the old content goes, and what it leads to stays", async (context) => {
  const scene = sceneFor(context);
  fs.rmSync(scene.target, { recursive: true });
  fs.symlinkSync("../outside", scene.aside);
  await scene.destination.look(scene.wanted(OLD));
  assert.equal(fs.existsSync(scene.target), false);
  await scene.place(OLD);
  assert.deepEqual(scene.content(), OLD);
  assert.deepEqual(contentOf(scene.outside), OUTSIDE);
  assert.deepEqual(scene.neighbors(), []);
});

test("a file in the place of the area stays, and the error names it", async (context) => {
  const scene = sceneFor(context);
  fs.writeFileSync(scene.area, "mine");
  const fact = new RegExp(`: ${scene.area} is no folder, and work under way needs one`);
  await refused(scene.destination.look(scene.wanted(OLD)), "DESTINATION_NOT_OURS", fact);
  await refused(scene.place(OLD, { fill: never }), "DESTINATION_NOT_OURS", fact);
  assert.equal(fs.readFileSync(scene.area, "utf8"), "mine");
});

test("names that are too long, and paths that lead in a circle, are said in words", async (context) => {
  const scene = sceneFor(context);
  fs.symlinkSync("circle", join(dirname(scene.target), "circle"));
  for (const [folder, fact] of [
    [join(scene.project, "v".repeat(240)), "its name is too long (ENAMETOOLONG)"],
    [join(dirname(scene.target), "circle/out"), "its path leads in a circle (ELOOP)"],
  ] as const) {
    const destination = openDestination({ folder, shown: folder, records: scene.records });
    await assert.rejects(destination.look(scene.wanted(OLD)), (error: Error) => {
      assert.ok(error.message.includes(`: ${fact}\nhint: `), error.message);
      return true;
    });
  }
});
