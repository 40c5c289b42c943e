/** Copies that would lie upon each other, of resources and of functions; and one that cannot go. */
import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { createPlacements } from "../../provider/pulumi/placement";
import { lifecycleWorld, URN } from "./lifecycle-world";
import { folderFor } from "../support/folder-for-test";

const run = promisify(execFile);
const SIGNAL = new AbortController().signal;

describe("destinations of one run", () => {
  test("two ways to one folder, by a link, are refused", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    fs.mkdirSync(join(world.project, "vendor"));
    fs.symlinkSync("vendor", join(world.project, "link"));
    const given = { reference: world.reference, plainHttp: true };
    const host = world.host();
    await host.check({ ...given, destination: "vendor/a" });
    const urn = URN.replace("manifests", "others");
    await assert.rejects(host.check({ ...given, destination: "link/a" }, { urn }), {
      code: "INVALID_INPUT",
      message: /: it is the destination of another copy, of the resource manifests\n/,
    });
    await host.check({ ...given, destination: "link/b" }, { urn });
  });

  test("the cache takes no copy, and neither do the trees of another program", async (context) => {
    const world = await lifecycleWorld(context);
    world.publish({ "a.txt": "a" });
    const given = { reference: world.reference, plainHttp: true };
    for (const [destination, fact] of [
      [join(world.cache, "blobs"), "it lies in the folder of the cache"],
      ["../other/.oci-artifacts/app", "it is, or lies in, a folder .oci-artifacts"],
    ] as const) {
      await assert.rejects(world.host().check({ ...given, destination }), {
        code: "INVALID_INPUT",
        message: new RegExp(`^cannot use input "destination": ${fact}`),
      });
    }
  });

  test("functions with one destination: the same content may, another may not", (context) => {
    const directory = folderFor(context);
    const placements = createPlacements();
    const plan = (caller: string, destination: string): void => {
      const key = { name: "app-0123456789abcdef", key: "{}" };
      const [cacheDirectory, onLocalChange] = [join(directory, "cache"), "restore"] as const;
      const folders = { directory, cacheDirectory, destination };
      placements.plan({ urn: "", caller, ...folders, key, onLocalChange });
    };
    plan("getOciArtifact of a/app:1", "vendor");
    plan("getOciArtifact of a/app:1", "vendor");
    plan("getOciArtifact of a/app:1", "other");
    for (const destination of ["vendor", "./vendor/x", "other"]) {
      assert.throws(
        () => {
          plan("getOciArtifact of b/app:1", destination);
        },
        {
          code: "INVALID_INPUT",
          message: /the destination of another copy, of getOciArtifact of a\/app:1\n/,
        },
      );
    }
    plan("getOciArtifact of b/app:1", "third");
  });
});

/** Both functions at once, then the second alone, in a process of its own. */
const TWO_FUNCTIONS = `
  const { getOciArtifact } = require(${JSON.stringify(join(__dirname, "../../sdk/index.js"))});
  const [first, second] = JSON.parse(process.argv[1]);
  const said = async (...all) =>
    (await Promise.allSettled(all.map((args) => getOciArtifact(args)))).map(
      ({ reason }) => reason?.message ?? "placed");
  said(first, second).then(async (together) =>
    console.log(JSON.stringify([...together, ...(await said(second))])));`;

test("two functions at work with one destination clash; one after the other they do not", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "a" });
  world.publish({ "b.txt": "b" }, "2");
  const given = { reference: world.reference, plainHttp: true, destination: "vendor" };
  const other = { ...given, reference: `${world.registry.host}/team/app:2` };
  const { stdout } = await run(
    process.execPath,
    ["-e", TWO_FUNCTIONS, JSON.stringify([given, other])],
    { cwd: world.project, env: { PATH: process.env["PATH"], HOME: world.project } },
  );
  const [alone, ...together] = (JSON.parse(stdout) as readonly string[]).toReversed();
  assert.equal(alone, "placed");
  assert.equal(together.filter((message) => message === "placed").length, 1);
  const refusal = together.find((message) => message !== "placed");
  assert.match(
    refusal ?? "",
    /^cannot use input "destination": it is the destination of another copy, of getOciArtifact of /,
  );
  assert.equal(fs.readFileSync(join(world.project, "vendor/b.txt"), "utf8"), "b");
});

test("delete says what could not be removed, and the resource goes", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "a" });
  const given = { reference: world.reference, plainHttp: true, destination: "vendor/app" };
  const creator = world.host();
  const checked = await creator.check(given);
  const { id } = await creator.lifecycle.create(checked.inputs, SIGNAL);
  // A file where the destination's drafts and journals have to lie.
  fs.writeFileSync(join(world.project, "vendor/.app.oci-artifact-new"), "");
  const host = world.host();
  await host.lifecycle.delete(id, checked.inputs);
  assert.equal(fs.readFileSync(join(world.project, "vendor/app/a.txt"), "utf8"), "a");
  assert.equal(host.report.lines.length, 1, host.report.lines.join("\n"));
  assert.match(
    host.report.lines.join(),
    /^warning: vendor\/app keeps its copy: [^\n]+; remove it by hand$/,
  );
  const claims = join(world.project, ".oci-artifacts/.pulumi/claims");
  assert.deepEqual(fs.existsSync(claims) ? fs.readdirSync(claims) : [], []);
});
