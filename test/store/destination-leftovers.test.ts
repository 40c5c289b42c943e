/** What a dead run has left at a destination, and what has happened there since. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { assess, planFor, recordAfter } from "../../provider/store/destination-assess";
import { groundOf, type Ground } from "../../provider/store/destination-ground";
import { journalOf } from "../../provider/store/destination-steps";
import { receiptOf } from "../../provider/store/inspect-tree";
import { inTurn, type Heir } from "../../provider/store/journal";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { contentOf, filler, type Content } from "./content";
import {
  never,
  NEW,
  OLD,
  OWNER,
  refused,
  siteFor,
  sorted,
  type Site,
} from "./destination-for-test";

const DEAD = formatIdentity({ ...ownIdentity(), startTime: "1" });

const HELPLESS: Heir = {
  finish: () => Promise.reject(new Error("killed")),
  tidy: () => Promise.resolve(),
};

/** A run that has announced everything, and done nothing of it. Returns where it stood. */
async function announceOnly(site: Site, content: Content): Promise<Ground> {
  const { target: folder, records } = site;
  const ground = groundOf({ folder, shown: "work/out", records });
  const draft = join(ground.area, `${DEAD}.0a`);
  fs.mkdirSync(draft, { recursive: true });
  const entries = await filler(content).fill(draft);
  const wanted = site.wanted(content);
  const seen = await assess(ground, wanted, entries);
  const plan = planFor(ground, seen, entries, wanted);
  const record = recordAfter(plan, receiptOf(wanted.key.key, draft, entries), seen, OWNER);
  const work = inTurn(ground.area, "work/out", HELPLESS, async (turn) => {
    await turn.announce(journalOf(ground, plan.steps, draft, record));
    throw new Error("killed");
  });
  await assert.rejects(work, /killed/);
  return ground;
}

test("the old content beside its place comes back, also over an empty folder", async (context) => {
  for (const isMade of [false, true]) {
    const { content, neighbors, place, target } = siteFor(context);
    await place(OLD);
    fs.renameSync(target, join(dirname(target), ".out.oci-artifact-old"));
    if (isMade) fs.mkdirSync(target);
    await place(OLD, { fill: never });
    assert.deepEqual(content(), OLD);
    assert.deepEqual(neighbors(), []);
  }
});

test("old content that was not removed yet goes", async (context) => {
  const { content, destination, neighbors, place, target, wanted } = siteFor(context);
  await place(NEW);
  fs.mkdirSync(join(dirname(target), ".out.oci-artifact-old", "dir"), { recursive: true });
  assert.deepEqual(await destination.look(wanted(NEW)), { state: "placed" });
  assert.deepEqual(content(), NEW);
  assert.deepEqual(neighbors(), []);
});

test("drafts of the dead go, those of the living stay", async (context) => {
  const { destination, neighbors, place, target, wanted } = siteFor(context);
  await place(OLD);
  const area = join(dirname(target), ".out.oci-artifact-new");
  const alive = `${formatIdentity(ownIdentity())}.0a`;
  for (const name of [`${DEAD}.0a`, alive]) fs.mkdirSync(join(area, name), { recursive: true });
  await destination.look(wanted(OLD));
  assert.deepEqual(neighbors(), [basename(area)]);
  assert.deepEqual(fs.readdirSync(area), [alive]);
});

test("a whole exchange that was announced and not begun is forgotten", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  await announceOnly(site, NEW);
  assert.deepEqual(await site.destination.look(site.wanted(OLD, "error")), { state: "placed" });
  assert.deepEqual(site.content(), OLD);
  assert.deepEqual(site.neighbors(), []);
});

test("where something else lies now, the old content stays beside it, and the error says where", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  const { aside } = await announceOnly(site, NEW);
  fs.renameSync(site.target, aside);
  fs.mkdirSync(site.target);
  fs.writeFileSync(site.file("mine.txt"), "mine");
  const fact = new RegExp(`killed left the old content in ${aside}, and something else lies`);
  await refused(site.destination.look(site.wanted(NEW)), "DESTINATION_NOT_OURS", fact);
  assert.deepEqual(site.content(), { "mine.txt": "mine" });
  assert.deepEqual(contentOf(aside), OLD);
  fs.rmSync(site.target, { recursive: true });
  await site.destination.look(site.wanted(NEW));
  assert.deepEqual(site.content(), OLD);
  assert.deepEqual(site.neighbors(), []);
});

test("an exchange file by file is finished, except for what somebody has touched since", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("mine.txt"), "mine");
  await announceOnly(site, NEW);
  fs.writeFileSync(site.file("edit.txt"), "precious");
  fs.writeFileSync(site.file("dir/gone.txt"), "precious");
  fs.mkdirSync(site.file("fresh"));
  fs.writeFileSync(site.file("fresh/new.txt"), "precious");
  const look = site.destination.look(site.wanted(NEW, "error"));
  await refused(look, "LOCAL_CHANGE", /: ~ \.\/edit\.txt, ~ \.\/fresh\/new\.txt\n/);
  assert.deepEqual(
    site.content(),
    sorted({
      "dir/": "",
      "dir/gone.txt": "precious",
      "edit.txt": "precious",
      "fresh/": "",
      "fresh/new.txt": "precious",
      "mine.txt": "mine",
      "same.txt": "same",
    }),
  );
  assert.deepEqual(site.neighbors(), []);
});

test("a link that was planted since stops the exchange, and it goes on without it", async (context) => {
  const site = siteFor(context);
  await site.place(OLD);
  fs.writeFileSync(site.file("mine.txt"), "mine");
  await announceOnly(site, NEW);
  const outside = join(site.project, "outside");
  fs.mkdirSync(outside);
  fs.symlinkSync(outside, site.file("fresh"));
  const look = (): Promise<unknown> => site.destination.look(site.wanted(NEW));
  await refused(look(), "DESTINATION_NOT_OURS", /: \.\/fresh\n/);
  assert.deepEqual(contentOf(outside), {});
  fs.rmSync(site.file("fresh"));
  assert.deepEqual(await look(), { state: "placed" });
  assert.deepEqual(site.content(), sorted({ ...NEW, "mine.txt": "mine" }));
  assert.deepEqual(site.neighbors(), []);
});
