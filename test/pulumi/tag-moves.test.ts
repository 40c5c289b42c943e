/** What a moved tag means by `onTagMove`, for a tag and for `tag@digest`: digests and requests. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { lifecycleWorld } from "./lifecycle-world";

const tagMoved = (error: unknown): boolean =>
  error instanceof OciError &&
  error.code === "TAG_MOVED" &&
  /hint: .*onTagMove/.test(error.message);

describe("a tag that has moved since the last update", () => {
  test("update, the default, follows it", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "old" });
    const inputs = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(inputs);
    const moved = world.publish({ "a.txt": "new" });
    for (const onTagMove of [undefined, "update"]) {
      const { inputs: second } = await world
        .host()
        .check({ ...inputs, onTagMove }, {}, first.inputs);
      assert.equal(second["digest"], moved.digest);
      assert.equal(second["onTagMove"], undefined, "no fact of the content, and no diff");
    }
  });

  test("keep stays with the recorded digest, and asks nobody", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old" });
    const inputs = { reference: world.reference, plainHttp: true, onTagMove: "keep" };
    const first = await world.host().check(inputs);
    assert.equal(first.inputs["digest"], old.digest, "there is nothing to keep at first");
    world.publish({ "a.txt": "new" });
    world.registry.clearRequests();
    const second = await world.host().check(inputs, {}, first.inputs);
    assert.deepEqual(second.inputs, first.inputs);
    assert.equal(world.registry.count(), 0);
  });

  test("keep ends when the reference changes", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "old" });
    const inputs = { plainHttp: true, onTagMove: "keep" };
    const first = await world.host().check({ ...inputs, reference: world.reference });
    const other = world.publish({ "a.txt": "two" }, "2");
    const reference = world.reference.replace(/1$/, "2");
    const second = await world.host().check({ ...inputs, reference }, {}, first.inputs);
    assert.equal(second.inputs["digest"], other.digest);
  });

  test("error refuses it, and says from what to what", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old" });
    const inputs = { reference: world.reference, plainHttp: true, onTagMove: "error" };
    const first = await world.host().check(inputs);
    const same = await world.host().check(inputs, {}, first.inputs);
    assert.deepEqual(same.inputs, first.inputs);
    const moved = world.publish({ "a.txt": "new" });
    await assert.rejects(world.host().check(inputs, {}, first.inputs), (error: unknown) => {
      assert.ok(tagMoved(error));
      assert.match(String(error), new RegExp(`moved from ${old.digest} to ${moved.digest}`));
      return true;
    });
    assert.equal(world.registry.count({ kind: "blob" }), 1, "and fetches nothing of it");
  });
});

test("pinning the new digest answers the error of a moved tag", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "old" });
  const inputs = { reference: world.reference, plainHttp: true, onTagMove: "error" };
  const first = await world.host().check(inputs);
  const moved = world.publish({ "a.txt": "new" });
  const pinned = { ...inputs, digest: moved.digest };
  const second = await world.host().check(pinned, {}, first.inputs);
  assert.equal(second.inputs["digest"], moved.digest);
});

describe("a tag beside a digest", () => {
  test("that agrees: one HEAD, no word", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish({ "a.txt": "old" });
    const host = world.host();
    const reference = `${world.reference}@${digest}`;
    const { inputs } = await host.check({ reference, plainHttp: true });
    assert.equal(inputs["digest"], digest);
    assert.equal(inputs["tag"], "1");
    assert.deepEqual(host.report.said("warning"), []);
    assert.deepEqual(
      world.registry.matching({ reference: "1" }).map(({ method }) => method),
      ["HEAD"],
    );
  });

  for (const onTagMove of ["update", "keep"]) {
    test(`that points elsewhere is a warning with ${onTagMove}; the digest is taken`, async (context) => {
      const world = await lifecycleWorld(context);
      const old = world.publish({ "a.txt": "old" });
      const moved = world.publish({ "a.txt": "new" });
      const host = world.host();
      const reference = `${world.reference}@${old.digest}`;
      const { inputs } = await host.check({ reference, plainHttp: true, onTagMove });
      assert.equal(inputs["digest"], old.digest);
      assert.deepEqual(host.report.said("warning"), [
        `the tag 1 points to ${moved.digest}, and the reference names ${old.digest}; the digest is taken`,
      ]);
      await host.lifecycle.create(inputs, new AbortController().signal);
      assert.equal(host.report.said("warning").length, 1, "said once");
    });
  }

  test("that points elsewhere is a failure with error", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old" });
    world.publish({ "a.txt": "new" });
    const reference = `${world.reference}@${old.digest}`;
    const inputs = { reference, plainHttp: true, onTagMove: "error" };
    await assert.rejects(world.host().check(inputs), tagMoved);
  });

  test("that cannot be asked for is nothing to compare", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish({ "a.txt": "old" });
    const reference = `${world.reference}@${digest}`;
    const inputs = { reference, plainHttp: true, onTagMove: "error" };
    await world.host().check(inputs);
    await world.registry.stop();
    const again = await world.host().check(inputs);
    assert.equal(again.inputs["digest"], digest);
  });

  test("that was asked for ahead is not asked for again", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old" });
    const moved = world.publish({ "a.txt": "new" });
    const { fingerprintOf } = await import("../../provider/pulumi/run-options.js");
    const given = { reference: `${world.reference}@${old.digest}`, plainHttp: true };
    const ahead = {
      fingerprint: fingerprintOf(given),
      digest: old.digest,
      tagDigest: moved.digest,
    };
    const host = world.host();
    await host.check(given, { ahead });
    assert.equal(host.report.said("warning").length, 1);
    assert.equal(world.registry.count({ reference: "1" }), 0);
  });
});
