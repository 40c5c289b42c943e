/** The input `lockFile` of the resource and of the functions: digests, requests, warnings, errors. */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError, type ErrorCode } from "../../provider/errors";
import type { LockEntry } from "../../provider/lock/lock-entry";
import { formatLock } from "../../provider/lock/lock-file";
import { lifecycleWorld } from "../pulumi/lifecycle-world";
import { referrerWorld } from "../pulumi/referrer-world";

const OLD = { "a.txt": "old", "b/c.yaml": "c" };
const NEW = { "a.txt": "new" };

/** A program whose artifact is locked, and whose tag has moved since. */
async function lockedProgram(t: TestContext) {
  const world = await lifecycleWorld(t);
  const { digest } = world.publish(OLD);
  const { reference, project } = world;
  const inputs = { reference, plainHttp: true, lockFile: "locks/app.json" };
  const { plainHttp } = inputs;
  const { inputs: unlocked } = await world.host().check({ reference, plainHttp });
  const content = { of: digest, digest: String(unlocked["contentDigest"]) };
  const entry: LockEntry = { reference, digest, content, inputs: {} };
  const lock = (...entries: readonly LockEntry[]): void => {
    mkdirSync(join(project, "locks"), { recursive: true });
    writeFileSync(join(project, "locks", "app.json"), formatLock(entries));
  };
  lock(entry);
  return { world, inputs, entry, lock, unlocked };
}

function failsWith(code: ErrorCode, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OciError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };
}

test("the digest is the lock file's, also where the tag has moved: which is a warning", async (t) => {
  const { world, inputs, entry, lock, unlocked } = await lockedProgram(t);
  const same = world.host();
  assert.deepEqual(
    (await same.check(inputs)).inputs,
    unlocked,
    "nothing of the lock file is stored",
  );
  assert.deepEqual(same.report.said("warning"), []);

  const moved = world.publish(NEW);
  const host = world.host();
  world.registry.clearRequests();
  assert.deepEqual((await host.check(inputs, {}, unlocked)).inputs, unlocked);
  assert.deepEqual(host.report.said("warning"), [
    `the tag 1 points to ${moved.digest}, and locks/app.json has ${entry.digest}, which is taken: the lock file is outdated\n` +
      `hint: look at what changed, and renew the lock file: oci-artifact lock ${world.reference} --lock-file locks/app.json`,
  ]);
  const requests = world.registry.requests.map(({ kind, method }) => `${method} ${kind}`);
  assert.deepEqual(requests, ["HEAD manifest"]);

  lock({ reference: entry.reference, digest: moved.digest, inputs: {} });
  const { inputs: renewed } = await world.host().check(inputs, {}, unlocked);
  assert.equal(renewed["digest"], moved.digest);
  assert.equal(renewed["reference"], world.reference);
  assert.equal(renewed["tag"], "1");
});

test("with the digest in the cache, an outage is no matter", async (t) => {
  const { world, inputs, unlocked } = await lockedProgram(t);
  await world.registry.close();
  const host = world.host();
  assert.deepEqual((await host.check(inputs)).inputs, unlocked);
  assert.deepEqual(host.report.said("warning"), []);
});

test('onTagMove "error" makes a moved tag an error, and a renewed lock file none', async (t) => {
  const { world, inputs, entry, lock, unlocked } = await lockedProgram(t);
  const strict = { ...inputs, onTagMove: "error" };
  assert.deepEqual((await world.host().check(strict, {}, unlocked)).inputs, unlocked);
  const { digest } = world.publish(NEW);
  await assert.rejects(
    world.host().check(strict, {}, unlocked),
    failsWith(
      "LOCK_OUTDATED",
      /^cannot use \S+: the tag 1 points to .*\nhint: .*: oci-artifact lock /,
    ),
  );
  lock({ reference: entry.reference, digest, inputs: {} });
  const { inputs: renewed } = await world.host().check(strict, {}, unlocked);
  assert.equal(renewed["digest"], digest, "that the lock file has changed is what was wanted");
});

test('onTagMove "keep" follows the lock file: it is what keeps', async (t) => {
  const { world, inputs, entry, lock, unlocked } = await lockedProgram(t);
  const { digest } = world.publish(NEW);
  lock({ reference: entry.reference, digest, inputs: {} });
  const kept = await world.host().check({ ...inputs, onTagMove: "keep" }, {}, unlocked);
  assert.equal(kept.inputs["digest"], digest);
});

describe("what the lock file does not say", () => {
  test("no entry, and no file: an error with the command that adds it", async (t) => {
    const { world, inputs } = await lockedProgram(t);
    const reference = world.reference.replace(/1$/, "2");
    const wanted = { ...inputs, reference, stripComponents: 1, include: ["*.md", "it's"] };
    const flags = String.raw`--strip-components 1 --include '\*\.md' --include 'it'\\''s' --lock-file`;
    const command = (file: string): string =>
      `\nhint: to lock it: oci-artifact lock ${reference} ${flags} ${file}$`;
    await assert.rejects(
      world.host().check(wanted),
      failsWith(
        "LOCK_OUTDATED",
        new RegExp(`: locks/app\\.json has no entry for it${command("locks/app.json")}`),
      ),
    );
    await assert.rejects(
      world.host().check({ ...wanted, lockFile: "gone.json" }),
      failsWith("LOCK_OUTDATED", new RegExp(`: there is no gone\\.json${command("gone.json")}`)),
    );
  });

  test("a file that is none: an error that names it", async (t) => {
    const { world, inputs } = await lockedProgram(t);
    writeFileSync(join(world.project, "bad.json"), "{");
    await assert.rejects(
      world.host().check({ ...inputs, lockFile: "bad.json" }),
      failsWith("CONFIG", /^cannot use the lock file bad\.json: it is no JSON/),
    );
    await assert.rejects(
      world.host().check({ ...inputs, lockFile: "locks" }),
      failsWith("CONFIG", /^cannot read the lock file locks: it cannot be read \(EISDIR\)/),
    );
  });

  test("what names its digest itself needs no entry, and contradicts none", async (t) => {
    const { world, inputs, entry, lock } = await lockedProgram(t);
    const { digest } = world.publish(NEW);
    const both = { ...inputs, reference: `${world.reference}@${digest}` };
    const words = new RegExp(
      `: its digest is ${digest}, and locks/app\\.json has ${entry.digest}\nhint: `,
    );
    await assert.rejects(world.host().check(both), failsWith("INVALID_INPUT", words));
    const beside = world.host().check({ ...inputs, digest });
    await assert.rejects(beside, failsWith("INVALID_INPUT", /^cannot use input "digest": it is /));
    lock();
    for (const pinned of [both, { ...inputs, digest }]) {
      assert.equal((await world.host().check(pinned)).inputs["digest"], digest);
    }
    lock({ reference: world.reference, digest, inputs: {} });
    assert.equal((await world.host().check(both)).inputs["digest"], digest);
  });

  test("entries of one artifact that disagree, where none is the very one", async (t) => {
    const { world, inputs, entry, lock } = await lockedProgram(t);
    const { digest } = world.publish(NEW);
    lock(entry, { ...entry, digest, inputs: { include: ["*.txt"] } });
    assert.equal((await world.host().check(inputs)).inputs["digest"], entry.digest);
    const narrow = { ...inputs, include: ["*.txt"] };
    assert.equal((await world.host().check(narrow)).inputs["digest"], digest);
    await assert.rejects(
      world.host().check({ ...inputs, include: ["b/**"] }),
      failsWith(
        "LOCK_OUTDATED",
        /has it with 2 digests\n {2}sha256:\w+\n {2}sha256:\w+\nhint: to lock it: /,
      ),
    );
  });
});

describe("the content", () => {
  test("that is another one for the same digest is refused, and leaves no tree", async (t) => {
    const { world, inputs, entry, lock } = await lockedProgram(t);
    const content = { of: entry.digest, digest: `sha256:${"0".repeat(64)}` };
    lock({ ...entry, content });
    const words =
      /the content of sha256:\w+ is sha256:\w+, and locks\/app\.json has sha256:0+\nhint: /;
    await assert.rejects(world.host().check(inputs), failsWith("LOCK_OUTDATED", words));
    lock({ ...entry, content, inputs: { include: ["*.txt"] } });
    const fresh = { ...inputs, include: ["*.txt"], destination: "copy" };
    const trees = readdirSync(join(world.project, ".oci-artifacts"));
    await assert.rejects(world.host().check(fresh), failsWith("LOCK_OUTDATED", words));
    assert.deepEqual(readdirSync(join(world.project, ".oci-artifacts")), trees);
    const { inputs: others } = await world.host().check({ ...fresh, exclude: ["b/**"] });
    assert.equal(others["digest"], entry.digest, "of other parts the lock file says nothing");
  });

  test("that is of another digest is told, and is no error", async (t) => {
    const { world, inputs, entry, lock } = await lockedProgram(t);
    const { digest } = world.publish(NEW);
    lock({ ...entry, digest });
    const host = world.host();
    assert.equal((await host.check(inputs)).inputs["digest"], digest);
    assert.match(
      host.report.said("info").join("\n"),
      /does not know the content of sha256:\w+ yet; to add it: oci-artifact lock /,
    );
  });
});

test("a range takes the tag and the version that were locked", async (t) => {
  const { world, inputs, entry, lock } = await lockedProgram(t);
  world.publish(OLD, "v1.2.0");
  const reference = world.reference.replace(/:1$/, "");
  const range = { ...inputs, reference, semver: "^1.2" };
  lock({ ...entry, reference, tag: "v1.2.0", inputs: { semver: "^1.2" } });
  world.publish(NEW, "v1.3.0");
  world.registry.clearRequests();
  const { inputs: locked } = await world.host().check(range);
  const { digest, tag, version } = locked;
  assert.deepEqual([digest, tag, version], [entry.digest, "v1.2.0", "1.2.0"]);
  assert.equal(world.registry.count({ kind: "tags" }), 0);
  await assert.rejects(
    world.host().check({ ...range, semver: "^1.3" }),
    failsWith("LOCK_OUTDATED", /has no entry for it\nhint: .* --semver '\^1\.3'/),
  );
});

describe("what refers to an artifact", () => {
  test("is locked by its own digest, and the artifact's tag is no matter", async (t) => {
    const world = await referrerWorld(t);
    const { attach, registry, project, inputs } = world;
    const { digest } = attach();
    const { reference, referrer } = inputs;
    const entry: LockEntry = { reference, digest, inputs: { referrer } };
    writeFileSync(join(project, "lock.json"), formatLock([entry]));
    const given = { ...inputs, lockFile: "lock.json" };
    const first = await world.host().check(given);
    assert.equal(first.inputs["digest"], digest);
    world.publish({ "a.txt": "new" });
    registry.clearRequests();
    const later = world.host();
    assert.deepEqual((await later.check(given, {}, first.inputs)).inputs, first.inputs);
    assert.deepEqual(later.report.said("warning"), []);
    assert.equal(registry.count(), 0);
    const plain = world.host().check({ ...given, referrer: undefined });
    await assert.rejects(plain, failsWith("LOCK_OUTDATED", /has no entry for it/));
  });
});
