/** Lists over several endpoints: an empty one from a mirror is no answer, and trouble is never "nobody". */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { listReferrers } from "../../provider/list-referrers";
import { listTags } from "../../provider/list-tags";
import { parseReference } from "../../provider/reference/parse";
import { buildArtifact, publish } from "../support/artifacts";
import { trafficOf } from "../support/pulling";
import type { Fault, TestRegistry } from "../support/registry-types";
import {
  artifactOf,
  CACHED,
  LAYER,
  mirrorAt,
  NAME,
  openRun,
  originAt,
  REPOSITORY,
  siteWith,
} from "./world";

const ARTIFACT = buildArtifact(artifactOf(LAYER));
const REFERENCE = parseReference(NAME);
const REFERRER = buildArtifact({ ...artifactOf(Buffer.from("sig")), subject: ARTIFACT.descriptor });
const OUT_OF_ORDER = { kind: "status", status: 503 } as const;
const MISSING = { kind: "status", status: 404 } as const;
const NO_TAGS = { kind: "status", status: 200, body: { name: "x", tags: [] } } as const;

async function open(t: TestContext) {
  const first = await siteWith(t, "mirror", ARTIFACT);
  const second = await siteWith(t, "mirror", ARTIFACT);
  const origin = await siteWith(t, "origin", ARTIFACT);
  origin.repository(REPOSITORY).tag("2", ARTIFACT.digest);
  const run = openRun(t);
  const endpoints = [mirrorAt(first.host), mirrorAt(second.host), originAt(origin.host)];
  const rooms = run.rooms();
  return {
    ...run,
    first,
    second,
    origin,
    endpoints,
    tags: (asked = endpoints) => listTags(asked, REFERENCE, rooms, run.context),
    referrers: (asked = endpoints) =>
      listReferrers(asked, REFERENCE, ARTIFACT.digest, rooms, run.context),
  };
}

describe("listTags", () => {
  test("prefers the origin's list, and asks nobody else", async (t) => {
    const { first, second, origin, endpoints, tags, report } = await open(t);
    const { tags: list, servedBy } = await tags();
    assert.deepEqual(list, ["1", "2"]);
    assert.equal(servedBy, endpoints[2]);
    assert.deepEqual(
      [first, second, origin].map((site) => site.requests.length),
      [0, 0, 1],
    );
    assert.deepEqual(report.said("warning"), []);
  });

  test("takes a mirror's where the origin cannot be reached, and says so", async (t) => {
    const { first, origin, endpoints, tags, report } = await open(t);
    await origin.stop();
    const { tags: list, servedBy } = await tags();
    assert.deepEqual(list, ["1"]);
    assert.equal(servedBy, endpoints[0]);
    assert.deepEqual(report.said("warning"), [
      `the tags of ${NAME} are those that mirror ${first.url}/${CACHED} knows: ${origin.url} gives no list, and newer ones may be missing`,
    ]);
  });

  for (const [name, then] of Object.entries<Fault>({
    "an empty list": NO_TAGS,
    "a list that is null": { kind: "status", status: 200, body: { tags: null } },
    "404": MISSING,
    "403": { kind: "status", status: 403 },
    "503": OUT_OF_ORDER,
    "something else": { kind: "status", status: 200, body: "<html>" },
  })) {
    test(`${name} of a mirror is no answer`, async (t) => {
      const { first, origin, endpoints, tags } = await open(t);
      await origin.stop();
      first.fault({ kind: "tags", then });
      const { servedBy } = await tags();
      assert.equal(servedBy, endpoints[1]);
    });
  }

  test("404 at the origin is none either; its empty list is one", async (t) => {
    const { origin, endpoints, tags } = await open(t);
    const fault = origin.fault({ kind: "tags", then: MISSING });
    assert.equal((await tags()).servedBy, endpoints[0]);
    fault.remove();
    origin.fault({ kind: "tags", then: NO_TAGS });
    assert.deepEqual(await tags(), { tags: [], servedBy: endpoints[2] });
  });

  test("without an origin, a mirror's list is a warning, too", async (t) => {
    const { endpoints, tags, report } = await open(t);
    const { servedBy } = await tags(endpoints.slice(0, 2));
    assert.equal(servedBy, endpoints[0]);
    assert.match(report.said("warning").join(), /knows: its registry may not be asked, and newer/);
  });

  test("where nobody lists any, each has its line", async (t) => {
    const { first, second, origin, tags } = await open(t);
    first.fault({ kind: "tags", then: NO_TAGS });
    second.fault({ kind: "tags", then: MISSING });
    origin.fault({ kind: "tags", then: OUT_OF_ORDER });
    await assert.rejects(tags(), {
      code: "UNREACHABLE",
      details: [
        `${origin.url}: answered 503`,
        `mirror ${first.url}/${CACHED}: lists no tags`,
        `mirror ${second.url}/${CACHED}: does not have it (answered 404)`,
      ],
    });
  });
});

describe("listReferrers", () => {
  const signed = (site: TestRegistry, repository: string): void => {
    publish(site, repository, undefined, REFERRER);
  };

  test("the first list that holds anything counts", async (t) => {
    const { first, second, origin, endpoints, referrers } = await open(t);
    signed(second, CACHED);
    signed(origin, REPOSITORY);
    const { pages, servedBy, unanswered } = await referrers();
    assert.equal(servedBy, endpoints[1]);
    assert.ok(pages[0]?.bytes.includes(REFERRER.digest));
    assert.deepEqual(unanswered, []);
    assert.equal(first.count({ kind: "referrers" }), 1);
    assert.equal(origin.requests.length, 0);
  });

  for (const [name, then] of Object.entries<Fault>({
    "404": MISSING,
    "405": { kind: "status", status: 405 },
  })) {
    test(`${name} from a mirror is no answer`, async (t) => {
      const { first, second, origin, endpoints, referrers } = await open(t);
      for (const site of [first, second]) site.fault({ kind: "referrers", then });
      signed(origin, REPOSITORY);
      const { servedBy, unanswered } = await referrers();
      assert.equal(servedBy, endpoints[2]);
      assert.deepEqual(unanswered, []);
    });
  }

  test("nobody refers only where everybody says so", async (t) => {
    const { referrers, ...sites } = await open(t);
    assert.deepEqual(await referrers(), { pages: [], unanswered: [], isOriginHeard: true });
    for (const site of [sites.first, sites.second, sites.origin]) {
      assert.deepEqual(trafficOf(site), ["referrers 200"]);
    }
    await assert.rejects(referrers([]), { code: "CONFIG" });
  });

  test("who could not be asked is told, whether others list some or none", async (t) => {
    const { first, origin, endpoints, referrers } = await open(t);
    first.fault({ kind: "referrers", then: OUT_OF_ORDER });
    const none = await referrers();
    assert.deepEqual(none.pages, []);
    assert.deepEqual(
      none.unanswered.map(({ code }) => code),
      ["UNREACHABLE"],
    );
    signed(origin, REPOSITORY);
    const some = await referrers();
    assert.equal(some.servedBy, endpoints[2]);
  });

  test("the origin out of reach is told, too", async (t) => {
    const { origin, referrers } = await open(t);
    await origin.stop();
    const { pages, unanswered, isOriginHeard } = await referrers();
    assert.deepEqual([pages, isOriginHeard], [[], false]);
    assert.match(unanswered[0]?.message ?? "", /refuses connections/);
  });

  test("where nobody answers, that is an error, and not that nobody refers", async (t) => {
    const { first, second, origin, referrers } = await open(t);
    for (const site of [first, second, origin]) await site.stop();
    await assert.rejects(referrers(), (error: Error & { details?: readonly string[] }) => {
      assert.match(error.message, /^cannot pull registry\.example\/team\/app@sha256:.* refuses/);
      assert.equal(error.details?.length, 3);
      return true;
    });
  });

  test("what is no index is for its reader to refuse", async (t) => {
    const { first, endpoints, referrers } = await open(t);
    const headers = { "content-type": "application/vnd.oci.image.index.v1+json" };
    for (const body of ["nonsense", "[]", '{"manifests":5}']) {
      const then = { kind: "status", status: 200, headers, body } as const;
      const fault = first.fault({ kind: "referrers", then });
      assert.equal((await referrers()).servedBy, endpoints[0], body);
      fault.remove();
    }
  });
});
