import * as assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { Fault, RegistryOptions, TestRegistry } from "./registry";
import { registryFor } from "./registry-for-test";

const BODY = "0123456789";
const DIGEST = digestOf(BODY);

async function started(context: TestContext, options?: RegistryOptions): Promise<TestRegistry> {
  const registry = await registryFor(context, options);
  registry.repository("a").putBlob(BODY);
  return registry;
}

function getBlob(registry: TestRegistry, init: RequestInit = {}): Promise<Response> {
  return fetch(`${registry.url}/v2/a/blobs/${DIGEST}`, init);
}

/** One answer of a registry whose blobs have that fault. */
async function spoiled(t: TestContext, then: Fault, init?: RequestInit): Promise<Response> {
  const registry = await started(t);
  registry.fault({ kind: "blob", then });
  return getBlob(registry, init);
}

function chunksOf(response: Response): AsyncIterable<Uint8Array> {
  assert.ok(response.body);
  return response.body as AsyncIterable<Uint8Array>;
}

/** What of a body arrives before it breaks, and whether it broke. */
async function arrived(response: Response): Promise<readonly [string, "whole" | "broken"]> {
  let text = "";
  try {
    for await (const chunk of chunksOf(response)) text += Buffer.from(chunk).toString();
    return [text, "whole"];
  } catch {
    return [text, "broken"];
  }
}

describe("kinds of faults", () => {
  test("status: another answer, with headers and body", async (t) => {
    const response = await spoiled(t, {
      kind: "status",
      status: 429,
      headers: { "Retry-After": "1" },
      body: { errors: [] },
    });
    assert.equal(response.status, 429);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.deepEqual(await response.json(), { errors: [] });
  });

  test("reset before the status line: no answer, and none in the log", async (t) => {
    const registry = await started(t);
    registry.fault({ kind: "blob", then: { kind: "reset" } });
    await assert.rejects(getBlob(registry));
    assert.equal(registry.count({ kind: "blob" }), 1);
    assert.equal(registry.requests[0]?.status, undefined);
  });

  test("reset after bytes: these bytes, then a broken connection", async (t) => {
    const response = await spoiled(t, { kind: "reset", afterBytes: 4 });
    assert.equal(response.headers.get("content-length"), "10");
    assert.deepEqual(await arrived(response), ["0123", "broken"]);
  });

  test("reset after no bytes: the headers, then a broken connection", async (t) => {
    const response = await spoiled(t, { kind: "reset", afterBytes: 0 });
    assert.deepEqual(await arrived(response), ["", "broken"]);
  });

  test("stall: these bytes, then silence until someone gives up", async (t) => {
    const giveUp = new AbortController();
    const stall: Fault = { kind: "stall", afterBytes: 4 };
    const response = await spoiled(t, stall, { signal: giveUp.signal });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    assert.equal(Buffer.from(first?.value ?? []).toString(), "0123");
    const next = reader?.read();
    giveUp.abort();
    await assert.rejects(Promise.resolve(next));
  });

  test("body: other bytes of the same length or not, under the true digest header", async (t) => {
    for (const bytes of [Buffer.from("x123456789"), Buffer.from("longer than before")]) {
      const response = await spoiled(t, { kind: "body", bytes });
      assert.equal(response.headers.get("docker-content-digest"), DIGEST);
      assert.deepEqual(await arrived(response), [bytes.toString(), "whole"]);
    }
    const flipped = await spoiled(t, { kind: "body", bytes: (body) => body.toReversed() });
    assert.equal(await flipped.text(), "9876543210");
  });

  test("digestHeader: another one, or none", async (t) => {
    const wrong = await spoiled(t, { kind: "digestHeader", value: digestOf("x") });
    assert.equal(wrong.headers.get("docker-content-digest"), digestOf("x"));
    const none = await spoiled(t, { kind: "digestHeader" });
    assert.equal(none.headers.get("docker-content-digest"), null);
    assert.equal(await none.text(), BODY);
  });

  test("headers: set and removed on the true answer", async (t) => {
    const set = { "Set-Cookie": "a=b", "content-type": undefined };
    const response = await spoiled(t, { kind: "headers", set });
    assert.equal(response.headers.get("set-cookie"), "a=b");
    assert.equal(response.headers.get("content-type"), null);
    assert.equal(await response.text(), BODY);
  });

  test("redirect: to a fixed place, or one made from the request", async (t) => {
    const fixed: Fault = { kind: "redirect", location: "https://other.example/x", status: 302 };
    const response = await spoiled(t, fixed, { redirect: "manual" });
    assert.equal(response.status, 302);
    assert.equal(response.headers.get("location"), "https://other.example/x");
    const made: Fault = { kind: "redirect", location: (request) => `${request.path}?signed=1` };
    const other = await spoiled(t, made, { redirect: "manual" });
    assert.equal(other.status, 307);
    assert.equal(other.headers.get("location"), `/v2/a/blobs/${DIGEST}?signed=1`);
  });

  test("contentLength: more than there is breaks the body, less cuts it", async (t) => {
    const more = await spoiled(t, { kind: "contentLength", value: 20 });
    assert.equal(more.headers.get("content-length"), "20");
    assert.deepEqual(await arrived(more), [BODY, "broken"]);
    const less = await spoiled(t, { kind: "contentLength", value: 3 });
    assert.equal((await arrived(less))[0], "012");
  });

  test("truncate: a body that ends in good order, too early", async (t) => {
    const response = await spoiled(t, { kind: "truncate", bytes: 4 });
    assert.equal(response.headers.get("content-length"), null);
    assert.deepEqual(await arrived(response), ["0123", "whole"]);
  });

  test("endless: a body that goes on for as long as it is read", async (t) => {
    const giveUp = new AbortController();
    const response = await spoiled(t, { kind: "endless" }, { signal: giveUp.signal });
    assert.equal(response.headers.get("content-length"), null);
    let text = "";
    for await (const chunk of chunksOf(response)) {
      text += Buffer.from(chunk).toString();
      if (text.length > 1024 * 1024) break;
    }
    giveUp.abort();
    assert.ok(text.startsWith(BODY.repeat(100_000)));
  });

  test("endless: a HEAD has no body to go on with", async (t) => {
    const response = await spoiled(t, { kind: "endless" }, { method: "HEAD" });
    assert.equal(response.status, 200);
  });

  test("delay: the true answer, later", async (t) => {
    const response = await spoiled(t, { kind: "delay", milliseconds: 1 });
    assert.equal(await response.text(), BODY);
  });

  test("delay: others are answered meanwhile", async (t) => {
    const registry = await started(t);
    registry.fault({ method: "GET", then: { kind: "delay", milliseconds: 600_000 } });
    const giveUp = new AbortController();
    const delayed = assert.rejects(getBlob(registry, { signal: giveUp.signal }));
    while (registry.count() === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await getBlob(registry, { method: "HEAD" })).status, 200);
    assert.equal(registry.requests[0]?.status, undefined);
    giveUp.abort();
    await delayed;
  });

  test("handler: the test answers, and its status is logged", async (t) => {
    const registry = await started(t);
    registry.fault({
      kind: "blob",
      then: {
        kind: "handler",
        handle(request, response) {
          response.statusCode = 418;
          response.end(request.url);
        },
      },
    });
    assert.equal(await (await getBlob(registry)).text(), `/v2/a/blobs/${DIGEST}`);
    assert.equal(registry.requests[0]?.status, 418);
  });
});

describe("defects of a test", () => {
  test("a handler that throws shows its error in the answer", async (t) => {
    const handle = (): void => {
      throw new Error("not like this");
    };
    const response = await spoiled(t, { kind: "handler", handle });
    assert.equal(response.status, 500);
    assert.match(await response.text(), /not like this/);
  });
});

describe("ranges that lie", () => {
  const lies = [
    ["ignored", 200, null, BODY],
    ["shifted", 206, "bytes 5-9/10", "56789"],
    ["restarted", 206, "bytes 4-9/10", "012345"],
    ["unlabeled", 206, null, "456789"],
    ["refused", 416, "bytes */10", ""],
  ] as const;
  for (const [how, status, contentRange, body] of lies) {
    test(`${how}: answers ${status}`, async (t) => {
      const headers = { range: "bytes=4-" };
      const response = await spoiled(t, { kind: "range", how }, { headers });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("content-range"), contentRange);
      assert.equal(await response.text(), body);
    });
  }

  test("a request without Range gets the true answer", async (t) => {
    const response = await spoiled(t, { kind: "range", how: "refused" });
    assert.equal(await response.text(), BODY);
  });
});

describe("which requests meet a fault", () => {
  const broken: Fault = { kind: "status", status: 500 };

  test("the first plan that matches and is not used up, after those that it skips", async (t) => {
    const registry = await started(t);
    const first = registry.fault({ kind: "blob", skip: 1, times: 1, then: broken });
    const second = registry.fault({
      kind: "blob",
      times: 1,
      then: { kind: "status", status: 503 },
    });
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) statuses.push((await getBlob(registry)).status);
    assert.deepEqual(statuses, [503, 500, 200, 200]);
    assert.deepEqual([first.matched, first.applied], [4, 1]);
    assert.deepEqual([second.matched, second.applied], [3, 1]);
  });

  test("only those of its method, kind, repository, reference and further condition", async (t) => {
    const registry = await started(t);
    const plans = [
      { method: "HEAD" },
      { kind: "manifest" },
      { repository: "b" },
      { reference: digestOf("y") },
      { reference: (text: string) => text === "1" },
      { where: (request: { readonly path: string }) => request.path.includes("?") },
    ] as const;
    const faults = plans.map((plan) => registry.fault({ ...plan, then: broken }));
    assert.equal((await getBlob(registry)).status, 200);
    assert.deepEqual(
      faults.map(({ matched }) => matched),
      [0, 0, 0, 0, 0, 0],
    );
    assert.equal((await getBlob(registry, { method: "HEAD" })).status, 500);
  });

  test("a fault that was removed is over, and so are all that were cleared", async (t) => {
    const registry = await started(t);
    const fault = registry.fault({ then: broken });
    registry.fault({ then: { kind: "status", status: 503 } });
    assert.equal((await getBlob(registry)).status, 500);
    fault.remove();
    assert.equal((await getBlob(registry)).status, 503);
    registry.clearFaults();
    assert.equal((await getBlob(registry)).status, 200);
  });

  test("a request that is challenged leaves the plan alone, unless the plan is for those", async (t) => {
    const auth = { kind: "basic", username: "u", password: "p" } as const;
    const registry = await started(t, { auth });
    const headers = { authorization: `Basic ${Buffer.from("u:p").toString("base64")}` };
    const fault = registry.fault({ kind: "blob", times: 1, then: broken });
    assert.equal((await getBlob(registry)).status, 401);
    assert.equal(fault.matched, 0);
    assert.equal((await getBlob(registry, { headers })).status, 500);

    const challenge = { "www-authenticate": "Negotiate" };
    registry.fault({ when: "refused", then: { kind: "headers", set: challenge } });
    const refused = await getBlob(registry);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("www-authenticate"), "Negotiate");
    assert.equal((await getBlob(registry, { headers })).status, 200);
  });

  test("what a fault answers instead has not happened: no blob is stored", async (t) => {
    const registry = await started(t);
    registry.fault({ kind: "upload", times: 1, then: broken });
    const url = `${registry.url}/v2/a/blobs/uploads/?digest=${digestOf("new")}`;
    const upload = { method: "POST", body: "new" };
    assert.equal((await fetch(url, upload)).status, 500);
    assert.equal(registry.repository("a").blob(digestOf("new")), undefined);
    assert.equal((await fetch(url, upload)).status, 201);
  });
});
