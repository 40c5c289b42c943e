/** What each place answers when it is asked, and what is kept of it: nothing. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import type { ExplainedEndpoint } from "../../provider/explain-endpoint";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { CONF, dialled, machineFor } from "./explain-world";

describe("online", () => {
  const FILES = { "a.txt": "a" };

  async function three(t: TestContext) {
    const [first, second, origin] = await Promise.all([
      registryFor(t),
      registryFor(t),
      registryFor(t),
    ]);
    const mirrors = [first, second].map(({ host }) => ({ location: host, plainHttp: true }));
    const inputs = { reference: `${origin.host}/team/app:1`, plainHttp: true, mirrors };
    return { ...machineFor(t), first, second, origin, inputs };
  }

  function asked({ requests }: TestRegistry): readonly string[] {
    return requests.map(({ method, kind }) => `${method} ${kind}`);
  }

  function saidBy(endpoint: ExplainedEndpoint | undefined): string | undefined {
    const { answer } = dialled(endpoint);
    return answer instanceof OciError ? answer.code : answer?.digest;
  }

  test("each place is asked once, and it is seen where they differ; nothing is kept", async (t) => {
    const { explained, first, second, origin, inputs, folder } = await three(t);
    const old = publishFiles(first, { "a.txt": "old" }, "1", "team/app").digest;
    const now = publishFiles(second, FILES, "1", "team/app").digest;
    publishFiles(origin, FILES, "1", "team/app");
    const found = await explained(inputs, true);
    assert.deepEqual(found.endpoints.map(saidBy), [old, now, now]);
    assert.equal(found.agree, false);
    for (const registry of [first, second, origin])
      assert.deepEqual(asked(registry), ["HEAD manifest"]);
    assert.equal(existsSync(join(folder, "cache")), false);
  });

  test("who answers no HEAD is asked by GET, and a page is no answer", async (t) => {
    const { explained, first, second, origin, inputs } = await three(t);
    for (const registry of [first, second, origin]) publishFiles(registry, FILES, "1", "team/app");
    first.fault({ method: "HEAD", then: { kind: "status", status: 405 } });
    const headers = { "content-type": "text/html" };
    const page = { kind: "status", status: 200, headers, body: "<html>log in</html>" } as const;
    second.fault({ then: page });
    const found = await explained(inputs, true);
    const digest = saidBy(found.endpoints[2]);
    assert.deepEqual(found.endpoints.map(saidBy), [digest, "REGISTRY", digest]);
    assert.equal(found.agree, true);
    assert.deepEqual(asked(first), ["HEAD manifest", "GET manifest"]);
  });

  test("who cannot be reached or has it not says so, and one answer is compared with none", async (t) => {
    const { explained, first, origin, inputs } = await three(t);
    await first.stop();
    publishFiles(origin, FILES, "1", "team/app");
    const found = await explained(inputs, true);
    const digest = saidBy(found.endpoints[2]);
    assert.deepEqual(found.endpoints.map(saidBy), ["UNREACHABLE", "NOT_FOUND", digest]);
    assert.equal(found.agree, undefined);
  });

  test("who is unusable is not asked, who is passed over neither", async (t) => {
    const { explained, first, second, origin, inputs, write } = await three(t);
    write(CONF, `[[registry]]\nlocation = "${first.host}"\nblocked = true\n`);
    write(`.config/containers/certs.d/${second.host}/client.key`, "none");
    publishFiles(origin, FILES, "1", "team/app");
    const [, mirror] = inputs.mirrors;
    const mirrors = [first.host, { ...mirror, plainHttp: false }];
    const found = await explained({ ...inputs, mirrors }, true);
    assert.match(found.endpoints[0]?.skipped ?? "", /^blocked by/);
    assert.equal(saidBy(found.endpoints[1]), "CONFIG");
    assert.deepEqual([asked(first), asked(second)], [[], []]);
  });

  test("credentials of the machine are used, and shown by nothing", async (t) => {
    const origin = await registryFor(t, {
      auth: { kind: "token", username: "me", password: "geheim99" },
    });
    const { explained, report, write } = machineFor(t);
    const { digest } = publishFiles(origin, FILES, "1", "team/app");
    const auth = Buffer.from("me:geheim99").toString("base64");
    write(".docker/config.json", JSON.stringify({ auths: { [origin.host]: { auth } } }));
    const inputs = { reference: `${origin.host}/team/app:1`, plainHttp: true };
    const found = await explained(inputs, true);
    assert.equal(saidBy(found.endpoints[0]), digest);
    assert.equal(origin.count({ kind: "token" }), 1);
    assert.doesNotMatch(JSON.stringify([found, report.lines]), new RegExp(`geheim99|${auth}`));
  });

  test("the bound of a pull holds for each, and the others answer", async (t) => {
    const { explained, first, origin, second, inputs } = await three(t);
    for (const registry of [first, second, origin]) publishFiles(registry, FILES, "1", "team/app");
    first.fault({ then: { kind: "stall" } });
    const found = await explained({ ...inputs, timeouts: { total: 3 } }, true);
    assert.equal(saidBy(found.endpoints[0]), "TIMEOUT");
    assert.equal(found.agree, true);
  });

  test("what a name may mean is compared with itself alone", async (t) => {
    const { explained, first, second, write } = await three(t);
    publishFiles(first, { "a.txt": "one" }, "1", "app");
    publishFiles(second, { "a.txt": "two" }, "1", "app");
    const tables = [first, second].map(
      ({ host }) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`,
    );
    const list = `unqualified-search-registries = ["${first.host}", "${second.host}"]\n`;
    write(CONF, list + tables.join(""));
    const found = await explained({ reference: "app:1" }, true);
    assert.ok(found.endpoints.every((endpoint) => saidBy(endpoint)?.startsWith("sha256:")));
    assert.equal(found.agree, undefined);
  });

  test("by digest, who sends other bytes is found out", async (t) => {
    const { explained, first, origin, inputs } = await three(t);
    const { digest } = publishFiles(origin, FILES, "1", "team/app");
    const lie = { kind: "status", status: 200, body: "{}" } as const;
    first.fault({ then: lie });
    const [mirror] = inputs.mirrors;
    const found = await explained({ ...inputs, digest, mirrors: [mirror] }, true);
    assert.deepEqual(found.endpoints.map(saidBy), ["DIGEST_MISMATCH", digest]);
  });
});
