/**
 * What a push is made of beside a folder: git's word on it, image layouts, indexes, other registries, and
 * configurations of the machine that are about pulling.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildArtifact, buildIndex } from "../support/artifacts";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { UNKNOWN } from "../../provider/pulumi/known";
import { NO_SIGNAL, pushWorld, writesTo, type PushWorld } from "./push-world";

/** Runs git in the project, with nobody's configuration. */
function git({ project }: PushWorld, ...words: string[]): string {
  const name = { GIT_AUTHOR_NAME: "Ada", GIT_COMMITTER_NAME: "Ada" };
  const mail = { GIT_AUTHOR_EMAIL: "ada@git.example", GIT_COMMITTER_EMAIL: "ada@git.example" };
  const none = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  return execFileSync("git", ["-C", project, ...words], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...name, ...mail, ...none },
  }).trim();
}

function annotationsOf({ repository }: PushWorld, name = "1"): Readonly<Record<string, string>> {
  const bytes = repository.manifest(name)?.bytes ?? assert.fail(`no manifest ${name}`);
  const document = JSON.parse(Buffer.from(bytes).toString()) as {
    annotations?: Readonly<Record<string, string>>;
  };
  return document.annotations ?? {};
}

describe("git", () => {
  test("tells where it comes from, and a commit elsewhere pushes nothing", async (t) => {
    const world = await pushWorld(t);
    git(world, "init", "--quiet", "--initial-branch=main");
    git(world, "remote", "add", "origin", "https://ada:secret@git.example/team/app.git");
    git(world, "add", "content");
    git(world, "commit", "--quiet", "--message=first");
    const revision = git(world, "rev-parse", "HEAD");
    const given = { ...world.inputs, git: true, annotations: { "org.example.team": "core" } };
    const state = await world.host().create(given);
    const annotations = annotationsOf(world);
    assert.equal(annotations["org.opencontainers.image.revision"], revision);
    assert.equal(annotations["org.opencontainers.image.source"], "https://git.example/team/app");
    assert.equal(annotations["org.example.team"], "core");

    git(world, "commit", "--quiet", "--allow-empty", "--message=second");
    world.registry.clearRequests();
    const same = await world.host({ cli: null }).update(given, state);
    assert.equal(same["digest"], state["digest"]);
    assert.deepEqual(writesTo(world.registry), []);
    // What the user gives counts, also where git says the same.
    const pinned = { ...given, annotations: { "org.opencontainers.image.revision": "r2" } };
    const next = await world.host({ cli: null }).update(pinned, state);
    assert.notEqual(next["digest"], state["digest"]);
    assert.equal(annotationsOf(world)["org.opencontainers.image.revision"], "r2");
  });

  test("without a repository is an error that says what to do", async (t) => {
    const world = await pushWorld(t);
    await assert.rejects(
      world.host().check({ ...world.inputs, git: true }),
      /cannot pack .*\nhint: give the annotations source and revision yourself/,
    );
    assert.deepEqual(world.staged(), []);
  });
});

describe("an artifact as source", () => {
  test("is taken from an image layout, with all of an index", async (t) => {
    const world = await pushWorld(t);
    const child = buildArtifact(artifactOf());
    const other = buildArtifact(artifactOf({ "other.txt": "o" }));
    const index = buildIndex({
      manifests: [
        { artifact: child, platform: { os: "linux", architecture: "amd64" } },
        { artifact: other, platform: { os: "linux", architecture: "arm64" } },
      ],
    });
    layoutIn(join(world.project, "made")).put(index, { [REF_NAME]: "1" });
    const given = { ...world.inputs, source: "oci-layout://made:1" };
    const state = await world.host().create(given);
    assert.equal(state["digest"], index.digest);
    assert.deepEqual(Object.keys(state["files"] as object), ["./linux/amd64", "./linux/arm64"]);
    assert.deepEqual(
      [index, child, other].map(({ digest }) => world.repository.manifest(digest) !== undefined),
      [true, true, true],
    );
    const one = await world
      .host()
      .create({ ...given, platform: "linux/arm64", reference: `${world.reference}-arm` });
    assert.equal(one["digest"], other.digest);
    assert.equal(world.repository.manifest("1-arm")?.digest, other.digest);
  });

  test("is asked for with its own login, and what is for the target opens no other host", async (t) => {
    const [mine, theirs] = [
      { kind: "basic", username: "me", password: "mine-x" },
      { kind: "basic", username: "them", password: "theirs-x" },
    ] as const;
    const world = await pushWorld(t, { auth: mine });
    const source = await registryFor(t, { auth: theirs });
    const artifact = publish(source, "vendor/app", "1", artifactOf());
    const reference = `oci://${source.host}/vendor/app:1`;
    const credentials = { username: "me", password: "mine-x" };
    const given = { ...world.inputs, source: reference, credentials };
    // Neither plain HTTP nor the login of the target is for the other host.
    await assert.rejects(world.host().check(given), /plainHttp/);
    assert.equal(
      source.matching().some(({ authorization }) => authorization !== "none"),
      false,
    );
    const own = { username: "them", password: "theirs-x" };
    const registries = { [source.host]: { plainHttp: true, credentials: own } };
    const state = await world.host().create({ ...given, registries });
    assert.equal(state["digest"], artifact.digest);
    assert.equal(world.repository.manifest("1")?.digest, artifact.digest);
    assert.doesNotMatch(JSON.stringify(state), /mine-x|theirs-x/);
  });
});

describe("the configuration of the machine", () => {
  async function configured(t: Parameters<typeof pushWorld>[0], text: (host: string) => string) {
    const world = await pushWorld(t);
    const file = join(world.project, "registries.conf");
    mkdirSync(world.project, { recursive: true });
    writeFileSync(file, text(world.registry.host));
    return { world, environment: { CONTAINERS_REGISTRIES_CONF: file } };
  }

  test("sends no push to a mirror, and to no other place", async (t) => {
    const other = await registryFor(t);
    const { world, environment } = await configured(
      t,
      (host) =>
        `[[registry]]\nprefix = "${host}"\nlocation = "${other.host}"\ninsecure = true\n[[registry.mirror]]\nlocation = "${other.host}/mirror"\ninsecure = true\n`,
    );
    const state = await world.host({ environment }).create(world.inputs);
    assert.equal(world.repository.manifest("1")?.digest, state["digest"]);
    assert.deepEqual(other.requests, []);
  });

  test("pushes to nothing that is blocked", async (t) => {
    const { world, environment } = await configured(
      t,
      (host) => `[[registry]]\nlocation = "${host}"\nblocked = true\n`,
    );
    await assert.rejects(
      world.host({ environment }).check(world.inputs, { preview: true }),
      (error: Error & { code?: string }) => error.code === "BLOCKED",
    );
    assert.deepEqual(world.registry.requests, []);
  });
});

describe("what the same program is about to push", () => {
  test("is unknown in the preview of what copies it, and copied in the update", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const { inputs } = await host.check(world.inputs, { preview: true });
    const copy = {
      ...world.inputs,
      source: `oci://${String(inputs["pinned"])}`,
      reference: `${world.registry.host}/team/copy:1`,
    };
    const shown = await host.check(copy, { preview: true });
    assert.equal(shown.inputs["digest"], UNKNOWN);
    assert.match(
      host.report.said("info").join(),
      /is not there yet, so what it holds is known only/,
    );
    const update = world.host();
    const state = await update.create(world.inputs);
    assert.equal((await update.create(copy))["digest"], state["digest"]);
    // What nobody pushes is an error.
    const source = `oci://${world.registry.host}/team/app@sha256:${"0".repeat(64)}`;
    await assert.rejects(
      world.host().check({ ...copy, source }, { preview: true }),
      /team\/app@sha256:000/,
    );
  });

  test("is unknown in the preview of what pulls it", async (t) => {
    const world = await pushWorld(t);
    const host = world.host();
    const { inputs } = await host.check(world.inputs, { preview: true });
    for (const reference of [String(inputs["pinned"]), world.reference]) {
      const pull = { reference, plainHttp: true };
      const found = await host.pulls.check({}, { ...pull, __run: host.run(true) }, NO_SIGNAL);
      assert.deepEqual(found.failures, []);
      assert.equal(found.inputs["digest"], UNKNOWN);
    }
    const other = { reference: `${world.reference}-other`, plainHttp: true, __run: host.run(true) };
    await assert.rejects(host.pulls.check({}, other, NO_SIGNAL), /team\/app:1-other/);
    await assert.rejects(
      host.pulls.check(
        {},
        { ...other, reference: world.reference, __run: host.run(false) },
        NO_SIGNAL,
      ),
      /team\/app:1/,
    );
  });
});

describe("a login that may only pull", () => {
  test("is enough for a preview, and for an update without a push", async (t) => {
    const login = { username: "u", password: "hunter2-x" };
    const world = await pushWorld(t, { auth: { kind: "token", ...login, anonymousPull: true } });
    const state = await world.host().create({ ...world.inputs, credentials: login });
    const host = world.host();
    assert.equal(await host.update(world.inputs, state), state);
    assert.deepEqual(host.report.said("warning"), []);
    world.write({ "content/main.tf": "a = 2\n" });
    const shown = await world.host({ cli: null }).preview(world.inputs, state);
    assert.equal(shown.changes, true);
    await assert.rejects(
      world.host({ cli: null }).update(world.inputs, state),
      (error: Error & { code?: string }) => error.code === "UNAUTHORIZED",
    );
    assert.equal(world.repository.manifest("1")?.digest, state["digest"]);
  });
});

describe("a file", () => {
  test("has nothing that include and exclude could choose", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, source: "content/main.tf", exclude: ["*.md"] };
    await assert.rejects(world.host().check(given), /main\.tf: include and exclude choose from a/);
  });

  test("larger than a limit names it, and may be larger if the limit is", async (t) => {
    const world = await pushWorld(t);
    const given = { ...world.inputs, limits: { entries: 2 } };
    await assert.rejects(world.host().check(given), /limit entries of 2 .*\n.*limits\.entries/s);
    const { inputs } = await world.host().check({ ...given, limits: { entries: 3 } });
    assert.equal("limits" in inputs, false);
  });
});
