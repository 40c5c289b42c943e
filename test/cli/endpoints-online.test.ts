/** `oci-artifact inspect --endpoints --online` as a user runs it: what each place says. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import { inspectWorld } from "./inspect-world";

describe("online", () => {
  test("says what each answers, and who differs", async (t) => {
    const { inspect, write } = inspectWorld(t);
    write("auth.json", "{}");
    const [first, second, third, origin] = await Promise.all([
      registryFor(t),
      registryFor(t),
      registryFor(t),
      registryFor(t),
    ]);
    const old = publishFiles(first, { "a.txt": "old" }, "1", "team/app").digest;
    const now = publishFiles(second, { "a.txt": "a" }, "1", "team/app").digest;
    publishFiles(origin, { "a.txt": "a" }, "1", "team/app");
    const mirrors = [first, second, third].map(({ host }) => ({ location: host, plainHttp: true }));
    write("mirrors.json", JSON.stringify(mirrors));
    const reference = `${origin.host}/team/app:1`;
    const args = [reference, "--endpoints", "--plain-http", "--mirrors", "mirrors.json"];

    const offline = await inspect(args);
    assert.equal(offline.exitCode, 0, offline.stderr);
    for (const { requests } of [first, second, third, origin]) assert.deepEqual(requests, []);

    const { exitCode, stdout, stderr } = await inspect([...args, "--online"]);
    assert.equal(exitCode, 0, stderr);
    const type = "application/vnd.oci.image.manifest.v1+json";
    const answers = stdout.split("\n").filter((line) => /^ {2}answer /.test(line));
    assert.deepEqual(answers, [
      `  answer       ${old} ${type}`,
      `  answer       ${now} ${type}`,
      "  answer       the mirror does not have it",
      `  answer       ${now} ${type}`,
    ]);
    assert.ok(
      stdout.endsWith(
        `\nanswers        differ\n               ${old} at 1\n               ${now} at 2, 4\n`,
      ),
      stdout,
    );
    for (const { requests } of [first, second, origin]) {
      assert.deepEqual(
        requests.map(({ method, kind }) => `${method} ${kind}`),
        ["HEAD manifest"],
      );
    }
    assert.equal(third.count({ kind: "blob" }), 0);

    const { stdout: json } = await inspect([...args, "--online", "--json"]);
    const found = JSON.parse(json) as {
      readonly agree: boolean;
      readonly endpoints: readonly { readonly answer: Readonly<Record<string, unknown>> }[];
    };
    assert.equal(found.agree, false);
    const [said, , reason] = found.endpoints.map(({ answer }) => answer);
    assert.deepEqual(said, { digest: old, mediaType: type });
    assert.equal(reason?.["code"], "NOT_FOUND");
    assert.match(String(reason["message"]), /^cannot read the manifest of /);
  });

  test("where nobody answers, fails as a pull would, with all the reasons", async (t) => {
    const { inspect } = inspectWorld(t);
    const registry = await registryFor(t);
    await registry.stop();
    const args = [`${registry.host}/app:1`, "--endpoints", "--online", "--plain-http"];
    const { exitCode, stdout } = await inspect(args);
    assert.equal(exitCode, 1);
    assert.match(stdout, /\n {2}answer +the registry refuses connections\n/);
    assert.match(stdout, /\nanswers +none: a pull would fail\n$/);
  });
});
