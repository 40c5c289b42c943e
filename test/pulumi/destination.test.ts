/** The copy at `destination` in the life of a resource: when it is an update, and what it touches. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { UNKNOWN } from "../../provider/pulumi/known";
import { lifecycleWorld, URN } from "./lifecycle-world";
import { placed, PREVIEW, run, said, SIGNAL, update } from "./placed-resource";

describe("a destination", () => {
  test("is placed by create, not by a preview", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    const given = { reference: world.reference, plainHttp: true, destination: "vendor" };
    const preview = await world.host().check(given, PREVIEW);
    assert.equal(preview.inputs["placedAt"], UNKNOWN);
    assert.equal(preview.inputs["destination"], "vendor");
    assert.equal(fs.existsSync(join(world.project, "vendor")), false);
    const host = world.host();
    const { inputs } = await host.check(given);
    assert.equal(inputs["placedAt"], "vendor");
    assert.equal(fs.existsSync(join(world.project, "vendor")), false);
    await host.lifecycle.create(inputs, SIGNAL);
    assert.equal(fs.readFileSync(join(world.project, "vendor/a.txt"), "utf8"), "a");
    const tree = join(world.project, String(inputs["path"]), "a.txt");
    assert.notEqual(fs.statSync(tree).ino, fs.statSync(join(world.project, "vendor/a.txt")).ino);
  });

  test("that is in order is no change, in a preview and in an update", async (context) => {
    const at = await placed(context);
    for (const preview of [true, false]) {
      const { shown, changes } = await run(at, {}, preview);
      assert.equal(changes, false);
      assert.deepEqual(shown, at.state);
    }
  });

  test("a moved tag makes placedAt unknown, and the update replaces the copy", async (context) => {
    const at = await placed(context);
    at.world.publish({ "a.txt": "new" });
    fs.writeFileSync(at.file("mine.txt"), "mine");
    assert.equal((await run(at)).shown["placedAt"], UNKNOWN);
    await update(at);
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "new");
    assert.equal(fs.readFileSync(at.file("mine.txt"), "utf8"), "mine");
    assert.equal(fs.existsSync(at.file("dir")), false);
  });

  test("on another machine it is one update, with its reason; path is the same", async (context) => {
    const at = await placed(context);
    fs.rmSync(at.world.project, { recursive: true });
    fs.mkdirSync(at.world.project);
    const preview = await run(at);
    assert.equal(preview.changes, true);
    assert.deepEqual({ ...preview.shown, placedAt: "vendor/app" }, at.state);
    assert.equal(preview.shown["placedAt"], UNKNOWN);
    assert.match(said(preview), /^info: vendor\/app is updated: /m);
    await update(at);
    assert.equal(fs.readFileSync(at.file("dir/b.txt"), "utf8"), "b");
    assert.equal((await run(at)).changes, false);
  });

  test("in a checkout that holds the very content, nothing changes", async (context) => {
    const at = await placed(context);
    fs.rmSync(join(at.world.project, ".oci-artifacts"), { recursive: true });
    assert.equal((await run(at)).changes, false);
    assert.equal((await run(at, {}, false)).changes, false);
  });

  test("in a checkout that holds the content of the state, a moved tag replaces it", async (context) => {
    const at = await placed(context);
    fs.rmSync(join(at.world.project, ".oci-artifacts"), { recursive: true });
    at.world.publish({ "a.txt": "new" });
    await update(at);
    assert.deepEqual(fs.readdirSync(at.file(".")), ["a.txt"]);
  });

  test("leads into the folder that the reference names", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "charts/app/a.txt": "a" });
    const reference = `oci://${world.registry.host}/team/app//charts/app?tag=1`;
    const given = { reference, plainHttp: true, destination: "vendor" };
    const { inputs } = await world.host().check(given);
    assert.equal(inputs["placedAt"], "vendor/charts/app");
  });
});

describe("local changes", () => {
  test("restore: an update that says what was changed, and brings it back", async (context) => {
    const at = await placed(context);
    fs.writeFileSync(at.file("a.txt"), "edited");
    fs.rmSync(at.file("dir/b.txt"));
    const preview = await run(at);
    assert.equal(preview.changes, true);
    assert.match(said(preview), /~ \.\/a\.txt/);
    assert.match(said(preview), /- \.\/dir\/b\.txt/);
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "edited");
    await update(at);
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "a");
    assert.equal(fs.readFileSync(at.file("dir/b.txt"), "utf8"), "b");
  });

  test("keep: no change, and an update to other content leaves them", async (context) => {
    const keep = { onLocalChange: "keep" };
    const at = await placed(context, keep);
    fs.writeFileSync(at.file("a.txt"), "edited");
    assert.equal((await run(at, {}, false)).changes, false);
    at.world.publish({ "a.txt": "new", "dir/b.txt": "new" });
    const host = await update(at);
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "edited");
    assert.equal(fs.readFileSync(at.file("dir/b.txt"), "utf8"), "new");
    assert.match(said({ host }), /warning: .*\.\/a\.txt/);
  });

  test("error: a failure in the preview that names them", async (context) => {
    const at = await placed(context, { onLocalChange: "error" });
    fs.writeFileSync(at.file("a.txt"), "edited");
    await assert.rejects(
      at.world.host().check(at.given, PREVIEW, at.state),
      (error) =>
        error instanceof OciError && error.code === "LOCAL_CHANGE" && /a\.txt/.test(error.message),
    );
  });

  test("a file of the user's where content has to go is an error in the preview", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    fs.mkdirSync(join(world.project, "vendor"));
    fs.writeFileSync(join(world.project, "vendor/a.txt"), "mine");
    const given = { reference: world.reference, plainHttp: true, destination: "vendor" };
    await assert.rejects(
      world.host().check(given, PREVIEW),
      (error) => error instanceof OciError && error.code === "DESTINATION_NOT_OURS",
    );
    assert.equal(fs.readFileSync(join(world.project, "vendor/a.txt"), "utf8"), "mine");
  });
});

describe("another destination", () => {
  test("the copy moves, and files of the user stay behind", async (context) => {
    const at = await placed(context);
    fs.writeFileSync(at.file("mine.txt"), "mine");
    await update(at, { destination: "lib" });
    assert.equal(fs.readFileSync(join(at.world.project, "lib/a.txt"), "utf8"), "a");
    assert.deepEqual(fs.readdirSync(at.file(".")), ["mine.txt"]);
  });

  for (const destination of ["./vendor/app", "vendor/app/", "x/../vendor/app"]) {
    test(`the same one spelled ${destination}: the copy stays, and is no update but its name`, async (context) => {
      const at = await placed(context);
      await update(at, { destination });
      assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "a");
      fs.rmSync(join(at.world.project, ".oci-artifacts"), { recursive: true });
      at.world.publish({ "a.txt": "new" });
      await update(at, { destination: "vendor/./app" });
      assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "new", "vouched for by the state");
    });
  }

  test("the same one by way of a link: the copy stays", async (context) => {
    const at = await placed(context);
    fs.symlinkSync("vendor", join(at.world.project, "link"));
    await update(at, { destination: "link/app" });
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "a");
    fs.rmSync(join(at.world.project, ".oci-artifacts"), { recursive: true });
    at.world.publish({ "a.txt": "new" });
    await update(at, { destination: "link/app" });
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "new", "vouched for by the state");
  });

  test("the old one refuses: a warning, and the update is done", async (context) => {
    const at = await placed(context);
    fs.rmSync(join(at.world.project, "vendor"), { recursive: true });
    fs.writeFileSync(join(at.world.project, "vendor"), "a file");
    const host = await update(at, { destination: "lib" });
    assert.equal(fs.readFileSync(join(at.world.project, "lib/a.txt"), "utf8"), "a");
    assert.match(said({ host }), /^$|warning: vendor\/app keeps its copy: /);
  });

  test("none: the copy goes", async (context) => {
    const at = await placed(context);
    const { destination: _none, ...given } = at.given;
    const { shown, host, changes } = await run({ ...at, given }, {}, false);
    assert.equal(changes, true);
    assert.equal("placedAt" in shown, false);
    await host.lifecycle.update(at.id, at.state, shown, SIGNAL);
    assert.equal(fs.existsSync(at.file(".")), false);
  });

  for (const [name, one, other] of [
    ["equal", "vendor", "./vendor"],
    ["nested", "vendor", "vendor/app"],
    ["nested the other way", "vendor/app", "vendor"],
  ] as const) {
    test(`two of one run that are ${name} are refused`, async (context) => {
      const world = await lifecycleWorld(context);
      world.publish({ "a.txt": "a" });
      const given = { reference: world.reference, plainHttp: true };
      const host = world.host();
      await host.check({ ...given, destination: one }, PREVIEW);
      const urn = URN.replace("manifests", "others");
      await assert.rejects(
        host.check({ ...given, destination: other }, { ...PREVIEW, urn }),
        /^OciError: cannot use input "destination": .* of the resource manifests\n/,
      );
      // The very same resource once more is no conflict.
      await host.check({ ...given, destination: other }, PREVIEW);
    });
  }

  for (const destination of [".", "..", "/", ".oci-artifacts", ".oci-artifacts/x", "~/x", ""]) {
    test(`${JSON.stringify(destination)} is refused`, async (context) => {
      const world = await lifecycleWorld(context);
      world.publish({ "a.txt": "a" });
      const given = { reference: world.reference, plainHttp: true, destination };
      const failures = await world
        .host()
        .check(given)
        .then(
          (answer) => answer.failures.join("\n"),
          (error: unknown) => String(error),
        );
      assert.match(failures, /cannot use input "destination": .*\nhint: /);
    });
  }
});
