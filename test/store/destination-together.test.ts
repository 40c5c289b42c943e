/** Several runs at one destination, in one process and in several: it is whole for all of them. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { openDestination } from "../../provider/store/destination";
import { groundOf } from "../../provider/store/destination-ground";
import { inTurn, type Heir } from "../../provider/store/journal";
import { filler } from "./content";
import { factsOf, NEW, OLD, OWNER, siteFor, sorted } from "./destination-for-test";

const IDLE: Heir = { finish: () => Promise.resolve(), tidy: () => Promise.resolve() };

describe("several at once", () => {
  test("the same content, in one process: all succeed, and all are owners", async (context) => {
    const { content, destination, neighbors, place, report, target } = siteFor(context);
    const owners = ["a", "b", "c", "d"].map((id) => ({ id, urn: "" }));
    await Promise.all(owners.map((owner) => place(NEW, { owner })));
    assert.deepEqual(content(), NEW);
    assert.deepEqual(neighbors(), []);
    for (const owner of owners) {
      assert.deepEqual(content(), NEW);
      await destination.remove(owner, report);
    }
    assert.equal(fs.existsSync(target), false);
  });

  test("other content each, in one process: one of them lies there, and its record", async (context) => {
    for (let round = 0; round < 5; round += 1) {
      const { content, destination, neighbors, place, wanted } = siteFor(context);
      const contents = [1, 2, 3].map((number) => ({ "a.txt": `${number}`, [`${number}`]: "" }));
      await Promise.all(contents.map((each) => place(each)));
      assert.deepEqual(neighbors(), []);
      const winner = contents.find((each) => each["a.txt"] === content()["a.txt"]) ?? {};
      assert.deepEqual(content(), sorted(winner));
      assert.deepEqual(await destination.look(wanted(winner, "error")), { state: "placed" });
    }
  });

  test("other content each, in two processes, among files of others", async (context) => {
    const { content, destination, file, neighbors, place, project, wanted } = siteFor(context);
    await place(OLD);
    fs.writeFileSync(file("mine.txt"), "mine");
    const mine = factsOf(file("mine.txt"));
    const script = join(__dirname, "place-in-turns.js");
    const children = [1, 2].map(() => {
      const parts = [script, project, JSON.stringify([NEW, OLD])];
      return spawn(process.execPath, parts, { stdio: ["pipe", "pipe", "inherit"] });
    });
    const ended = children.map((child) => once(child, "close"));
    const rounds = children.map(async (child) => {
      for (let round = 0; round < 8; round += 1) await once(child.stdout, "data");
      child.stdout.resume();
      child.stdin.end();
    });
    await Promise.all(rounds);
    const codes = (await Promise.all(ended)).map(([code]) => code as number);
    assert.deepEqual(codes, [0, 0]);
    const [found] = [OLD, NEW].filter((each) => content()["edit.txt"] === each["edit.txt"]);
    assert.deepEqual(content(), sorted({ ...found, "mine.txt": "mine" }));
    assert.deepEqual(await destination.look(wanted(found ?? {}, "error")), { state: "placed" });
    assert.deepEqual(factsOf(file("mine.txt")), mine);
    assert.deepEqual(neighbors(), []);
  });

  test("two programs with records of their own do not mix their contents", async (context) => {
    const { content, neighbors, place, project, report, target, wanted } = siteFor(context);
    const records = join(project, "cache", "destinations");
    const other = openDestination({ folder: target, shown: "work/out", records });
    const results = await Promise.allSettled([
      place(OLD),
      other.place(wanted(NEW), OWNER, filler(NEW).fill, report),
    ]);
    const placed = results.map(({ status }) => status === "fulfilled");
    assert.deepEqual([...placed].sort(), [false, true]);
    assert.deepEqual(content(), placed[0] === true ? OLD : NEW);
    for (const result of results) {
      if (result.status === "rejected") assert.ok(result.reason instanceof OciError);
    }
    assert.deepEqual(neighbors(), []);
  });
});

test("who comes while another one is at work waits for it", async (context) => {
  const { content, place, project, records, target } = siteFor(context);
  await place(OLD);
  const { area } = groundOf({ folder: target, shown: "work/out", records });
  let placed: Promise<unknown> | undefined;
  await inTurn(area, project, IDLE, async () => {
    let isFilled = (): void => {};
    const filled = new Promise<void>((resolve) => {
      isFilled = resolve;
    });
    placed = place(NEW, {
      fill: async (folder) => {
        const entries = await filler(NEW).fill(folder);
        isFilled();
        return entries;
      },
    });
    // It came before we had the turn, or it waits: then it goes on when we have ended.
    await Promise.race([filled, new Promise((resolve) => setTimeout(resolve, 200))]);
    assert.deepEqual(content(), OLD);
  });
  await placed;
  assert.deepEqual(content(), NEW);
});
