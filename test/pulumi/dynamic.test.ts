/** The adapter at the engine's edge, in a process of its own: failures in words, no stack, no print. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { INPUTS } from "../../provider/pulumi/inputs";
import { describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";

const MODULE = JSON.stringify(join(__dirname, "../../provider/pulumi/dynamic.js"));

/** The value of an expression over `provider`, and what else the process had to say. */
async function evaluate(cwd: string, expression: string): Promise<unknown> {
  const script = `
    const provider = require(${MODULE}).ociArtifact;
    const failure = (work) => work.then(() => "no failure", (e) => ({ message: e.message, stack: e.stack }));
    const loaded = () => Object.keys(require.cache).filter((p) => /lifecycle|undici/.test(p));
    (async () => (${expression}))().then((value) => process.stdout.write(JSON.stringify(value ?? null)));`;
  const child = spawn(process.execPath, ["-e", script], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  assert.equal(errors, "");
  return JSON.parse(output);
}

describe("check", () => {
  test("failures carry no property, and no value", async (context) => {
    const given = { plainHTTP: true, credentials: { username: "u", pasword: "hunter2-x" } };
    const expression = `await provider.check({}, ${JSON.stringify(given)})`;
    const answer = await evaluate(folderFor(context), expression);
    assert.deepEqual(answer, {
      inputs: {},
      failures: [
        'cannot use input "plainHTTP": there is no such input\nhint: did you mean "plainHttp"?',
        'cannot use input "credentials.pasword": there is no such input\nhint: did you mean "credentials.password"?',
        'cannot use input "credentials": it is not complete\nhint: give username and password, or identityToken alone',
        `cannot use input "reference": it is missing\nhint: ${INPUTS.reference.description.replaceAll("`", "")}`,
      ].map((reason) => ({ property: "", reason })),
    });
  });

  test("an error of the road is a failure, too, with its hint and without a stack", async (context) => {
    const registry = await registryFor(context);
    const given = { reference: `${registry.host}/team/app:none`, plainHttp: true };
    const answer = (await evaluate(
      folderFor(context),
      `await provider.check({}, ${JSON.stringify(given)})`,
    )) as { failures: readonly { property: string; reason: string }[] };
    const [{ property, reason } = assert.fail(), ...more] = answer.failures;
    assert.deepEqual([property, more], ["", []]);
    assert.match(reason, /^cannot read the manifest of .*\/team\/app:none: /);
    assert.match(reason, /\nhint: /);
    assert.doesNotMatch(reason, /\n\s+at /);
  });

  test("its answer may be written to: the host adds the provider's text", async (context) => {
    const registry = await registryFor(context);
    publish(registry, "team/app", "1", {
      layers: [{ bytes: tarGz({ "a.txt": "alpha" }), mediaType: MEDIA_TYPES.tarGzip }],
    });
    const given = { reference: `${registry.host}/team/app:1`, plainHttp: true };
    const expression = `await (async () => {
      "use strict";
      const { inputs } = await provider.check({}, ${JSON.stringify(given)});
      inputs.__provider = "text";
      const created = await provider.create(inputs);
      created.outs.__provider = "text";
      const updated = await provider.update(created.id, created.outs, inputs);
      updated.outs.__provider = "text";
      const read = await provider.read(created.id, created.outs);
      read.props.__provider = "text";
      return [created.outs.digest, updated.outs.digest, read.props.digest];
    })()`;
    const digests = (await evaluate(folderFor(context), expression)) as readonly string[];
    assert.equal(new Set(digests).size, 1);
    assert.match(digests[0] ?? "", /^sha256:/);
  });
});

test("read returns everything unchanged, and loads nothing", async (context) => {
  const props = { digest: "d", path: ".oci-artifacts/x", other: [1, { a: null }] };
  const expression = `[await provider.read("id", ${JSON.stringify(props)}), loaded()]`;
  assert.deepEqual(await evaluate(folderFor(context), expression), [{ id: "id", props }, []]);
});

describe("delete", () => {
  test("of nothing succeeds, and writes nothing", async (context) => {
    const cwd = folderFor(context);
    assert.equal(await evaluate(cwd, 'await provider.delete("id", {})'), null);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test("succeeds where the folder of the trees is a file", async (context) => {
    const cwd = folderFor(context);
    writeFileSync(join(cwd, ".oci-artifacts"), "");
    assert.equal(await evaluate(cwd, 'await provider.delete("id", {})'), null);
  });
});

test("create and update fail in words and without a stack", async (context) => {
  const cwd = folderFor(context);
  writeFileSync(join(cwd, ".oci-artifacts"), "");
  const news = '{ path: ".oci-artifacts/x-0123456789abcdef", digest: "d" }';
  const expression = `[await failure(provider.create(${news})), await failure(provider.update("id", {}, ${news}))]`;
  const failures = (await evaluate(cwd, expression)) as readonly {
    message: string;
    stack: string;
  }[];
  assert.equal(failures.length, 2);
  for (const { message, stack } of failures) {
    assert.match(
      message,
      /^cannot use x-0123456789abcdef: its content is not here.*\nhint: run again$/,
    );
    assert.equal(stack, "");
  }
});
