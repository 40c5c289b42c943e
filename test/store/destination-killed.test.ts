/** A run may be killed before each change that it makes: the next look heals, and nothing is lost. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Content } from "./content";
import { factsOf, NEW, OLD, OWNER, siteFor, sorted, type Site } from "./destination-for-test";
import type { Order } from "./place-and-die";

const MINE: Content = { "dir/": "", "dir/mine.txt": "mine, too", "mine.txt": "mine" };

/** Puts files among the content that are not ours. */
function addForeign({ file }: Site): void {
  fs.mkdirSync(file("dir"), { recursive: true });
  for (const name of ["mine.txt", "dir/mine.txt"]) {
    fs.writeFileSync(file(name), MINE[name] ?? "", { mode: 0o640 });
  }
}

function foreignFacts({ file }: Site): unknown {
  return ["mine.txt", "dir/mine.txt"].map((name) => factsOf(file(name)));
}

/** Whether the process was killed; false where it came to its end. */
async function dies(order: Order): Promise<boolean> {
  const parts = [join(__dirname, "place-and-die.js"), JSON.stringify(order)];
  const child = spawn(process.execPath, parts, { stdio: ["ignore", "ignore", "inherit"] });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (signal !== "SIGKILL") assert.equal(code, 0);
  return signal === "SIGKILL";
}

function contentAt(site: Site): Content {
  return fs.existsSync(site.target) ? site.content() : {};
}

/** Whether one of the contents lies there, whole. */
function assertOneOf(site: Site, contents: readonly Content[], when: string): void {
  const found = JSON.stringify(contentAt(site));
  assert.ok(
    contents.map((content) => JSON.stringify(sorted(content))).includes(found),
    `${when}: ${found}`,
  );
}

interface Scene {
  readonly title: string;
  readonly before: Content | undefined;
  readonly hasForeign: boolean;
}

const SCENES: readonly Scene[] = [
  { title: "into a free place", before: undefined, hasForeign: false },
  { title: "over content of ours", before: OLD, hasForeign: false },
  { title: "over content of ours, among files of others", before: OLD, hasForeign: true },
];

/** The folder as it was before the order. */
async function setUp(
  context: { after(work: () => void): void },
  { before, hasForeign }: Scene,
): Promise<Site> {
  const site = siteFor(context);
  if (before !== undefined) await site.place(before);
  if (hasForeign) addForeign(site);
  return site;
}

describe("a run that is killed while it places", () => {
  for (const scene of SCENES) {
    test(scene.title, async (context) => {
      const foreign = scene.hasForeign ? MINE : {};
      const whole = [scene.before ?? {}, NEW].map((content) => ({ ...content, ...foreign }));
      let wasKilled = true;
      for (let change = 0; wasKilled; change += 1) {
        const site = await setUp(context, scene);
        const mine = scene.hasForeign ? foreignFacts(site) : undefined;
        wasKilled = await dies({ project: site.project, content: NEW, diesBefore: change });
        assert.ok(wasKilled || change > 5, "several changes were tried");
        const when = `before change ${change}`;
        await site.destination.look(site.wanted(NEW));
        assertOneOf(site, whole, when);
        assert.deepEqual(site.neighbors(), [], when);
        await site.place(NEW);
        assert.deepEqual(site.content(), sorted({ ...NEW, ...foreign }), when);
        assert.deepEqual(await site.destination.look(site.wanted(NEW, "error")), {
          state: "placed",
        });
        assert.deepEqual(site.report.lines, [], when);
        if (mine !== undefined) assert.deepEqual(foreignFacts(site), mine, when);
      }
    });
  }
});

describe("a run that is killed while it removes", () => {
  for (const scene of SCENES.slice(1)) {
    test(scene.title, async (context) => {
      const foreign = scene.hasForeign ? MINE : {};
      let wasKilled = true;
      for (let change = 0; wasKilled; change += 1) {
        const site = await setUp(context, scene);
        const mine = scene.hasForeign ? foreignFacts(site) : undefined;
        wasKilled = await dies({ project: site.project, diesBefore: change });
        assert.ok(wasKilled || change > 3, "several changes were tried");
        await site.destination.look(site.wanted(OLD));
        assertOneOf(site, [foreign, { ...OLD, ...foreign }], `before change ${change}`);
        await site.destination.remove(OWNER, site.report);
        assertOneOf(site, [foreign], `before change ${change}, at last`);
        assert.deepEqual(site.neighbors(), []);
        assert.deepEqual(fs.readdirSync(site.records), []);
        if (mine !== undefined) assert.deepEqual(foreignFacts(site), mine);
      }
    });
  }
});

test("a run that is killed at any moment, again and again", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  addForeign(site);
  const mine = foreignFacts(site);
  const whole = [OLD, NEW].map((content) => ({ ...content, ...MINE }));
  for (let round = 0; round < 15; round += 1) {
    const parts = [join(__dirname, "place-in-turns.js"), site.project, JSON.stringify([NEW, OLD])];
    const child = spawn(process.execPath, parts, { stdio: ["pipe", "pipe", "inherit"] });
    const ended = once(child, "close");
    await once(child.stdout, "data");
    await sleep(Math.random() * 40);
    child.kill("SIGKILL");
    await ended;
    for (const [name, text] of Object.entries(contentAt(site))) {
      if (name in MINE) continue;
      assert.ok([OLD[name], NEW[name]].includes(text), `${name} is old or new: ${text}`);
    }
    await site.destination.look(site.wanted(NEW));
    assertOneOf(site, whole, `round ${round}`);
    assert.deepEqual(foreignFacts(site), mine);
    assert.deepEqual(site.neighbors(), []);
  }
  await site.place(NEW);
  assert.deepEqual(site.content(), sorted({ ...NEW, ...MINE }));
  assert.deepEqual(site.report.lines, []);
});
