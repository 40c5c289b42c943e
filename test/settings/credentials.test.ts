/** The search on real files and helpers: who is asked, who wins, and what is only a warning. */
import * as assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { SILENT } from "../../provider/context";
import { OciError } from "../../provider/errors";
import { redact } from "../../provider/redact";
import { locateAuthFiles } from "../../provider/settings/auth-files/locate";
import {
  type CredentialSearch,
  explainCredential,
  findCredential,
  searchedPlaces,
} from "../../provider/settings/credentials";
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

  /** The search of a machine whose files all lie in `home`. */
  function searchOf(
    environment: Readonly<Record<string, string>> = {},
    more: { readonly authFile?: string; readonly helpers?: readonly string[] } = {},
  ): CredentialSearch {
    const { authFile, helpers = ["containers-auth.json"] } = more;
    const world = { environment, home, root: home, uid: 7, platform: "linux" } as const;
    return { places: locateAuthFiles({ ...world, authFile }), searchPath: bin, helpers };
  }

  async function find(
    registry = "a.example",
    repository = "ns/name",
    search = searchOf(),
  ): Promise<Found> {
    const warnings: string[] = [];
    const report = { ...SILENT, warning: (message: string) => void warnings.push(message) };
    return { credential: await findCredential(search, registry, repository, report), warnings };
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
      `cannot read the credentials in ${file}: it is a directory\ngoing on without it`,
    ]);
  });

  test("the same warning goes to a report once, whatever is searched", async () => {
    writeConfig("broken");
    const { warnings } = await find();
    assert.equal(warnings.length, 1);
    const said: string[] = [];
    const report = { ...SILENT, warning: (message: string) => void said.push(message) };
    for (const name of ["one", "two"]) await findCredential(searchOf(), name, "x", report);
    assert.deepEqual(said, warnings);
  });

  test("a session's folder that is promised and missing is a warning, and the rest counts", async () => {
    writeConfig({ auths: { "a.example": pair("u", "p") } });
    const folder = join(home, "run-user");
    const { credential, warnings } = await find(
      "a.example",
      "x",
      searchOf({ XDG_RUNTIME_DIR: folder }),
    );
    assert.equal(credential?.username, "u");
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? "",
      /XDG_RUNTIME_DIR names \S+run-user, and there is no such folder/,
    );
    mkdirSync(folder);
    const there = await find("a.example", "x", searchOf({ XDG_RUNTIME_DIR: folder }));
    assert.deepEqual(there.warnings, []);
  });

  test("a text of the environment counts before files, and is never shown", async () => {
    writeConfig({ auths: { "a.example": pair("u", "p"), "b.example": pair("b", "b") } });
    const text = JSON.stringify({ auths: { "a.example": pair("e", "hunter22") } });
    const search = searchOf({ DOCKER_AUTH_CONFIG: text });
    const { credential } = await find("a.example", "x", search);
    assert.equal(credential?.password, "hunter22");
    assert.equal(
      credential.source,
      'the environment variable DOCKER_AUTH_CONFIG (auths["a.example"])',
    );
    assert.equal((await find("b.example", "x", search)).credential?.username, "b");
    const broken = await find("b.example", "x", searchOf({ DOCKER_AUTH_CONFIG: "hunter22" }));
    assert.equal(broken.credential?.username, "b");
    assert.match(
      broken.warnings[0] ?? "",
      /the environment variable DOCKER_AUTH_CONFIG: it is not/,
    );
    assert.doesNotMatch(broken.warnings[0] ?? "", /hunter|secret/);
  });

  test("the oldest file is read last", async () => {
    const old = join(home, ".dockercfg");
    writeFileSync(old, JSON.stringify({ "https://a.example/v1/": pair("old", "1") }));
    const { credential } = await find();
    assert.equal(credential?.source, `${old} (["https://a.example/v1/"])`);
    writeConfig({ auths: { "a.example": pair("u", "p") } });
    assert.equal((await find()).credential?.username, "u");
  });

  test("an entry without secrets hides what its file says of the host, and no other file", async () => {
    writeConfig({ auths: { "a.example/ns": {}, "a.example": pair("u", "p") } });
    assert.equal((await find()).credential, undefined);
    writeFileSync(join(home, ".dockercfg"), JSON.stringify({ "a.example": pair("old", "1") }));
    assert.equal((await find()).credential?.username, "old");
  });

  describe("a file that is named", () => {
    const named = (): string => join(home, "named.json");

    async function refusalOf(search: CredentialSearch): Promise<OciError> {
      const error: unknown = await find("a.example", "x", search).catch((it: unknown) => it);
      assert.ok(error instanceof OciError, String(error));
      assert.equal(error.code, "CONFIG");
      return error;
    }

    test("is the only one", async () => {
      writeConfig({ auths: { "a.example": pair("u", "p") } });
      writeFileSync(named(), "{}");
      for (const search of [
        searchOf({ REGISTRY_AUTH_FILE: named() }),
        searchOf({}, { authFile: named() }),
      ]) {
        const found = await find("a.example", "x", search);
        assert.deepEqual(found, { credential: undefined, warnings: [] });
      }
    });

    test("is meant if it is the option, and found if it is the environment's", async () => {
      writeFileSync(named(), JSON.stringify({ auths: { "a.example": pair("u", "p") } }));
      const given = await find("a.example", "x", searchOf({}, { authFile: named() }));
      assert.equal(given.credential?.explicit, true);
      const found = await find("a.example", "x", searchOf({ REGISTRY_AUTH_FILE: named() }));
      assert.equal(found.credential?.explicit, false);
    });

    for (const [how, namer, search] of [
      ["the option", "the option authFile", () => searchOf({}, { authFile: named() })],
      [
        "the environment",
        "the environment variable REGISTRY_AUTH_FILE",
        () => searchOf({ REGISTRY_AUTH_FILE: named() }),
      ],
    ] as const) {
      test(`by ${how} has to be there`, async () => {
        const error = await refusalOf(search());
        assert.equal(
          error.message,
          `cannot read the credentials in ${named()}: there is no such file\n` +
            `hint: correct ${namer}, which names it`,
        );
      });

      test(`by ${how} has to be whole`, async () => {
        writeFileSync(named(), "hunter22");
        const error = await refusalOf(search());
        assert.equal(error.fact, "it is not valid JSON");
        assert.equal(error.hint, `correct ${named()}, or ${namer}, which names it`);
      });
    }

    test("fails with the entry or the helper that is asked for, and with no other", async () => {
      const search = searchOf({}, { authFile: named() });
      const good = { auth: "%%%" };
      writeFileSync(
        named(),
        JSON.stringify({ auths: { "a.example": good }, credHelpers: { "c.example": "gone" } }),
      );
      assert.match((await refusalOf(search)).fact, /is not valid base64/);
      assert.equal((await find("b.example", "x", search)).credential, undefined);
      await assert.rejects(find("c.example", "x", search), {
        message: /docker-credential-gone: there is no such program in PATH\nhint: install it/,
      });
    });

    test("is told where registries.conf lets nobody read it", async () => {
      writeHelper(bin, "glob", knows("a.example", "g", "g"));
      const search = searchOf({}, { authFile: named(), helpers: ["glob"] });
      const { credential, warnings } = await find("a.example", "x", search);
      assert.equal(credential?.username, "g");
      assert.deepEqual(warnings, [
        `${named()}, which the option authFile names, is not read: ` +
          'credential-helpers of registries.conf lists no "containers-auth.json"',
      ]);
    });
  });

  describe("helpers of registries.conf", () => {
    test("are asked in order, among the files", async () => {
      writeHelper(bin, "first", KNOWS_NOTHING);
      writeHelper(bin, "last", knows("a.example", "last", "p"));
      const search = searchOf({}, { helpers: ["first", "containers-auth.json", "last"] });
      const { credential } = await find("a.example", "x", search);
      assert.equal(
        credential?.source,
        "docker-credential-last (credential-helpers of registries.conf)",
      );
      assert.deepEqual(calls(bin), ["first get a.example", "last get a.example"]);
      writeConfig({ auths: { "a.example": pair("u", "p") } });
      assert.equal((await find("a.example", "x", search)).credential?.username, "u");
    });

    test("that fail are passed over with a warning", async () => {
      writeConfig({ auths: { "a.example": pair("u", "p") } });
      const search = searchOf({}, { helpers: ["gone", "containers-auth.json"] });
      const { credential, warnings } = await find("a.example", "x", search);
      assert.equal(credential?.username, "u");
      assert.match(warnings[0] ?? "", /docker-credential-gone: there is no such program/);
    });
  });

  test("what was searched is listed in order, without what it says", () => {
    const environment = { DOCKER_AUTH_CONFIG: "hunter22" };
    const search = searchOf(environment, { helpers: ["one", "containers-auth.json"] });
    assert.deepEqual(searchedPlaces(search), [
      "docker-credential-one",
      "the environment variable DOCKER_AUTH_CONFIG",
      join(home, "run/containers/7/auth.json"),
      join(home, ".config/containers/auth.json"),
      file,
      join(home, ".dockercfg"),
    ]);
  });

  describe("an explanation", () => {
    const explain = (search = searchOf()) => explainCredential(search, "a.example", "ns/name");

    test("names the source as the credential does", async () => {
      writeConfig({ auths: { "a.example": pair("u", "p") } });
      assert.deepEqual(await explain(), { source: `${file} (auths["a.example"])`, notes: [] });
    });

    test("names the helper that would be asked, and asks nobody", async () => {
      writeHelper(bin, "all", knows("a.example", "u", "p"));
      writeConfig({ credsStore: "all" });
      assert.deepEqual(await explain(), {
        source: `docker-credential-all (credsStore of ${file})`,
        notes: [
          `docker-credential-all (credsStore of ${file}) is not asked here; where it has nothing: none`,
        ],
      });
      assert.deepEqual(calls(bin), []);
    });

    test("names what comes behind a helper that may have nothing", async () => {
      writeHelper(bin, "all", KNOWS_NOTHING);
      writeConfig({ auths: { "a.example": pair("u", "p") }, credsStore: "all" });
      const { source, notes } = await explain();
      assert.equal(source, `docker-credential-all (credsStore of ${file})`);
      assert.match(
        notes[0] ?? "",
        /where it has nothing: \S+config\.json \(auths\["a\.example"\]\)$/,
      );
      const final = { ...pair("u", "p") };
      writeConfig({ auths: { "a.example": final }, credHelpers: { "a.example": "all" } });
      assert.match((await explain()).notes[0] ?? "", /where it has nothing: none$/);
    });

    test("tells what is passed over, and what would end the search, without throwing", async () => {
      writeConfig({ auths: { "a.example": pair("u", "p") }, credsStore: "gone" });
      const { source, notes } = await explain();
      assert.equal(source, `${file} (auths["a.example"])`);
      assert.match(notes[0] ?? "", /docker-credential-gone: there is no such program/);
      const ended = await explain(searchOf({}, { authFile: join(home, "gone.json") }));
      assert.equal(ended.source, undefined);
      assert.match(ended.notes[0] ?? "", /gone\.json: there is no such file/);
    });

    test("is empty where there is nothing", async () => {
      assert.deepEqual(await explain(), { notes: [] });
    });
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
