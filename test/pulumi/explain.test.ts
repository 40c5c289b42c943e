/** Where a pull would go: all places in order, and what is passed over why; and nobody is asked. */
import * as assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { registryFor } from "../support/registry-for-test";
import { CONF, dialled, machineFor, onlyOne, wayOf } from "./explain-world";

const DIGEST = `sha256:${"0".repeat(64)}`;

describe("the way", () => {
  const TABLES = `[[registry]]
prefix = "prod.example/apps"
location = "main.example/apps"
insecure = true
[[registry.mirror]]
location = "m1.example:5000/apps"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "m2.example/apps"
[[registry.mirror]]
location = "bad.example/apps"
[[registry]]
location = "bad.example"
blocked = true
[[registry]]
prefix = "*.wild.example"
blocked = true
`;

  test("has all places in order, each with what names it and why it is passed over", async (t) => {
    const { explained, folder, write } = machineFor(t);
    write(CONF, TABLES);
    const found = await explained({
      reference: "prod.example/apps/one:1",
      mirrors: ["inline.example/x", { location: "me.wild.example", pullFromMirror: "tag-only" }],
    });
    assert.deepEqual(wayOf(found), [
      "mirror inline.example/x/apps/one",
      `mirror me.wild.example/apps/one: blocked by [[registry]] "*.wild.example" of ${join(folder, CONF)}`,
      'mirror m1.example:5000/apps/one: it is for digests only (pull-from-mirror = "digest-only")',
      "mirror m2.example/apps/one",
      `mirror bad.example/apps/one: blocked by [[registry]] "bad.example" of ${join(folder, CONF)}`,
      "origin main.example/apps/one",
    ]);
    const table = `[[registry]] "prod.example/apps" of ${join(folder, CONF)}`;
    assert.deepEqual(
      found.endpoints.map(({ namedBy }) => namedBy),
      ["mirrors[0]", "mirrors[1]", table, table, table, table],
    );
    assert.deepEqual(found.files, [join(folder, CONF)]);
    assert.equal(found.reference, "prod.example/apps/one:1");
    assert.equal(found.meanings, undefined);
    assert.equal(found.agree, undefined);
    assert.deepEqual(
      found.endpoints.map((endpoint) => endpoint.skipped ?? dialled(endpoint).scheme),
      found.endpoints.map(({ skipped }, at) => skipped ?? (at === 5 ? "https-else-http" : "https")),
    );
  });

  test("of a reference with both says who is asked for the content and who for the tag", async (t) => {
    const { explained, write } = machineFor(t);
    write(CONF, TABLES);
    const found = await explained({
      reference: "prod.example/apps/one:1",
      digest: DIGEST,
      mirrors: [{ location: "tags.example", pullFromMirror: "tag-only" }],
    });
    assert.equal(found.reference, `prod.example/apps/one:1@${DIGEST}`);
    assert.deepEqual(
      found.endpoints.slice(0, 3).map(({ location, skipped, tag }) => [location, skipped, tag]),
      [
        ["tags.example/apps/one", 'it is for tags only (pull-from-mirror = "tag-only")', {}],
        [
          "m1.example:5000/apps/one",
          undefined,
          { skipped: 'it is for digests only (pull-from-mirror = "digest-only")' },
        ],
        ["m2.example/apps/one", undefined, {}],
      ],
    );
    assert.equal(
      dialled(found.endpoints[1]).url,
      `https://m1.example:5000/v2/apps/one/manifests/${DIGEST}`,
    );
  });

  test("is told where all of it is passed over", async (t) => {
    const { explained, write } = machineFor(t);
    write(CONF, TABLES);
    const [reason = ""] = wayOf(await explained({ reference: "bad.example/app:1" }));
    assert.match(reason, /^origin bad\.example\/app: blocked by \[\[registry\]\] "bad\.example"/);
    assert.deepEqual(wayOf(await explained({ reference: "own.example/app", fallback: false })), [
      "origin own.example/app: left out by fallback: false",
    ]);
  });

  test("hides what may be a password in a location that is passed over", async (t) => {
    const { explained, write } = machineFor(t);
    const mirror = `location = "me:geheim99@m.example/x"\npull-from-mirror = "digest-only"`;
    write(CONF, `[[registry]]\nlocation = "own.example"\n[[registry.mirror]]\n${mirror}\n`);
    const found = await explained({ reference: "own.example/app:1" });
    assert.equal(found.endpoints[0]?.location, "[hidden]@m.example/x/app");
    assert.doesNotMatch(JSON.stringify(found), /geheim99/);
  });
});

describe("a name without a registry", () => {
  test("is Docker Hub's where nothing says otherwise", async (t) => {
    const { explained } = machineFor(t);
    const found = await explained({ reference: "busybox" });
    assert.deepEqual(found.meanings, [{ reference: "docker.io/library/busybox" }]);
    assert.equal(found.reference, "busybox");
    const { location, url } = onlyOne(found);
    assert.equal(location, "docker.io/library/busybox");
    assert.equal(url, "https://registry-1.docker.io/v2/library/busybox/manifests/latest");
  });

  test("is what an alias says, with its file", async (t) => {
    const { explained, folder, write } = machineFor(t);
    write(CONF, `[aliases]\n"team/app" = "ghcr.io/team/app"\n`);
    const found = await explained({ reference: "team/app:1" });
    assert.deepEqual(found.meanings, [
      { reference: "ghcr.io/team/app:1", namedBy: `[aliases] of ${join(folder, CONF)}` },
    ]);
    assert.equal(onlyOne(found).meaning, undefined);
  });

  test("may mean several, each with a way of its own", async (t) => {
    const { explained, write } = machineFor(t);
    const table = `[[registry]]\nlocation = "two.example"\nblocked = true\n`;
    write(CONF, `unqualified-search-registries = ["one.example", "two.example"]\n${table}`);
    const found = await explained({ reference: "app:1" });
    const namedBy = "unqualified-search-registries";
    assert.deepEqual(found.meanings, [
      { reference: "one.example/app:1", namedBy },
      { reference: "two.example/app:1", namedBy },
    ]);
    assert.deepEqual(
      found.endpoints.map(({ meaning, skipped }) => [meaning, skipped === undefined]),
      [
        ["one.example/app:1", true],
        ["two.example/app:1", false],
      ],
    );
  });

  test("that nothing can be made of is an error, as for a pull", async (t) => {
    const { explained, write } = machineFor(t);
    write(CONF, `[aliases]\nother = "ghcr.io/team/other"\n`);
    await assert.rejects(
      explained({ reference: "app:1" }),
      (error) => error instanceof OciError && error.code === "INVALID_REFERENCE",
    );
  });
});

test("offline, nobody is asked", async (t) => {
  const { explained, write } = machineFor(t);
  const [mirror, registry] = [await registryFor(t), await registryFor(t)];
  const table = `[[registry]]\nlocation = "${registry.host}"\n[[registry.mirror]]\nlocation = "${mirror.host}"\ninsecure = true\n`;
  write(CONF, table);
  const inputs = { reference: `${registry.host}/team/app:1`, plainHttp: true };
  const found = await explained(inputs);
  assert.deepEqual(wayOf(found), [
    `mirror ${mirror.host}/team/app`,
    `origin ${registry.host}/team/app`,
  ]);
  assert.deepEqual([mirror.requests, registry.requests], [[], []]);
});
