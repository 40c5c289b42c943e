/** Content that the state names comes back as it was chosen, whatever became of the inputs since. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import { providerPush } from "../support/tool-shapes";

const SESSION = JSON.stringify(join(__dirname, "../../provider/pulumi/session.js"));

/** Evaluates `expression` with the session as `s`, in a process of its own, in `cwd`. */
async function evaluate(cwd: string, expression: string, values: object): Promise<unknown> {
  const script = `
    const s = require(${SESSION});
    const [values, directory] = [JSON.parse(process.argv[1]), process.cwd()];
    (${expression}).then((value) => console.log(JSON.stringify(value ?? null)))
      .finally(() => s.closeSessions());`;
  const child = spawn(process.execPath, ["-e", script, JSON.stringify(values)], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return JSON.parse(output);
}

test("a selection is restored as a selection, also where the reference has moved on", async (t) => {
  const registry = await registryFor(t);
  const cwd = folderFor(t);
  publish(registry, "team/app", "1", {
    layers: [{ bytes: tarGz({ "a/b": "1", "a/c": "2" }), mediaType: MEDIA_TYPES.tarGzip }],
  });
  const given = { reference: `${registry.host}/team/app:1`, plainHttp: true };
  const selection = { stripComponents: 1, exclude: ["c"] };
  const { path, pinned } = (await evaluate(
    cwd,
    "s.pullInputs(values, { directory }).then(s.outputsOfResult)",
    { ...given, ...selection },
  )) as { readonly path: string; readonly pinned: string };

  for (const reference of [given.reference, "elsewhere.example/team/app:2"]) {
    rmSync(join(cwd, path), { recursive: true });
    const call = `s.restore(values, "${pinned}", "${path}", { directory })`;
    const problem = await evaluate(cwd, call, { ...given, ...selection, reference });
    assert.equal(problem, null);
    assert.ok(existsSync(join(cwd, path, "b")));
    assert.ok(!existsSync(join(cwd, path, "c")));
  }
});

test("a provider is restored under the version of the tag that the state names", async (t) => {
  const registry = await registryFor(t);
  const cwd = folderFor(t);
  const target = { registry, repository: "example/greeting", tag: "2.1.0" };
  const { digest } = providerPush(target, "greeting", ["linux_amd64"]);
  registry.repository("example/greeting").tag("9.0.0", digest);
  const given = { reference: `${registry.host}/example/greeting:9.0.0`, plainHttp: true };
  const call = "s.pullInputs(values, { directory }).then(s.outputsOfResult)";
  const outputs = (await evaluate(cwd, call, given)) as Readonly<Record<string, string>>;
  const { path = "", pinned = "", tag = "" } = outputs;
  rmSync(join(cwd, path), { recursive: true });
  const restore = `s.restore(values, "${pinned}", "${path}", { directory, namedTag: "${tag}" })`;
  const moved = { ...given, reference: `${registry.host}/example/greeting:2.1.0` };
  assert.equal(await evaluate(cwd, restore, moved), null);
  const file = "terraform-provider-greeting_9.0.0_linux_amd64.zip";
  assert.ok(existsSync(join(cwd, path, "registry.opentofu.org/example/greeting", file)));
});
