/**
 * Logins of the machine, on the real engine: each token service sees its own alone, and what a
 * helper gives is in nothing that is printed, logged or stored.
 */
import * as assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { FIRST, plainArgs, program, publishFiles } from "../support/manifests";
import { projectFor } from "../support/project-for-test";
import type { TestRegistry, TokenAuth } from "../support/registry";
import { registryFor } from "../support/registry-for-test";
import { filesWith, machineOf } from "../support/traces";

const encoded = ({ username, password }: TokenAuth): string =>
  Buffer.from(`${username}:${password}`).toString("base64");

/** What a server was shown: each once. */
function shown(registry: TestRegistry, server: "registry" | "token"): readonly string[] {
  const requests = registry.requests.filter((request) => request.server === server);
  return [...new Set(requests.flatMap(({ headers }) => headers.authorization ?? []))];
}

test("two token services each see the login of their own host alone", async (t) => {
  const authOf = (username: string, password: string): TokenAuth => ({
    kind: "token",
    realm: "separate",
    username,
    password,
  });
  const [ofMirror, ofOrigin] = [authOf("mia", "horse-1183"), authOf("otto", "mule-5520")];
  const mirror = await registryFor(t, { auth: ofMirror });
  const origin = await registryFor(t, { auth: ofOrigin });
  publishFiles(origin, FIRST);
  const auths = {
    [mirror.host]: { auth: encoded(ofMirror) },
    [`${origin.host}/team`]: { auth: encoded(ofOrigin) },
  };
  const mirrors = `[{ location: "${mirror.host}/cache", plainHttp: true }]`;
  const args = plainArgs(origin, `mirrors: ${mirrors}, authFile: "logins.json"`);
  const files = { "logins.json": JSON.stringify({ auths }) };
  const project = await projectFor(t, { program: program(args), files });

  const up = await project.up();
  assert.equal(up.exitCode, 0, up.text);
  assert.equal(mirror.count({ kind: "manifest", status: 404 }), 1, "logged in, and has it not");
  assert.equal(origin.count({ kind: "blob", status: 200 }), 1);
  assert.deepEqual(shown(mirror, "token"), [`Basic ${encoded(ofMirror)}`]);
  assert.deepEqual(shown(origin, "token"), [`Basic ${encoded(ofOrigin)}`]);
  const [bearers, others] = [shown(mirror, "registry"), shown(origin, "registry")];
  assert.ok([...bearers, ...others].every((header) => header.startsWith("Bearer ")));
  assert.deepEqual(
    bearers.filter((header) => others.includes(header)),
    [],
  );
  const secrets = [ofMirror, ofOrigin].flatMap((auth) => [auth.password, encoded(auth)]);
  assert.deepEqual(await filesWith(machineOf(project), secrets), ["program/logins.json"]);

  await project.writeProgram(program(args.replace("logins.json", "missing.json")));
  const preview = await project.preview();
  assert.notEqual(preview.exitCode, 0);
  const file = join(project.directory, "missing.json");
  assert.ok(preview.text.includes(`cannot read the credentials in ${file}: there is no such file`));
  assert.ok(preview.text.includes("hint: correct the option authFile, which names it"));
});

/** Logs what it is asked beside itself, and knows every server. */
const helper = (username: string, secret: string): string => `#!${process.execPath}
let server = "";
process.stdin.on("data", (chunk) => (server += chunk)).on("end", () => {
  const asked = process.argv.slice(2).concat(JSON.stringify(server)).join(" ");
  require("node:fs").appendFileSync(__dirname + "/asked", asked + "\\n");
  console.log(JSON.stringify({ ServerURL: server, Username: ${JSON.stringify(username)}, Secret: ${JSON.stringify(secret)} }));
});
`;

test("a helper's secret is nowhere but in the helper", async (t) => {
  const auth: TokenAuth = { kind: "token", username: "robot$9", password: "stable-horse-8846" };
  const registry = await registryFor(t, { auth });
  publishFiles(registry, FIRST);
  const project = await projectFor(t, { program: program(plainArgs(registry)) });
  const folder = join(machineOf(project), "helpers");
  await mkdir(folder);
  const script = helper(auth.username, auth.password);
  await writeFile(join(folder, "docker-credential-test"), script, { mode: 0o755 });
  const config = JSON.stringify({ credHelpers: { [registry.host]: "test" } });
  await writeFile(join(project.dockerConfig, "config.json"), config);
  const { stdout } = await project.run("node", ["-p", "process.env.PATH"]);
  const environment = { PATH: [folder, stdout.trim()].join(delimiter) };

  const up = await project.up({
    environment,
    diff: true,
    args: ["-v=9", "--logtostderr", "--logflow"],
  });
  assert.equal(up.exitCode, 0, up.text.slice(-5_000));
  assert.match(up.text, /^I\d{4} .*\.go:\d+\] /m, "the engine's own log is looked through, too");
  const asked = (await readFile(join(folder, "asked"), "utf8")).trimEnd().split("\n");
  assert.deepEqual([...new Set(asked)], [`get ${JSON.stringify(registry.host)}`]);
  assert.ok(asked.length <= 2, "at most once in a process that pulls");
  const logins = registry.matching({ kind: "token" }).map(({ headers }) => headers.authorization);
  assert.deepEqual([...new Set(logins)], [`Basic ${encoded(auth)}`]);
  const secrets = [auth.password, encoded(auth)];
  const said = [up.text, JSON.stringify(up.events), JSON.stringify(await project.exportState())];
  for (const secret of secrets) assert.ok(said.every((text) => !text.includes(secret)));
  assert.deepEqual(await filesWith(machineOf(project), secrets), [
    "helpers/docker-credential-test",
  ]);
});
