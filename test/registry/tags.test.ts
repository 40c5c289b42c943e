import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { nextPage } from "../../provider/registry/tags";
import type { RegistryQuirks } from "../support/registry-types";
import { endpointAt, openWorld, REPOSITORY, serve, type WorldOptions } from "./world";

const TAGS = ["1", "2", "3", "4", "5"];

async function open(t: TestContext, quirks: RegistryQuirks = {}, options: WorldOptions = {}) {
  const registry = await serve(t, { quirks });
  for (const tag of TAGS) registry.repository(REPOSITORY).putManifest({}, { tag });
  const { client, context } = openWorld(t, options);
  const endpoint = endpointAt(registry.host);
  return { registry, list: () => client.listTags(endpoint, context) };
}

describe("listTags", () => {
  test("asks once, without a number, where one page holds all", async (t) => {
    const { list, registry } = await open(t);
    assert.deepEqual(await list(), TAGS);
    assert.deepEqual(
      registry.requests.map(({ path }) => path),
      [`/v2/${REPOSITORY}/tags/list`],
    );
  });

  test("follows every page, each tag once", async (t) => {
    const { list, registry } = await open(t, { tagsPerPage: 2 });
    assert.deepEqual(await list(), TAGS);
    assert.deepEqual(
      registry.requests.map(({ path }) => path.split("?")[1]),
      [undefined, "last=2&n=2", "last=4&n=2"],
    );
  });

  test("stops at the limit", async (t) => {
    const { list, registry } = await open(t, { tagsPerPage: 1 }, { limits: { tagPages: 3 } });
    await assert.rejects(list(), { code: "LIMIT_EXCEEDED", message: /limits\.tagPages/ });
    assert.equal(registry.requests.length, 3);
    assert.equal(DEFAULT_LIMITS.tagPages, 1_000);
  });

  test("stops where few pages hold more tags than any registry has", async (t) => {
    const { list, registry } = await open(t, {}, { limits: { tagPages: 2 } });
    const tags = Array.from({ length: 2_001 }, (_, index) => `1.0.${index}`);
    const says = (body: object) =>
      registry.fault({ kind: "tags", times: 1, then: { kind: "status", status: 200, body } });
    says({ tags: tags.slice(1) });
    assert.equal((await list()).length, 2_000);
    says({ tags });
    await assert.rejects(list(), { code: "LIMIT_EXCEEDED", message: /limits\.tagPages/ });
  });

  for (const search of ["", "?n=1&last=1"]) {
    test(`ends in a circle that leads to "${search}" for ever`, async (t) => {
      const { list, registry } = await open(t, {
        tagsPerPage: 1,
        link: ({ pathname }) => pathname + search,
      });
      await assert.rejects(list(), { code: "REGISTRY", message: /in a circle/ });
      assert.ok(registry.requests.length <= 2);
    });
  }

  test("an empty repository has none, also where its registry says null", async (t) => {
    for (const tags of [[], null]) {
      const { list, registry } = await open(t);
      registry.fault({ kind: "tags", then: { kind: "status", status: 200, body: { tags } } });
      assert.deepEqual(await list(), []);
    }
  });

  test("what could never be asked for is no tag", async (t) => {
    const { list, registry } = await open(t);
    const tags = ["good", "../../other/tags", "", 5, null, "-x", "a b", "x".repeat(129), "_1.0-a"];
    registry.fault({ kind: "tags", then: { kind: "status", status: 200, body: { tags } } });
    assert.deepEqual(await list(), ["good", "_1.0-a"]);
  });

  for (const body of ["<html>", "[]", "5", "{}", '{"tags":"1"}']) {
    test(`${body} in place of a list fails as such`, async (t) => {
      const { list, registry } = await open(t);
      registry.fault({ kind: "tags", then: { kind: "status", status: 200, body } });
      await assert.rejects(list(), { code: "REGISTRY", message: /lists no tags/ });
    });
  }

  test("a repository that is not there is told as such", async (t) => {
    const registry = await serve(t);
    const { client, context } = openWorld(t);
    await assert.rejects(client.listTags(endpointAt(registry.host), context), {
      code: "NOT_FOUND",
      message: /^cannot list the tags of 127\.0\.0\.1:\d+\/team\/app: /,
    });
  });
});

describe("nextPage", () => {
  const page = new URL("https://registry.example/v2/team/app/tags/list?n=1");
  const search = (...link: readonly string[]): string | undefined => {
    const next = nextPage(page, { headers: () => link });
    assert.ok(next === undefined || next.href.startsWith(page.href.split("?", 1)[0] ?? ""));
    return next?.search;
  };

  test("takes the query of the next page from each form of the header", () => {
    const query = "?n=2&last=v1%2B2";
    for (const target of ["/v2/team/app/tags/list", "list", "", "https://other.example/x"]) {
      assert.equal(search(`<${target}${query}>; rel="next"`), query);
    }
    assert.equal(search(`<${query}>;rel=next`), query);
    assert.equal(search(`<${query}>; title="x"; rel="next", `), query);
    assert.equal(search(`<?first>; rel="first", <${query}>; REL="Next"`), query);
    assert.equal(search(`<?first>; rel="first"`, `<${query}>; rel="next"`), query);
    assert.equal(search(`<?last=a,b>; rel="next"`), "?last=a,b");
  });

  test("sees none in anything else", () => {
    const others = ["", "next", "<x", "<?n=2>", `<?n=2>; rel="prev"`, "<?n=2>; rel=nextish"];
    for (const link of [...others, "<http://[>; rel=next"]) assert.equal(search(link), undefined);
    assert.equal(search(), undefined);
  });
});
