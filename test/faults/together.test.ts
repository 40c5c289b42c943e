/**
 * Sixteen processes on one cache and one destination, with one artifact or with several that race for
 * it: each comes to its content or says in words who stands in the way; in the end the content is that of
 * one artifact, whole, the record agrees, and nothing is left.
 */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { assertInWords, assertTidy, filesIn, placeFor } from "./command";

const PROCESSES = 16;

const contentOf = (name: string): Readonly<Record<string, string>> => ({
  "a.txt": name.repeat(5_000),
  [`${name}/b.txt`]: name,
});

describe("sixteen processes on one cache and one destination", () => {
  for (const names of [["one"], ["one", "two", "three", "four"]]) {
    test(`${names.length} ${names.length === 1 ? "artifact" : "artifacts"}`, async (t) => {
      const registry = await registryFor(t);
      for (const name of names) {
        publish(registry, "team/app", name, {
          layers: [{ bytes: tarGz(contentOf(name)), mediaType: MEDIA_TYPES.tarGzip }],
        });
      }
      const place = placeFor(t);
      const pull = (name: string) => {
        const reference = `${registry.host}/team/app:${name}`;
        return place.run(["pull", reference, "--plain-http", "--output", "vendor/app"]);
      };
      const chosen = Array.from({ length: PROCESSES }, (_, n) => names[n % names.length] ?? "");
      const runs = await Promise.all(chosen.map(pull));
      const failed = runs.filter(({ exitCode }) => exitCode !== 0);
      for (const run of failed) assertInWords(run, /another (process|run)|changed|at work there/);
      assert.ok(failed.length < PROCESSES, failed[0]?.stderr);
      if (names.length === 1) assert.deepEqual(failed, []);
      const content = filesIn(place, "vendor/app");
      const winner = names.find((name) => content["a.txt"] === contentOf(name)["a.txt"]);
      assert.ok(winner !== undefined);
      assert.deepEqual(content, contentOf(winner));
      const served = registry.count({ kind: "blob", status: 200 });
      assert.ok(served >= names.length && served <= PROCESSES, `${served} downloads`);
      await assertTidy(place);
      // The record tells of what lies there: the same is no change, and others may take its place.
      for (const name of [winner, ...names]) {
        const { exitCode, stderr } = await pull(name);
        assert.equal(exitCode, 0, stderr);
        assert.deepEqual(filesIn(place, "vendor/app"), contentOf(name));
      }
      assert.ok(registry.count({ kind: "blob", status: 200 }) <= served + names.length);
      await assertTidy(place);
    });
  }
});
