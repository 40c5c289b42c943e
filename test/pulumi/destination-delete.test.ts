/** What becomes of the copy at `destination` when the resource goes, or was never checked. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { lifecycleWorld, URN } from "./lifecycle-world";
import { placed, said, SIGNAL } from "./placed-resource";

test("create without a check fails, and claims to have placed nothing", async (context) => {
  const at = await placed(context);
  fs.rmSync(join(at.world.project, "vendor"), { recursive: true });
  await assert.rejects(
    at.world.host().lifecycle.create(at.state, SIGNAL),
    /has not checked the resource\nhint: run again/,
  );
});

describe("delete", () => {
  test("removes what was placed, and names what stays", async (context) => {
    const at = await placed(context);
    fs.writeFileSync(at.file("a.txt"), "edited");
    fs.writeFileSync(at.file("dir/mine.txt"), "mine");
    const host = at.world.host();
    await host.lifecycle.delete(at.id, at.state);
    assert.deepEqual(fs.readdirSync(at.file(".")).sort(), ["a.txt", "dir"]);
    assert.deepEqual(fs.readdirSync(at.file("dir")), ["mine.txt"]);
    assert.match(said({ host }), /warning: .*a\.txt/);
  });

  test("of the last owner only: two stacks may share a folder", async (context) => {
    const at = await placed(context);
    const host = at.world.host();
    const other = await host.check(at.given, { urn: URN.replace("::dev::", "::prod::") });
    const { id } = await host.lifecycle.create(other.inputs, SIGNAL);
    await host.lifecycle.delete(at.id, at.state);
    assert.equal(fs.readFileSync(at.file("a.txt"), "utf8"), "a");
    await host.lifecycle.delete(id, other.inputs);
    assert.equal(fs.existsSync(at.file(".")), false);
  });

  test("of a resource that the engine created twice, because it died before it wrote that down", async (context) => {
    const at = await placed(context);
    const host = at.world.host();
    const { inputs } = await host.check(at.given);
    const { id } = await host.lifecycle.create(inputs, SIGNAL);
    await host.lifecycle.delete(id, inputs);
    assert.equal(fs.existsSync(at.file(".")), false);
  });

  test("finds the folder of an inline program, which lives elsewhere than the provider", async (context) => {
    const at = await lifecycleWorld(context);
    at.publish({ "a.txt": "a" });
    const elsewhere = join(at.project, "../elsewhere");
    fs.mkdirSync(elsewhere);
    const given = { reference: at.reference, plainHttp: true, destination: "vendor" };
    const host = at.host();
    const { inputs } = await host.check(given, { directory: elsewhere });
    const { id } = await host.lifecycle.create(inputs, SIGNAL);
    assert.ok(fs.existsSync(join(elsewhere, "vendor/a.txt")));
    await at.host().lifecycle.delete(id, inputs);
    assert.equal(fs.existsSync(join(elsewhere, "vendor")), false);
  });
});
