/** A push that is broken off, at each of its requests and in each way: no tag, and the next one ends it. */
import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { push } from "../../provider/push";
import { buildArtifact, buildIndex } from "../support/artifacts";
import type { Fault, LoggedRequest } from "../support/registry-types";
import { openPushWorld, originAt } from "../registry/push-world";
import { REPOSITORY, serve } from "../registry/world";
import { assertWhole, packed } from "./push-stage";

const CHILD = buildArtifact({
  layers: [{ bytes: "x".repeat(10_000), mediaType: "text/plain", title: "x" }],
});
const INDEX = buildIndex({
  manifests: [{ artifact: CHILD, platform: { os: "linux", architecture: "amd64" } }],
});
const TAGS = ["1", "2"];

/** HEAD of two blobs, POST and PUT of each, HEAD and PUT of two manifests, HEAD and PUT of two tags. */
const REQUESTS = 14;

async function open(t: TestContext) {
  const registry = await serve(t);
  const stop = new AbortController();
  const world = openPushWorld(t, { signal: stop.signal });
  const fresh = openPushWorld(t);
  const origin = originAt(registry.host);
  const pushBy = ({ writer, context }: typeof world) =>
    push(packed(INDEX), { origin, tags: TAGS }, { writer }, context);
  return {
    registry,
    repository: registry.repository(REPOSITORY),
    stop,
    push: () => pushBy(world),
    pushAgain: () => pushBy(fresh),
  };
}

/** At the request of that number, and at all after it. */
function from(
  first: number,
  act: () => void = () => undefined,
): (request: LoggedRequest) => boolean {
  let number = 0;
  return () => {
    number += 1;
    if (number <= first) return false;
    act();
    return true;
  };
}

/** The tag that comes last was not reached. */
function assertUntagged(tags: readonly string[], number: number): void {
  const most = number < REQUESTS - 1 ? [] : ["1"];
  assert.ok(
    tags.every((tag) => most.includes(tag)),
    `broken off at request ${number}, and there is ${tags.join(", ")}`,
  );
}

test("a push that nothing breaks off takes so many requests", async (t) => {
  const { registry, push: pushIt } = await open(t);
  await pushIt();
  assert.equal(registry.requests.length, REQUESTS);
});

describe("broken off for good", () => {
  const ways: Readonly<Record<string, Fault>> = {
    "the connection": { kind: "reset" },
    "the answer": { kind: "status", status: 500 },
    permission: { kind: "status", status: 403 },
  };
  for (const [name, then] of Object.entries(ways)) {
    test(`${name}, from each request on`, async (t) => {
      for (let number = 0; number < REQUESTS; number += 1) {
        const { registry, repository, push: pushIt, pushAgain } = await open(t);
        registry.fault({ where: from(number), then });
        await assert.rejects(pushIt(), OciError, `request ${number}`);
        assertUntagged(repository.tags(), number);
        assertWhole(repository);
        registry.clearFaults();
        await pushAgain();
        assert.deepEqual(repository.tags(), TAGS);
        assertWhole(repository);
        await registry.close();
      }
    });
  }

  test("by the user, at each request", async (t) => {
    for (let number = 0; number < REQUESTS; number += 1) {
      const { registry, repository, stop, push: pushIt, pushAgain } = await open(t);
      const where = from(number, () => {
        stop.abort();
      });
      registry.fault({ where, then: { kind: "reset" } });
      await assert.rejects(pushIt(), { code: "CANCELLED" }, `request ${number}`);
      assertUntagged(repository.tags(), number);
      assertWhole(repository);
      registry.clearFaults();
      await pushAgain();
      assert.deepEqual(repository.tags(), TAGS);
      await registry.close();
    }
  });
});

describe("broken off once", () => {
  const ways: Readonly<Record<string, Fault>> = {
    "before the request is read": { kind: "reset" },
    "before its answer": { kind: "unanswered" },
    "by an outage": { kind: "status", status: 503 },
  };
  for (const [name, then] of Object.entries(ways)) {
    test(`${name}, at each request: the push goes on and ends well`, async (t) => {
      for (let number = 0; number < REQUESTS; number += 1) {
        const { registry, repository, push: pushIt } = await open(t);
        registry.fault({ where: from(number), times: 1, then });
        await pushIt();
        assert.deepEqual(repository.tags(), TAGS, `request ${number}`);
        assertWhole(repository);
        await registry.close();
      }
    });
  }
});
