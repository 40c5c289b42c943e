/** Check against a real registry: what is injected, what is removed, who is asked. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hasUnknown, UNKNOWN } from "../../provider/pulumi/known";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { OUTPUTS } from "../../provider/pulumi/outputs";
import { MEDIA_TYPES } from "../support/artifacts";
import { lifecycleWorld } from "./lifecycle-world";

const FILES = { "dir/b.txt": "bravo", "a.txt": "alpha" };

describe("check", () => {
  test("injects the outputs, removes how, and the content is there", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish(FILES);
    const host = world.host();
    const given = {
      reference: world.reference,
      plainHttp: true,
      skipTlsVerify: false,
      credentials: { username: "someone", password: "hunter2-and-more" },
      caCertificates: [],
    };
    const { failures, inputs } = await host.check(given, { preview: true });
    assert.deepEqual(failures, []);
    const path = `.oci-artifacts/app-${digest.slice("sha256:".length, "sha256:".length + 16)}`;
    const expected = {
      reference: world.reference,
      digest,
      manifestDigest: digest,
      path,
      pinned: `${world.registry.host}/team/app@${digest}`,
      tag: "1",
      mediaType: MEDIA_TYPES.manifest,
      annotations: {},
      fileCount: 2,
      size: 10,
    };
    const { artifactType, contentDigest, files, ...rest } = inputs;
    assert.deepEqual(rest, expected);
    assert.equal(artifactType, "application/vnd.unknown.artifact.v1");
    assert.match(String(contentDigest), /^sha256:/);
    assert.deepEqual(Object.keys(files as object), ["./a.txt", "./dir/b.txt"]);
    assert.equal(fs.readFileSync(join(world.project, path, "dir/b.txt"), "utf8"), "bravo");
    assert.doesNotMatch(JSON.stringify(inputs), /hunter2|someone|plainHttp|__/);
  });

  test("works without the hidden input, as for another host", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish(FILES);
    const answer = await world.host().check({ reference: world.reference, plainHttp: true }, null);
    assert.equal(answer.inputs["digest"], digest);
  });

  test("reports all failures at once, and asks nobody", async (context) => {
    const world = await lifecycleWorld(context);
    const answer = await world.host().check({ reference: 1, plainHTTP: true, digest: [] });
    assert.equal(answer.failures.length, 3);
    assert.deepEqual(answer.inputs, {});
    assert.deepEqual(world.registry.requests, []);
  });

  test("fails with the registry's answer, and leaves nothing", async (context) => {
    const world = await lifecycleWorld(context);
    const host = world.host();
    const work = host.check({ reference: world.reference, plainHttp: true });
    await assert.rejects(work, { name: "OciError", code: "NOT_FOUND" });
    assert.deepEqual(fs.readdirSync(world.project), []);
  });

  const unknowns: readonly [string, Properties][] = [
    ["reference", { reference: UNKNOWN }],
    ["how", { plainHttp: "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7" }],
    ["part of the credentials", { credentials: { username: "u", password: UNKNOWN } }],
    ["element of a list", { caCertificates: ["x", UNKNOWN] }],
  ];
  for (const [name, wrong] of unknowns) {
    test(`an unknown ${name} makes all outputs unknown, and asks nobody`, async (context) => {
      const world = await lifecycleWorld(context);
      const given = {
        reference: world.reference,
        semver: "^1",
        referrer: { artifactType: "application/spdx+json" },
        plainHttp: true,
        destination: "vendor",
        verify: { keys: ["cosign.pub"] },
        ...wrong,
      };
      const { failures, inputs } = await world.host().check(given, { preview: true });
      assert.deepEqual(failures, []);
      for (const output of Object.keys(OUTPUTS)) assert.equal(inputs[output], UNKNOWN, output);
      assert.equal("credentials" in inputs || "plainHttp" in inputs, false);
      assert.deepEqual(world.registry.requests, []);
    });
  }

  test("what only some inputs have for an output is absent without them, known or not", async (context) => {
    const world = await lifecycleWorld(context);
    const { inputs } = await world.host().check({ reference: UNKNOWN }, { preview: true });
    for (const output of ["placedAt", "signers", "version", "subjectDigest"]) {
      assert.equal(output in inputs, false, output);
    }
  });

  test("a known digest stays known beside an unknown input", async (context) => {
    const world = await lifecycleWorld(context);
    const digest = `sha256:${"a".repeat(64)}`;
    const { inputs } = await world.host().check({ reference: UNKNOWN, digest });
    assert.equal(inputs["digest"], digest);
    assert.equal(hasUnknown(inputs["path"]), true);
  });
});

describe("a digest that is given", () => {
  test("is honored, and its tag is not asked for", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old" });
    world.publish({ "a.txt": "new" });
    const given = { reference: world.reference, digest: old.digest, plainHttp: true };
    const { inputs } = await world.host().check(given);
    assert.equal(inputs["digest"], old.digest);
    assert.equal(inputs["tag"], "1");
    assert.equal(world.registry.count({ kind: "manifest", reference: "1" }), 0);
  });

  test("that contradicts the reference is a failure", async (context) => {
    const world = await lifecycleWorld(context);
    const one = `sha256:${"a".repeat(64)}`;
    const two = `sha256:${"b".repeat(64)}`;
    const given = { reference: `${world.registry.host}/team/app@${one}`, digest: two };
    const { failures } = await world.host().check(given);
    assert.equal(failures.length, 1);
    assert.match(
      failures[0] ?? "",
      /^cannot use input "digest": it is .* and the reference names /,
    );
  });

  test("that came with another reference is kept, with a warning", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish(FILES);
    world.publish({ "a.txt": "two" }, "2");
    const host = world.host();
    const reference = `${world.registry.host}/team/app:2`;
    const olds = { reference: world.reference, digest };
    const { inputs } = await host.check({ reference, digest, plainHttp: true }, {}, olds);
    assert.equal(inputs["digest"], digest);
    assert.deepEqual(host.report.said("warning"), [
      `the digest ${digest} came with ${world.reference} and is kept, although the reference is now ${reference}`,
    ]);
  });
});

describe("traffic", () => {
  test("nothing moved: one manifest request for a tag, no blob", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    world.registry.clearRequests();
    const second = await world.host().check(given, {}, first.inputs);
    assert.deepEqual(second.inputs, first.inputs);
    assert.deepEqual(
      world.registry.requests.map(({ kind, method }) => `${method} ${kind}`),
      ["HEAD manifest"],
    );
  });

  test("a digest: nothing at all", async (context) => {
    const world = await lifecycleWorld(context);
    const { digest } = world.publish(FILES);
    const given = { reference: `${world.registry.host}/team/app@${digest}`, plainHttp: true };
    await world.host().check(given);
    await world.registry.stop();
    world.registry.clearRequests();
    const { inputs } = await world.host().check(given);
    assert.equal(inputs["digest"], digest);
    assert.deepEqual(world.registry.requests, []);
  });

  test("registry down, digest in the cache, reference unchanged: a warning, and on", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    await world.registry.stop();
    const host = world.host();
    const second = await host.check(given, {}, first.inputs);
    assert.deepEqual(second.inputs, first.inputs);
    assert.match(host.report.said("warning").join(), /whether 1 has moved; going on with sha256:/);
    // Another reference never resolved to anything: then the outage is an error.
    const other = { ...given, reference: `${world.registry.host}/team/app:2` };
    await assert.rejects(world.host().check(other, {}, first.inputs), { code: "UNREACHABLE" });
  });

  test("a fresh machine: the same answer, and the content is there", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish(FILES);
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    const project = join(world.project, "..", "elsewhere");
    fs.mkdirSync(project);
    const fresh = world.host(null, project, join(project, "cache"));
    const second = await fresh.check(given, {}, first.inputs);
    assert.deepEqual(second.inputs, first.inputs);
    assert.deepEqual(await fresh.lifecycle.diff("id", first.inputs, second.inputs), {
      changes: false,
    });
    assert.equal(
      fs.readFileSync(join(project, String(second.inputs["path"]), "a.txt"), "utf8"),
      "alpha",
    );
    assert.deepEqual(fresh.report.said("warning"), []);
  });

  test("a damaged cache heals itself, with a warning", async (context) => {
    const world = await lifecycleWorld(context);
    const { layers } = world.publish(FILES);
    const given = { reference: world.reference, plainHttp: true };
    const { inputs } = await world.host().check(given);
    fs.rmSync(join(world.project, ".oci-artifacts"), { recursive: true });
    const hex = layers[0]?.digest.slice("sha256:".length) ?? "";
    const blob = join(world.cache, "blobs", "sha256", hex);
    fs.writeFileSync(blob, Buffer.alloc(fs.statSync(blob).size));
    const host = world.host();
    assert.deepEqual((await host.check(given)).inputs, inputs);
    assert.match(host.report.said("warning").join(), /the cache held sha256:\w+ damaged/);
    assert.equal(fs.existsSync(join(world.project, String(inputs["path"]), "a.txt")), true);
  });
});

describe("what a moved tag says", () => {
  test("the digests and the files, once for each phase that finds it", async (context) => {
    const world = await lifecycleWorld(context);
    const old = world.publish({ "a.txt": "old", "gone.txt": "x" });
    const given = { reference: world.reference, plainHttp: true };
    const first = await world.host().check(given);
    const moved = world.publish({ "a.txt": "new", "new.txt": "x" });
    const host = world.host();
    const second = await host.check(given, { preview: true }, first.inputs);
    assert.equal(second.inputs["digest"], moved.digest);
    assert.deepEqual(host.report.said("info"), [
      `${world.reference} moved: ${old.digest.slice(0, 19)} => ${moved.digest.slice(0, 19)}; files: ~ ./a.txt, - ./gone.txt, + ./new.txt`,
    ]);
    assert.deepEqual(await host.lifecycle.diff("id", first.inputs, second.inputs), {
      changes: true,
    });
    const update = world.host();
    await update.check(given, {}, first.inputs);
    assert.deepEqual(update.report.said("info"), []);
  });
});
