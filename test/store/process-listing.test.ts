/** Processes as `ps` lists them, where there is no /proc; and those that are dead but still listed. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import {
  formatIdentity,
  lifeOf,
  ownIdentity,
  parseIdentity,
  parsePs,
  processFacts,
} from "../../provider/store/process-identity";

test("a line of ps: parent, state, start to the second, name without its folder", () => {
  const line = "  501 S+   Sat Nov  7 09:05:01 2026     /usr/local/bin/pulumi\n";
  assert.deepEqual(parsePs(77, line), {
    pid: 77,
    parent: 501,
    name: "pulumi",
    startTime: String(Date.parse("Sat Nov 7 09:05:01 2026") / 1000),
    isZombie: false,
  });
  assert.equal(parsePs(77, " 1 Z Sat Nov 21 09:05:01 2026 (pulumi)\n")?.isZombie, true);
  for (const garbage of ["", "1", "x y z", "1 S yesterday pulumi"]) {
    assert.equal(parsePs(77, garbage), undefined);
  }
});

test("an identity from ps is one that a file name can carry", () => {
  const facts = parsePs(77, " 1 S Sat Nov 21 09:05:01 2026 pulumi\n");
  assert.ok(facts);
  const identity = { ...ownIdentity(), pid: 77, startTime: facts.startTime };
  assert.deepEqual(parseIdentity(formatIdentity(identity)), identity);
});

test("a zombie is dead: its staging is swept although nobody has reaped it", async () => {
  // The shell never waits for its child; the child ends and stays listed.
  const shell = spawn("/bin/sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const [line] = (await once(shell.stdout.setEncoding("utf8"), "data")) as [string];
    const pid = Number(line);
    let facts = processFacts(pid);
    for (let wait = 0; wait < 100 && facts?.isZombie === false; wait += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      facts = processFacts(pid);
    }
    assert.equal(facts?.isZombie, true, "it is one");
    const { realm } = ownIdentity();
    assert.equal(lifeOf({ realm, pid, startTime: facts.startTime }), "dead");
  } finally {
    shell.kill("SIGKILL");
    await once(shell, "close");
  }
});
