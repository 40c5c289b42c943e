/** `oci-artifact copy` as a user runs it; what is copied, and how, is tested in test/copy. */
import * as assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blobsOf, company, serveCompany } from "../copy/company";
import { registryFor } from "../support/registry-for-test";
import { publishWorld } from "./publish-world";

test("between registries: how each is reached is said by its host", async (t) => {
  const [source, target] = [await registryFor(t), await registryFor(t)];
  const content = company();
  serveCompany(source.repository("team/app"), content);
  const { run, write } = publishWorld(t);
  const words = ["copy", `${source.host}/team/app:1`, `${target.host}/mine/app`];
  const flat = await run(...words, "--plain-http");
  assert.equal(flat.exitCode, 2);
  assert.ok(
    flat.stderr.includes(
      `--plain-http is for one registry, and there are ${source.host} and ${target.host}: use --registries FILE`,
    ),
    flat.stderr,
  );
  assert.equal(source.requests.length + target.requests.length, 0);
  const plain = { plainHttp: true };
  write("how.json", JSON.stringify({ [source.host]: plain, [target.host]: plain }));
  const copied = await run(...words, "--registries", "how.json");
  assert.equal(copied.exitCode, 0, copied.stderr);
  const [pinned, facts] = copied.stdout.split("\n");
  assert.equal(pinned, `${target.host}/mine/app@${content.index.digest}`);
  const blobs = blobsOf(content).length;
  assert.match(
    facts ?? "",
    new RegExp(`^tag 1, 3 manifests, 4 referrers, ${blobs} blobs copied \\(\\d+ bytes\\)$`),
  );
  const again = await run(...words, "--registries", "how.json", "--json");
  const result = JSON.parse(again.stdout) as Readonly<Record<string, unknown>>;
  assert.deepEqual([result["uploaded"], result["tagged"], result["blobs"]], [[], [], blobs]);
});

test("into a layout and out of it, flags are for the one registry; --no-referrers", async (t) => {
  const [source, target] = [await registryFor(t), await registryFor(t)];
  const content = company();
  serveCompany(source.repository("team/app"), content);
  const { run } = publishWorld(t);
  const reference = `${source.host}/team/app:1`;
  const carried = await run("copy", reference, "oci-layout://bundle", "--plain-http");
  assert.equal(carried.exitCode, 0, carried.stderr);
  const flags = ["--plain-http", "--no-referrers"];
  const copied = await run("copy", "oci-layout://bundle:1", `${target.host}/mine/app:2`, ...flags);
  assert.equal(copied.exitCode, 0, copied.stderr);
  assert.deepEqual(target.repository("mine/app").tags(), ["2"]);
  assert.match(copied.stdout, /\ntag 2, 3 manifests, \d+ blobs copied/);
});

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  test(`${signal} in the middle: no layout and no tag; the next run goes on`, async (t) => {
    const [source, target] = [await registryFor(t), await registryFor(t)];
    const content = company();
    serveCompany(source.repository("team/app"), content);
    const { begin, folder, run, write } = publishWorld(t);
    const plain = { plainHttp: true };
    write("how.json", JSON.stringify({ [source.host]: plain, [target.host]: plain }));
    const [layer] = content.note.layers;
    for (const destination of ["oci-layout://bundle", `${target.host}/mine/app`]) {
      const words = ["copy", `${source.host}/team/app:1`, destination, "--registries", "how.json"];
      source.clearRequests();
      const fault = source.fault({
        kind: "blob",
        reference: layer?.digest ?? "",
        then: { kind: "stall", afterBytes: 3 },
      });
      const { exitCode } = await begin(words, (child) => {
        const timer = setInterval(() => {
          if (fault.applied === 0) return;
          clearInterval(timer);
          child.kill(signal);
        }, 5);
        child.once("close", () => {
          clearInterval(timer);
        });
      });
      assert.equal(exitCode, signal === "SIGKILL" ? null : 130);
      assert.ok(
        !existsSync(join(folder, "bundle/index.json")) || destination !== "oci-layout://bundle",
      );
      assert.deepEqual(target.repository("mine/app").tags(), []);
      fault.remove();
      const next = await run(...words);
      assert.equal(next.exitCode, 0, next.stderr);
    }
    assert.deepEqual(readdirSync(join(folder, "bundle")).sort(), [
      "blobs",
      "index.json",
      "oci-layout",
    ]);
    assert.equal(target.repository("mine/app").manifest("1")?.digest, content.index.digest);
  });
}
