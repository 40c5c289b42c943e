/** The search on real files and helpers: who is asked, who wins, and what is only a warning. */
import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { SILENT } from "../../provider/context";
import { redact } from "../../provider/redact";
import { findCredential } from "../../provider/settings/credentials";
import { readSettings } from "../../provider/settings/settings";
import type { Credential } from "../../provider/types";
import { calls, knows, KNOWS_NOTHING, writeHelper } from "./helper-scripts";

interface Found {
  readonly credential: Credential | undefined;
  readonly warnings: readonly string[];
}

describe("findCredential", () => {
  let home = "";
  let file = "";
  let bin = "";

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "credentials-"));
    file = join(home, ".docker", "config.json");
    bin = join(home, "bin");
    mkdirSync(bin);
    mkdirSync(join(home, ".docker"));
  });

  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });

  async function find(registry = "a.example", repository = "ns/name"): Promise<Found> {
    const settings = readSettings({ home, root: home, environment: { PATH: bin } });
    const warnings: string[] = [];
    const report = { ...SILENT, warning: (message: string) => void warnings.push(message) };
    return { credential: await findCredential(settings, registry, repository, report), warnings };
  }

  function writeConfig(document: unknown): void {
    writeFileSync(file, typeof document === "string" ? document : JSON.stringify(document));
  }

  function pair(username: string, password: string): { readonly auth: string } {
    return { auth: Buffer.from(`${username}:${password}`).toString("base64") };
  }

  test("an entry of the file, with its source", async () => {
    writeConfig({ auths: { "a.example": pair("u", "p"), "a.example/ns": pair("n", "q") } });
    const { credential, warnings } = await find();
    assert.deepEqual(credential, {
      username: "n",
      password: "q",
      source: `${file} (auths["a.example/ns"])`,
      explicit: false,
    });
    assert.ok(Object.isFrozen(credential));
    assert.deepEqual(warnings, []);
  });

  test("nothing for another host, and nothing is asked", async () => {
    writeHelper(bin, "one", knows("b.example", "u", "p"));
    writeConfig({ auths: { "b.example": pair("u", "p") }, credHelpers: { "b.example": "one" } });
    assert.deepEqual(await find(), { credential: undefined, warnings: [] });
    assert.deepEqual(calls(bin), []);
  });

  test("a missing file is nothing, and so is a missing folder", async () => {
    assert.deepEqual(await find(), { credential: undefined, warnings: [] });
    rmSync(join(home, ".docker"), { recursive: true });
    assert.deepEqual(await find(), { credential: undefined, warnings: [] });
    writeFileSync(join(home, ".docker"), "");
    assert.deepEqual(await find(), { credential: undefined, warnings: [] });
  });

  test("without a file to look in there is nothing", async () => {
    const settings = { ...readSettings({ home, environment: {} }), dockerConfig: undefined };
    assert.equal(await findCredential(settings, "a.example", "x", SILENT), undefined);
  });

  test("the helper of the host beats the most specific entry", async () => {
    writeHelper(bin, "one", knows("a.example", "hu", "hp"));
    writeConfig({ auths: { "a.example/ns": pair("u", "p") }, credHelpers: { "a.example": "one" } });
    const { credential } = await find();
    assert.equal(credential?.username, "hu");
    assert.equal(credential.source, `docker-credential-one (credHelpers["a.example"] of ${file})`);
    assert.deepEqual(calls(bin), ["one get a.example"]);
  });

  test("where the helper of the host has nothing, its file has nothing", async () => {
    writeHelper(bin, "one", KNOWS_NOTHING);
    writeConfig({
      auths: { "a.example": pair("u", "p") },
      credHelpers: { "a.example": "one" },
      credsStore: "all",
    });
    assert.deepEqual(await find(), { credential: undefined, warnings: [] });
    assert.deepEqual(calls(bin), ["one get a.example"]);
  });

  test("the helper of all hosts is asked where the file only marks the host", async () => {
    writeHelper(bin, "all", knows("a.example", "<token>", "refresh"));
    writeConfig({ auths: { "a.example": {} }, credsStore: "all" });
    const { credential } = await find();
    assert.deepEqual(credential, {
      identityToken: "refresh",
      source: `docker-credential-all (credsStore of ${file})`,
      explicit: false,
    });
  });

  test("where the helper of all hosts has nothing, entries count", async () => {
    writeHelper(bin, "all", KNOWS_NOTHING);
    writeConfig({ auths: { "a.example": pair("u", "p") }, credsStore: "all" });
    assert.equal((await find()).credential?.username, "u");
    assert.deepEqual(calls(bin), ["all get a.example"]);
  });

  test("Docker Hub is asked for as Docker files it", async () => {
    writeHelper(bin, "all", knows("https://index.docker.io/v1/", "u", "p"));
    writeConfig({ credsStore: "all" });
    assert.equal((await find("docker.io", "library/busybox")).credential?.username, "u");
    assert.deepEqual(calls(bin), ["all get https://index.docker.io/v1/"]);
  });

  test("Docker Hub is asked for by its other name, too, where the first has nothing", async () => {
    writeHelper(bin, "one", knows("https://index.docker.io/v1/", "u", "p"));
    writeConfig({ credHelpers: { "docker.io": "one" } });
    assert.equal((await find("docker.io", "library/busybox")).credential?.username, "u");
    assert.deepEqual(calls(bin), ["one get docker.io", "one get https://index.docker.io/v1/"]);
  });

  for (const [what, helpers, warning] of [
    ["missing", { credsStore: "gone" }, /docker-credential-gone: there is no such program/],
    ["failing", { credsStore: "bad" }, /docker-credential-bad: it ended with exit code 4/],
    ["nameless", { credHelpers: { "a.example": "" } }, /"" is not the name of a helper/],
    ["listed as a number", { credsStore: 5 }, /docker-credential-5: there is no such program/],
  ] as const) {
    test(`a helper that is ${what} is a warning, and entries count`, async () => {
      writeHelper(bin, "bad", "exit 4");
      writeConfig({ auths: { "a.example": pair("u", "p") }, ...helpers });
      const { credential, warnings } = await find();
      assert.equal(credential?.username, "u");
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", warning);
    });
  }

  for (const [what, document, fact] of [
    ["no JSON", "hunter22", /it is not valid JSON/],
    ["an entry without base64", { auths: { "a.example": { auth: "hunter22!" } } }, /base64/],
  ] as const) {
    test(`${what} is a warning that names the file and quotes nothing`, async () => {
      writeConfig(document);
      const { credential, warnings } = await find();
      assert.equal(credential, undefined);
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0]?.includes(file));
      assert.match(warnings[0] ?? "", fact);
      assert.doesNotMatch(warnings[0] ?? "", /hunter/);
    });
  }

  test("a broken entry of another host does not count", async () => {
    writeConfig({ auths: { "b.example": { auth: "%%%" }, "a.example": pair("u", "p") } });
    const { credential, warnings } = await find();
    assert.equal(credential?.username, "u");
    assert.deepEqual(warnings, []);
  });

  test("a file that cannot be read is a warning", async () => {
    mkdirSync(file);
    const { credential, warnings } = await find();
    assert.equal(credential, undefined);
    assert.deepEqual(warnings, [
      `cannot read the credentials in ${file}: EISDIR\ngoing on without it`,
    ]);
  });

  test("every secret that is found is hidden from then on", async () => {
    writeConfig({
      auths: {
        "a.example": { ...pair("user", "first-secret"), identitytoken: "second-secret" },
        "b.example": { registrytoken: "third-secret" },
      },
    });
    await find();
    await find("b.example");
    const header = pair("user", "first-secret").auth;
    assert.equal(
      redact(`first-secret second-secret third-secret ${header}`),
      "[secret] [secret] [secret] [secret]",
    );
  });
});
