/** Mirrors over the whole road of a check: who is asked, with what, and what the row says. */
import * as assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { checkInputs } from "../../provider/pulumi/check-inputs";
import { hostOptions, mirrorsOf } from "../../provider/pulumi/transport";
import { storedInputs } from "../../provider/pulumi/inputs";
import { publishFiles } from "../support/manifests";
import { registryFor, type CleanUp } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { lifecycleWorld, type LifecycleWorld } from "./lifecycle-world";

const FILES = { "a.txt": "a" };

/** A world with the artifact at its registry, and in a mirror below `/cache`. */
async function mirrored(
  context: CleanUp & { after(work: () => void): void },
): Promise<LifecycleWorld & { readonly mirror: TestRegistry; readonly location: string }> {
  const world = await lifecycleWorld(context);
  const mirror = await registryFor(context);
  publishFiles(world.registry, FILES, "1", "team/app");
  publishFiles(mirror, FILES, "1", "cache/team/app");
  return { ...world, mirror, location: `${mirror.host}/cache` };
}

function kindsOf({ requests }: TestRegistry): readonly string[] {
  return requests.map(({ method, kind }) => `${method} ${kind}`);
}

describe("a check with mirrors", () => {
  test("pulls from the first that serves, and asks nobody else", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, location, reference } = world;
    const provider = world.host();
    const mirrors = [{ location, plainHttp: true }];
    const { failures, inputs } = await provider.check({ reference, mirrors });
    assert.deepEqual(failures, []);
    assert.deepEqual(kindsOf(mirror), ["GET manifest", "GET blob"]);
    assert.deepEqual(kindsOf(registry), []);
    assert.deepEqual(provider.report.said("info"), [
      `served by mirror http://${location}/team/app`,
    ]);
    // The name of the content is the reference's, whoever served.
    assert.match(String(inputs["pinned"]), new RegExp(`^${registry.host}/team/app@sha256:`));
    assert.deepEqual(storedInputs({ mirrors, fallback: true }), {});
  });

  test("of unchanged content says only in passing who served", async (context) => {
    const world = await mirrored(context);
    const { location, reference } = world;
    const mirrors = [{ location, plainHttp: true }];
    const { inputs } = await world.host().check({ reference, mirrors });
    const provider = world.host();
    await provider.check({ reference, mirrors }, {}, inputs);
    assert.deepEqual(provider.report.said("info"), []);
    assert.ok(provider.report.said("status").some((line) => line.startsWith("served by mirror ")));
  });

  test("goes on to the registry where the mirror has it not, and says so", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, reference } = world;
    const provider = world.host();
    const mirrors = [{ location: `${mirror.host}/empty`, plainHttp: true }];
    const { failures } = await provider.check({ reference, plainHttp: true, mirrors });
    assert.deepEqual(failures, []);
    assert.deepEqual(kindsOf(registry), ["GET manifest", "GET blob"]);
    assert.ok(provider.report.said("info").includes(`served by http://${registry.host}`));
  });

  test("never asks the registry with fallback: false, and names each place", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, reference } = world;
    const mirrors = [{ location: `${mirror.host}/empty`, plainHttp: true }];
    const inputs = { reference, plainHttp: true, mirrors, fallback: false };
    const failure = await world
      .host()
      .check(inputs)
      .then(
        ({ failures }) => failures.join("\n"),
        (error: unknown) => String(error),
      );
    assert.match(failure, new RegExp(`mirror http://${mirror.host}/empty/team/app`));
    assert.deepEqual(kindsOf(registry), []);
  });

  test("takes mirrors from a registries.conf beside the program", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, location, project, reference } = world;
    writeFileSync(
      join(project, "registries.conf"),
      `[[registry]]
location = "${registry.host}"
[[registry.mirror]]
location = "${location}"
insecure = true
`,
    );
    const provider = world.host();
    const inputs = { reference, registriesConf: "registries.conf" };
    assert.deepEqual((await provider.check(inputs)).failures, []);
    assert.deepEqual(kindsOf(mirror), ["GET manifest", "GET blob"]);
    assert.deepEqual(kindsOf(registry), []);
  });

  test("takes them from the user's registries.conf, too", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, location, cache, reference } = world;
    const folder = join(cache, "../home/.config/containers");
    mkdirSync(folder, { recursive: true });
    const table = `[[registry]]\nlocation = "${registry.host}"\n[[registry.mirror]]\nlocation = "${location}"\ninsecure = true\n`;
    writeFileSync(join(folder, "registries.conf"), `colour = "red"\n${table}`);
    const provider = world.host();
    assert.deepEqual((await provider.check({ reference })).failures, []);
    assert.equal(mirror.requests.length, 2);
    const [warning, ...more] = provider.report.said("warning");
    assert.match(warning ?? "", /registries\.conf.*colour/s);
    assert.deepEqual(more, []);
  });

  test("resolves a name without a registry by an alias, and keeps its meaning", async (context) => {
    const world = await mirrored(context);
    const { registry, project } = world;
    writeFileSync(
      join(project, "short.conf"),
      `[[registry]]\nlocation = "${registry.host}"\ninsecure = true\n[aliases]\napp = "${registry.host}/team/app"\n`,
    );
    const inputs = { reference: "app:1", registriesConf: "short.conf" };
    const { inputs: outputs } = await world.host().check(inputs);
    assert.match(String(outputs["pinned"]), new RegExp(`^${registry.host}/team/app@`));
  });

  test("tries what the search list makes of a name, in order", async (context) => {
    const world = await mirrored(context);
    const { mirror, registry, project } = world;
    publishFiles(registry, FILES, "1", "app");
    const tables = [mirror, registry]
      .map(({ host: name }) => `[[registry]]\nlocation = "${name}"\ninsecure = true\n`)
      .join("");
    const list = `unqualified-search-registries = ["${mirror.host}", "${registry.host}"]\n`;
    writeFileSync(join(project, "search.conf"), list + tables);
    const inputs = { reference: "app:1", registriesConf: "search.conf" };
    const { inputs: outputs, failures } = await world.host().check(inputs);
    assert.deepEqual(failures, []);
    assert.match(String(outputs["pinned"]), new RegExp(`^${registry.host}/app@`));
    assert.ok(mirror.requests.length > 0);
  });
});

test("what is for one registry is refused where a name may mean several", async (context) => {
  const world = await lifecycleWorld(context);
  const list = 'unqualified-search-registries = ["a.example", "b.example"]\n';
  writeFileSync(join(world.project, "search.conf"), list);
  const credentials = { username: "u", password: "geheim 42" };
  const inputs = { reference: "app:1", registriesConf: "search.conf", credentials };
  await assert.rejects(world.host().check(inputs), {
    code: "INVALID_INPUT",
    message: `cannot use input "credentials": it is for one registry, and "app:1" may mean several
  a.example/app:1
  b.example/app:1
hint: write the reference in full, or give it in registries, by the registry's name`,
  });
});

describe("of a mirror's host", () => {
  const login = { username: "u", password: "p" };
  const inputs = {
    credentials: login,
    plainHttp: true,
    proxy: "http://proxy.example:3128",
    registries: { "m.example": { skipTlsVerify: true } },
    mirrors: ["m.example/x", { location: "n.example", plainHttp: true, credentials: login }],
  };
  const [first, second] = mirrorsOf(inputs, "own.example");

  test("the flat options count only where they are of the reference's own", async () => {
    const mirror = { name: "mirrors[0]", options: first ?? {} };
    const host = { registry: "m.example", isOwn: false, mirror };
    const options = await hostOptions(inputs, host, "/nowhere");
    assert.equal(options.credentials, undefined);
    assert.equal(options.plainHttp, undefined);
    assert.equal(options.skipTlsVerify, true);
    assert.ok(options.proxy instanceof URL);
    const same = await hostOptions(inputs, { ...host, isOwn: true }, "/nowhere");
    assert.equal(same.credentials?.username, "u");
  });

  test("its own options count, and errors and notes name them", async () => {
    const mirror = { name: second?.name ?? "", options: second ?? {} };
    const host = { registry: "n.example", isOwn: false, mirror };
    const options = await hostOptions(inputs, host, "/nowhere");
    assert.equal(options.plainHttp, true);
    assert.equal(options.credentials?.source, 'the input "mirrors[1].credentials"');
  });

  test("mirrors of a registry may be given by its name", () => {
    const registries = { "own.example": { mirrors: ["r.example"] } };
    assert.deepEqual(mirrorsOf({ registries }, "own.example"), [
      { location: "r.example", name: 'registries["own.example"].mirrors[0]' },
    ]);
    assert.deepEqual(mirrorsOf({ registries, mirrors: [] }, "own.example"), []);
    assert.deepEqual(mirrorsOf({ registries }, "other.example"), []);
  });
});

describe("what is refused", () => {
  const cases: readonly [unknown, string][] = [
    ["m.example", '"mirrors": it must be a list of mirrors, and is a string'],
    [[1], '"mirrors[0]": it must be an object, and is a number'],
    [[null], '"mirrors[0]": it is null'],
    [[""], '"mirrors[0]": it is an empty string'],
    [[{}], '"mirrors[0]": it has no location'],
    [["http://m.example"], '"mirrors[0]": it begins with "http://"'],
    [[{ location: "https://m.example" }], '"mirrors[0].location": it begins with "https://"'],
    [["me:geheim@m.example"], '"mirrors[0]": it holds a user name'],
    [["me:geh/eim@m.example"], '"mirrors[0]": it holds a user name'],
    [["m.example/Team"], '"mirrors[0]": '],
    [["m.example:port"], '"mirrors[0]": '],
    [[{ location: "m", pullFromMirror: "tags" }], '"mirrors[0].pullFromMirror": it must be one of'],
    [[{ location: "m", proxy: "none" }], '"mirrors[0].proxy": there is no such input'],
    [
      [{ location: "m", credentials: { username: "u" } }],
      '"mirrors[0].credentials": it is not complete',
    ],
  ];
  for (const [mirrors, failure] of cases) {
    test(JSON.stringify(mirrors), () => {
      const checked = checkInputs({ reference: "host/app:1", mirrors });
      assert.ok(!checked.ok);
      assert.equal(checked.failures.length, 1, checked.failures.join("\n"));
      assert.ok(
        checked.failures[0]?.startsWith(`cannot use input ${failure}`),
        checked.failures[0],
      );
      assert.doesNotMatch(checked.failures.join(), /geheim/);
    });
  }

  test("what is wrong within registries", () => {
    const registries = { host: { mirrors: ["oci://m"], fallback: 1 } };
    const checked = checkInputs({ reference: "host/app:1", registries });
    assert.ok(!checked.ok);
    assert.deepEqual(
      checked.failures.map((text) => text.split(":")[0]),
      [
        'cannot use input "registries["host"].fallback"',
        'cannot use input "registries["host"].mirrors[0]"',
      ],
    );
  });
});
