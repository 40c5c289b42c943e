/**
 * A destination where something is mounted (`docker run -v`), which no rename moves. Where the machine
 * lets anybody mount (a namespace of users and mounts) it is a real mount; elsewhere a stand-in refuses
 * as it would, and the test's name says so.
 */
import * as assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { NEW, OLD, sorted } from "./destination-for-test";
import type { Scenario, Seen } from "./place-mounted";

const IS_REAL =
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", tmpdir()], { stdio: "ignore" })
    .status === 0;

const MOUNTS: readonly Scenario["mount"][] = IS_REAL ? ["bind", "tmpfs"] : ["stand-in"];

for (const mount of MOUNTS) {
  test(`content comes to a mounted folder, changes there, and goes (${mount})`, (context) => {
    const scenario: Scenario = { project: folderFor(context), mount };
    const parts = [join(__dirname, "place-mounted.js"), JSON.stringify(scenario)];
    const line = IS_REAL ? ["unshare", "-rm", process.execPath] : [process.execPath];
    const [command = "", ...given] = [...line, ...parts];
    const printed = execFileSync(command, given, { encoding: "utf8" });
    const neighbors: readonly string[] = [];
    assert.deepEqual(JSON.parse(printed) as readonly Seen[], [
      { step: "into an empty one", content: OLD, neighbors },
      { step: "over content of ours", content: NEW, neighbors },
      {
        step: "among files of others",
        content: sorted({ ...OLD, "mine.txt": "mine" }),
        neighbors,
      },
      {
        step: "looked at: placed",
        content: sorted({ ...OLD, "mine.txt": "mine" }),
        neighbors,
      },
      { step: "removed", content: { "mine.txt": "mine" }, neighbors },
    ]);
  });
}
