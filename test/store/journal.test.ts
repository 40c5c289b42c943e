/** Turns at a destination: one at a time, and what the dead have begun comes first. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import {
  hasLeftovers,
  inTurn,
  parseJournal,
  type Heir,
  type Journal,
} from "../../provider/store/journal";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { folderFor } from "../support/folder-for-test";

const JOURNAL: Journal = {
  version: 1,
  steps: { kind: "whole" },
  recordFile: `${"0".repeat(32)}.json`,
  recordFolder: "../records",
};

const DEAD = formatIdentity({ ...ownIdentity(), startTime: "1" });
const ELSEWHERE = "other-host.1.1";

interface Scene {
  readonly area: string;
  readonly heir: Heir;
  readonly finished: readonly Journal[];
  /** A file beside the destination, as another process has left it. */
  readonly leave: (name: string, text?: string) => string;
}

function scene(context: { after(work: () => void): void }): Scene {
  const area = join(folderFor(context), "area");
  const finished: Journal[] = [];
  return {
    area,
    finished,
    heir: {
      finish(journal) {
        finished.push(journal);
        return Promise.resolve();
      },
      tidy: () => Promise.resolve(),
    },
    leave(name, text = JSON.stringify(JOURNAL)) {
      fs.mkdirSync(area, { recursive: true });
      fs.writeFileSync(join(area, name), text);
      return join(area, name);
    },
  };
}

const nothing = async (): Promise<void> => {};

describe("a turn", () => {
  test("gives what the work gives, and leaves nothing", async (context) => {
    const { area, heir } = scene(context);
    assert.equal(await inTurn(area, "out", heir, () => Promise.resolve("done")), "done");
    assert.equal(fs.existsSync(area), false);
    assert.equal(hasLeftovers(area), false);
  });

  test("is had by one at a time", async (context) => {
    const { area, heir } = scene(context);
    let atWork = 0;
    const all = Array.from({ length: 6 }, () =>
      inTurn(area, "out", heir, async () => {
        atWork += 1;
        assert.equal(atWork, 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        atWork -= 1;
      }),
    );
    await Promise.all(all);
    assert.equal(fs.existsSync(area), false);
  });

  test("names its process while it lasts, and what it does once that is announced", async (context) => {
    const { area, heir } = scene(context);
    await inTurn(area, "out", heir, async (turn) => {
      const [name = ""] = fs.readdirSync(area);
      assert.ok(name.startsWith(`${formatIdentity(ownIdentity())}.`));
      assert.equal(fs.readFileSync(join(area, name), "utf8"), "");
      await turn.announce(JOURNAL);
      assert.deepEqual(JSON.parse(fs.readFileSync(join(area, name), "utf8")), JOURNAL);
    });
  });

  test("is not given while another host may be at work, and the error names the file", async (context) => {
    const { area, heir, finished, leave } = scene(context);
    const file = leave(`${ELSEWHERE}.0a.journal`);
    await assert.rejects(inTurn(area, "out", heir, nothing, 100), {
      code: "STORE",
      message: `cannot place content at out: another run places something there at the same time\nhint: run again when the other run has ended; ${file} names its process`,
    });
    assert.deepEqual(fs.readdirSync(area), [`${ELSEWHERE}.0a.journal`]);
    assert.deepEqual(finished, []);
    const longAgo = new Date(Date.now() - 60 * 60 * 1000);
    fs.utimesSync(file, longAgo, longAgo);
    await inTurn(area, "out", heir, nothing);
    assert.deepEqual(finished, [JOURNAL]);
  });
});

describe("what the dead have begun", () => {
  test("is finished first, and its journal goes", async (context) => {
    const { area, finished, heir, leave } = scene(context);
    leave(`${DEAD}.0a.journal`);
    leave(`${DEAD}.0b.journal`, "");
    leave(`${DEAD}.0c.journal.123-0f`, '{"version":');
    assert.equal(hasLeftovers(area), true);
    await inTurn(area, "out", heir, () => {
      assert.deepEqual(finished, [JOURNAL]);
      assert.equal(fs.readdirSync(area).length, 1);
      return Promise.resolve();
    });
    assert.equal(fs.existsSync(area), false);
  });

  test("stays where it cannot be finished", async (context) => {
    const { area, heir, leave } = scene(context);
    leave(`${DEAD}.0a.journal`);
    const helpless: Heir = { ...heir, finish: () => Promise.reject(new Error("no room")) };
    await assert.rejects(inTurn(area, "out", helpless, nothing), /no room/);
    assert.deepEqual(fs.readdirSync(area), [`${DEAD}.0a.journal`]);
  });
});

describe("work that fails", () => {
  const fail = (): Promise<never> => Promise.reject(new Error("failed"));

  test("before it was announced leaves nothing", async (context) => {
    const { area, finished, heir } = scene(context);
    await assert.rejects(inTurn(area, "out", heir, fail), /failed/);
    assert.deepEqual(finished, []);
    assert.equal(fs.existsSync(area), false);
  });

  test("after it was announced is finished at once", async (context) => {
    const { area, finished, heir } = scene(context);
    const work = inTurn(area, "out", heir, async (turn) => {
      await turn.announce(JOURNAL);
      await fail();
    });
    await assert.rejects(work, /failed/);
    assert.deepEqual(finished, [JOURNAL]);
    assert.equal(fs.existsSync(area), false);
  });

  test("and cannot be finished is left to the next turn, of the same process, too", async (context) => {
    const { area, finished, heir } = scene(context);
    const helpless: Heir = { ...heir, finish: () => Promise.reject(new Error("no room")) };
    const work = inTurn(area, "out", helpless, async (turn) => {
      await turn.announce(JOURNAL);
      await fail();
    });
    await assert.rejects(work, /failed/);
    assert.match(fs.readdirSync(area).join(), /^abandoned\.[0-9a-f]+\.journal$/);
    await inTurn(area, "out", heir, nothing);
    assert.deepEqual(finished, [JOURNAL]);
    assert.equal(fs.existsSync(area), false);
  });
});

test("a journal that leads out of its folder announces nothing", () => {
  assert.deepEqual(parseJournal(JOURNAL), JOURNAL);
  const files = { kind: "files", remove: [], drop: [], make: [], bring: [], mend: [] };
  assert.ok(
    parseJournal({ ...JOURNAL, steps: { ...files, drop: ["a"], bring: [{ path: "a/b" }] } }),
  );
  for (const spoiled of [
    { steps: { ...files, drop: [".."] } },
    { steps: { ...files, drop: ["/etc"] } },
    { steps: { ...files, remove: [{ path: "a/../../b" }] } },
    { steps: { ...files, bring: [{ path: 1 }] } },
    { steps: { ...files, make: undefined } },
    { steps: { kind: "other" } },
    { draft: ".." },
    { draft: "../x.1.1.0a" },
    { draft: "out" },
    { recordFile: "../.bashrc" },
    { recordFile: "package.json" },
    { record: { version: 1 } },
    { version: 2 },
  ]) {
    assert.equal(parseJournal({ ...JOURNAL, ...spoiled }), undefined, JSON.stringify(spoiled));
  }
  for (const other of [undefined, null, "", 1, []]) assert.equal(parseJournal(other), undefined);
});
