/** `oci-artifact push`, `tag` and `attach` as a user runs them. */
import * as assert from "node:assert/strict";
import { readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { artifactOf } from "../support/layouts";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { zip } from "../support/zips";
import { publishWorld } from "./publish-world";

function writes(registry: TestRegistry): number {
  return ["PUT", "POST", "PATCH", "DELETE"].reduce(
    (sum, method) => sum + registry.count({ method }),
    0,
  );
}

function manifestOf(registry: TestRegistry, repository: string, reference: string) {
  const found = registry.repository(repository).manifest(reference);
  assert.ok(found !== undefined, `no ${reference}`);
  return JSON.parse(Buffer.from(found.bytes).toString()) as {
    readonly artifactType?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly subject?: { readonly digest: string };
  };
}

describe("push", () => {
  test("a folder: pinned reference and what was pushed; all tags name it; a pull has its files", async (t) => {
    const registry = await registryFor(t);
    const { folder, run, write } = publishWorld(t);
    write("config/a.txt", "alpha");
    write("config/b/c.txt", "gamma");
    const reference = `${registry.host}/team/config:1.0`;
    const flags = [
      "--plain-http",
      "--tag",
      "1",
      "--tag",
      "latest",
      "--annotation",
      "org.example.a=b",
    ];
    const pushed = await run("push", "./config", reference, ...flags);
    assert.equal(pushed.exitCode, 0, pushed.stderr);
    const [pinned = "", facts = ""] = pushed.stdout.split("\n");
    const digest = registry.repository("team/config").manifest("1.0")?.digest ?? "";
    assert.equal(pinned, `${registry.host}/team/config@${digest}`);
    assert.match(
      facts,
      /^2 files, 10 bytes, tagged 1\.0, 1, latest, 2 blobs pushed \(\d+ bytes\)$/,
    );
    for (const tag of ["1", "latest"]) {
      assert.equal(registry.repository("team/config").manifest(tag)?.digest, digest);
    }
    assert.equal(manifestOf(registry, "team/config", "1").annotations?.["org.example.a"], "b");
    const pulled = await run("pull", pinned, "--plain-http", "--output", "out");
    assert.equal(pulled.exitCode, 0, pulled.stderr);
    assert.equal(readFileSync(join(folder, "out/b/c.txt"), "utf8"), "gamma");
  });

  test("the same content again, with other times: nothing is pushed, and it says so", async (t) => {
    const registry = await registryFor(t);
    const { folder, run, write } = publishWorld(t);
    write("config/a.txt", "alpha");
    const words = ["push", "config", `${registry.host}/team/config:1`, "--plain-http"];
    const first = await run(...words);
    assert.equal(first.exitCode, 0, first.stderr);
    utimesSync(join(folder, "config/a.txt"), 1, 1);
    registry.clearRequests();
    const second = await run(...words);
    assert.equal(second.exitCode, 0, second.stderr);
    assert.equal(second.stdout.split("\n")[0], first.stdout.split("\n")[0]);
    assert.match(second.stdout, /\nholds the same content already: nothing was pushed\n$/);
    assert.equal(writes(registry), 0);
  });

  test("--dry-run prints digest and files, and writes nothing; a push then has that digest", async (t) => {
    const registry = await registryFor(t);
    const { run, write } = publishWorld(t);
    write("config/a.txt", "alpha");
    const words = ["push", "config", `${registry.host}/team/config:1`, "--plain-http"];
    const dry = await run(...words, "--dry-run");
    assert.equal(dry.exitCode, 0, dry.stderr);
    assert.match(
      dry.stdout,
      /@sha256:[0-9a-f]{64}\n {2}a\.txt {2}5 bytes\n1 file, 5 bytes; nothing was pushed\n$/,
    );
    assert.equal(writes(registry), 0);
    const { stdout } = await run(...words, "--json");
    const { pinned, tagged } = JSON.parse(stdout) as { pinned: string; tagged: readonly string[] };
    assert.equal(pinned, dry.stdout.split("\n")[0]);
    assert.deepEqual(tagged, ["1"]);
  });

  test("--immutable-tags: a tag that names other content fails, and stays", async (t) => {
    const registry = await registryFor(t);
    const { run, write } = publishWorld(t);
    const { digest } = publish(registry, "team/config", "1", artifactOf());
    write("config/a.txt", "alpha");
    const words = ["push", "config", `${registry.host}/team/config:1`, "--plain-http"];
    const { exitCode, stdout } = await run(...words, "--immutable-tags", "--json");
    assert.equal(exitCode, 1);
    const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
    assert.equal(error.code, "TAG_EXISTS");
    assert.match(error.hint, /--immutable-tags/);
    assert.equal(registry.repository("team/config").manifest("1")?.digest, digest);
  });

  test("what does not go together is said in the words of the command line, and nobody is asked", async (t) => {
    const registry = await registryFor(t);
    const { run, write } = publishWorld(t);
    write("config/a.txt", "alpha");
    const reference = `${registry.host}/team/config:1`;
    const both = await run("push", "config", reference, "--platform-zip", "linux/amd64=a.zip");
    assert.deepEqual([both.exitCode, both.stdout], [2, ""]);
    assert.match(both.stderr, /--platform-zip or a SOURCE/);
    const flag = await run("push", "config", reference, "--outptu", "x");
    assert.match(flag.stderr, /push takes no --outptu/);
    const late = await run("--plain-http", "push", "config", reference);
    assert.match(late.stderr, /write push in front of its flags/);
    const kind = await run("push", "config", reference, "--kind", "opentofu-provider");
    assert.equal(kind.exitCode, 2);
    assert.match(kind.stderr, /--platform-zip/);
    assert.equal(registry.requests.length, 0);
  });
});

describe("tag", () => {
  test("each tag by one PUT of the manifest; what names it already is not set again", async (t) => {
    const registry = await registryFor(t);
    const { run } = publishWorld(t);
    const { digest } = publish(registry, "team/app", "1.0.1", artifactOf());
    const words = ["tag", `${registry.host}/team/app:1.0.1`, "1.0", "1", "--plain-http"];
    const first = await run(...words);
    assert.equal(first.exitCode, 0, first.stderr);
    assert.equal(first.stdout, `${registry.host}/team/app@${digest}\ntagged 1.0, 1\n`);
    assert.deepEqual(
      registry.matching({ method: "PUT" }).map(({ path }) => path),
      ["/v2/team/app/manifests/1.0", "/v2/team/app/manifests/1"],
    );
    assert.equal(registry.count({ kind: "blob" }), 0);
    registry.clearRequests();
    const second = await run(...words);
    assert.match(second.stdout, /\nnamed so already\n$/);
    assert.equal(writes(registry), 0);
  });

  test("--immutable-tags, a wrong tag and a layout are refused", async (t) => {
    const registry = await registryFor(t);
    const { run } = publishWorld(t);
    publish(registry, "team/app", "1", artifactOf());
    publish(registry, "team/app", "2", artifactOf({ x: "y" }));
    const reference = `${registry.host}/team/app:1`;
    const moved = await run("tag", reference, "2", "--plain-http", "--immutable-tags");
    assert.equal(moved.exitCode, 1);
    assert.match(moved.stderr, /cannot set the tag .*:2: it is there already/);
    const wrong = await run("tag", reference, "not/one", "--plain-http");
    assert.match(wrong.stderr, /cannot set the tag not\/one/);
    const layout = await run("tag", "oci-layout://x:1", "2");
    assert.match(layout.stderr, /hint: write into a layout with oci-artifact copy/);
    assert.equal(writes(registry), 0);
  });
});

describe("attach", () => {
  test("a file becomes a referrer of what the reference names; inspect lists it, pull takes it", async (t) => {
    const registry = await registryFor(t);
    const { folder, run, write } = publishWorld(t);
    const { digest } = publish(registry, "team/app", "1", artifactOf());
    write("sbom.json", '{"spdx":1}');
    const type = "application/spdx+json";
    const reference = `${registry.host}/team/app:1`;
    const words = ["attach", "sbom.json", reference, "--artifact-type", type, "--plain-http"];
    const attached = await run(...words);
    assert.equal(attached.exitCode, 0, attached.stderr);
    const [pinned = ""] = attached.stdout.split("\n");
    const own = manifestOf(registry, "team/app", pinned.slice(pinned.indexOf("@") + 1));
    assert.deepEqual([own.artifactType, own.subject?.digest], [type, digest]);
    assert.deepEqual(registry.repository("team/app").tags(), ["1"]);
    const shown = await run("inspect", reference, "--referrers", "--plain-http");
    assert.match(shown.stdout, new RegExp(`referrers +1\\n.*${type.replace("+", "\\+")}`));
    const flags = ["--referrer", type, "--plain-http", "--output", "out"];
    const pulled = await run("pull", reference, ...flags);
    assert.equal(pulled.exitCode, 0, pulled.stderr);
    assert.equal(readFileSync(join(folder, "out/sbom.json"), "utf8"), '{"spdx":1}');
  });

  test("it needs a type, and something to refer to", async (t) => {
    const registry = await registryFor(t);
    const { run, write } = publishWorld(t);
    write("sbom.json", "{}");
    const reference = `${registry.host}/team/app:1`;
    const untyped = await run("attach", "sbom.json", reference, "--plain-http");
    assert.equal(untyped.exitCode, 2);
    assert.match(untyped.stderr, /attach needs --artifact-type/);
    const flags = ["--plain-http", "--artifact-type", "text/plain"];
    const missing = await run("attach", "sbom.json", reference, ...flags);
    assert.equal(missing.exitCode, 1);
    assert.match(missing.stderr, /team\/app:1: the registry does not have it/);
    assert.equal(writes(registry), 0);
  });
});

test("push --platform-zip makes an OpenTofu provider of the zips", async (t) => {
  const registry = await registryFor(t);
  const { run, write } = publishWorld(t);
  const platforms = ["linux_amd64", "darwin_arm64"];
  for (const name of platforms)
    write(`${name}.zip`, zip([{ path: "terraform-provider-x", content: name }]));
  const flags = platforms.flatMap((name) => [
    "--platform-zip",
    `${name.replace("_", "/")}=${name}.zip`,
  ]);
  const pushed = await run("push", `${registry.host}/team/x:1.0.0`, "--plain-http", ...flags);
  assert.equal(pushed.exitCode, 0, pushed.stderr);
  const { artifactType } = manifestOf(registry, "team/x", "1.0.0");
  assert.equal(artifactType, "application/vnd.opentofu.provider");
});
