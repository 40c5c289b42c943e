/**
 * Clocks that are wrong by ten years, between runs and in the midst of one, and files with times to come:
 * every pull comes to its content, nothing at work is swept, records do not last for ever, and nobody
 * asks for tokens, or waits, without end.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { nextPause } from "../../provider/registry/retry";
import { holdBlobs } from "../../provider/store/held-blobs";
import { stagingPath } from "../../provider/store/staging";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import type { RegistryOptions } from "../support/registry-types";
import { assertTidy, filesIn, placeFor, type Run } from "./command";

const SWITCH = ["--require", join(__dirname, "clock-switch.js")];
const LOGIN = { username: "robot", password: "secret" } as const;
const TEN_YEARS_S = 10 * 365 * 24 * 60 * 60;
const CLOCKS = ["10", "0", "-10", "0,10,-10"] as const;

async function ground(t: TestContext, options: RegistryOptions = {}) {
  const registry = await registryFor(t, options);
  const push = (tag: string, text: string) =>
    publish(registry, "team/app", tag, {
      layers: [{ bytes: tarGz({ "a.txt": text }), mediaType: MEDIA_TYPES.tarGzip }],
    });
  const place = placeFor(t);
  const at = (years: string, ...args: readonly string[]): Promise<Run> =>
    place.run(args, { flags: SWITCH, environment: { OCI_ARTIFACT_TEST_CLOCK: years } });
  const pull = async (years: string, tag = "1"): Promise<void> => {
    const reference = `${registry.host}/team/app:${tag}`;
    const { exitCode, stderr } = await at(
      years,
      ...["pull", reference, "--plain-http", "--output", "out"],
    );
    assert.equal(exitCode, 0, stderr);
  };
  return { registry, push, place, at, pull };
}

describe("a clock that is wrong by ten years, to and fro", () => {
  test("between runs: each pull has what its tag names, and nothing is fetched twice", async (t) => {
    const { registry, push, place, pull } = await ground(t);
    for (const [index, years] of CLOCKS.entries()) {
      push("1", `text ${index}`);
      await pull(years);
      await pull(years);
      assert.deepEqual(filesIn(place, "out"), { "a.txt": `text ${index}` });
    }
    assert.equal(registry.count({ kind: "blob", status: 200 }), CLOCKS.length);
    await assertTidy(place);
  });

  test("in a run with tokens: one challenge, and few tokens", async (t) => {
    const { registry, push, place, pull } = await ground(t, {
      auth: { kind: "token", ...LOGIN },
    });
    const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
    const config = JSON.stringify({ auths: { [registry.host]: { auth } } });
    fs.mkdirSync(join(place.folder, ".docker"));
    fs.writeFileSync(join(place.folder, ".docker/config.json"), config);
    push("1", "text");
    for (const years of CLOCKS) {
      const before = registry.count({ kind: "token" });
      fs.rmSync(join(place.project, "out"), { recursive: true, force: true });
      fs.rmSync(place.cache, { recursive: true });
      await pull(years);
      const tokens = registry.count({ kind: "token" }) - before;
      assert.ok(tokens >= 1 && tokens <= 4, `${tokens} tokens with the clock at ${years}`);
      assert.deepEqual(filesIn(place, "out"), { "a.txt": "text" });
    }
  });

  test("another process prunes: what is at work stays", async (t) => {
    const { push, place, at, pull } = await ground(t);
    const { digest } = push("1", "text");
    await pull("0");
    const blobs = fs.readdirSync(join(place.cache, "blobs/sha256")).map((hex) => `sha256:${hex}`);
    assert.ok(blobs.includes(digest));
    const release = await holdBlobs(place.cache, blobs);
    const draft = stagingPath(join(place.cache, "staging"));
    fs.writeFileSync(draft, "at work");
    for (const years of ["10", "-10"]) {
      const { exitCode, stderr } = await at(years, "cache", "prune", "--all");
      assert.equal(exitCode, 0, stderr);
      assert.equal(fs.readFileSync(draft, "utf8"), "at work");
      assert.equal(fs.readdirSync(join(place.cache, "blobs/sha256")).length, blobs.length);
    }
    await release();
    fs.rmSync(draft);
    assert.equal((await at("0", "cache", "prune", "--all")).exitCode, 0);
    assert.deepEqual(fs.readdirSync(join(place.cache, "blobs/sha256")), []);
  });
});

test("files with times to come: they are used, and forgotten like all others", async (t) => {
  const { push, place, at, pull } = await ground(t);
  push("1", "text");
  await pull("0");
  const later = Date.now() / 1000 + TEN_YEARS_S;
  const all = fs.readdirSync(place.cache, { recursive: true, encoding: "utf8" });
  for (const name of all) fs.utimesSync(join(place.cache, name), later, later);
  await pull("0");
  push("1", "another text");
  await pull("0");
  assert.deepEqual(filesIn(place, "out"), { "a.txt": "another text" });
  const tags = join(place.cache, "tags");
  for (const name of fs.readdirSync(tags)) fs.utimesSync(join(tags, name), later, later);
  assert.equal((await at("0", "cache", "prune")).exitCode, 0);
  assert.deepEqual(fs.readdirSync(tags), []);
});

test("a wait that a wrong clock takes for ten years is a wait of half a minute", () => {
  const retryAfter = new Date(Date.now() + 1000).toUTCString();
  const tenYearsBack = Date.now() - 1000 * TEN_YEARS_S;
  const pause = nextPause({ status: 429, retryAfter }, 1, 0, tenYearsBack);
  assert.equal(pause, 30_000);
  assert.equal(nextPause({ status: 429, retryAfter }, 1, 60_000, tenYearsBack), undefined);
});
