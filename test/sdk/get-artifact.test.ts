/** The plain function: the same pull, for programs without an engine too. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { sha256, tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";

const SDK = JSON.stringify(join(__dirname, "../../sdk/index.js"));

interface Answer {
  readonly value?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string; readonly code?: string };
}

/** Calls `getOciArtifact` in a process of its own, in `cwd`. */
async function call(cwd: string, args: object): Promise<Answer> {
  const script = `
    require(${SDK}).getOciArtifact(JSON.parse(process.argv[1])).then(
      (value) => console.log(JSON.stringify({ value })),
      ({ message, code }) => console.log(JSON.stringify({ error: { message, code } })));`;
  const child = spawn(process.execPath, ["-e", script, JSON.stringify(args)], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return JSON.parse(output) as Answer;
}

describe("getOciArtifact", () => {
  test("pulls into the working directory, and claims the tree", async (context) => {
    const cwd = folderFor(context);
    const registry = await registryFor(context);
    const { digest } = publish(registry, "team/app", "1", {
      layers: [{ bytes: tarGz({ "a.txt": "alpha" }), mediaType: MEDIA_TYPES.tarGzip }],
    });
    const args = { reference: `${registry.host}/team/app:1`, plainHttp: true };
    const { value = {} } = await call(cwd, args);
    assert.equal(value["digest"], digest);
    assert.equal(value["servedBy"], registry.host);
    assert.deepEqual(value["files"], { "./a.txt": sha256("alpha").slice("sha256:".length, 19) });
    assert.equal(value["absolutePath"], join(realpathSync(cwd), String(value["path"])));
    assert.ok(existsSync(join(cwd, String(value["path"]), "a.txt")));
    assert.equal(readdirSync(join(cwd, ".oci-artifacts", ".pulumi/claims")).length, 1);
  });

  test("takes the part that is asked for, within the limits that are given", async (context) => {
    const registry = await registryFor(context);
    publish(registry, "team/app", "1", {
      layers: [{ bytes: tarGz({ "a/b.txt": "b", "a/c.md": "c" }), mediaType: MEDIA_TYPES.tarGzip }],
    });
    const args = {
      reference: `${registry.host}/team/app:1`,
      plainHttp: true,
      subPath: "a",
      include: ["*.md"],
    };
    const { error } = await call(folderFor(context), { ...args, limits: { entries: 2 } });
    assert.equal(error?.code, "LIMIT_EXCEEDED");
    const { value = {} } = await call(folderFor(context), { ...args, limits: { entries: 3 } });
    assert.deepEqual(Object.keys(value["files"] as object), ["./c.md"]);
  });

  test("names all wrong inputs at once, and no value of them", async (context) => {
    const cwd = folderFor(context);
    const wrong = {
      reference: "host/app",
      plainHTTP: true,
      credentials: { password: "hunter2-x" },
    };
    const { error } = await call(cwd, wrong);
    assert.equal(error?.code, "INVALID_INPUT");
    assert.match(
      error.message,
      /^cannot pull the artifact: 2 inputs are wrong\n {2}cannot use input "plainHTTP": /,
    );
    assert.match(
      error.message,
      /"credentials": it is not complete\n {2}hint: give username and password/,
    );
    assert.doesNotMatch(error.message, /hunter2/);
    assert.deepEqual(readdirSync(cwd), []);
  });

  test("shows no password when the registry repeats it", async (context) => {
    const registry = await registryFor(context);
    const password = 'hun"ter2/and more';
    const body = {
      errors: [{ code: "DENIED", message: `no: ${password} ${encodeURIComponent(password)}` }],
    };
    registry.fault({ then: { kind: "status", status: 403, body } });
    const credentials = { username: "u", password };
    const args = { reference: `${registry.host}/team/app:1`, plainHttp: true, credentials };
    const { error } = await call(folderFor(context), args);
    assert.equal(error?.code, "FORBIDDEN");
    assert.doesNotMatch(error.message, /ter2/);
  });
});
