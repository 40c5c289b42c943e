/** The hidden input, fingerprints of inputs, and the CLI process that a preview and its update share. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { findCliProcess } from "../../provider/pulumi/cli-process";
import { fingerprintOf, isFingerprintOf, parseRunOptions } from "../../provider/pulumi/run-options";
import {
  ownIdentity,
  processFacts,
  type ProcessFacts,
  type ProcessIdentity,
} from "../../provider/store/process-identity";
import { folderFor } from "../support/folder-for-test";

describe("the hidden input", () => {
  const whole = { preview: true, urn: "urn:x", directory: "/p", dependsOn: false };
  const ahead = { fingerprint: "s:h", digest: "sha256:x" };

  test("as it was made", () => {
    assert.deepEqual(parseRunOptions(whole), whole);
    assert.deepEqual(parseRunOptions({ ...whole, ahead }), { ...whole, ahead });
  });

  test("of another make says nothing", () => {
    for (const value of [undefined, null, "x", [], {}, { ...whole, preview: "true" }]) {
      assert.equal(parseRunOptions(value), undefined);
    }
    assert.equal(parseRunOptions({ ...whole, directory: undefined }), undefined);
    const nothing = { fingerprint: "s:h" };
    for (const broken of [null, "x", {}, nothing, { digest: "x" }, { ...nothing, outage: null }]) {
      assert.deepEqual(parseRunOptions({ ...whole, ahead: broken }), whole);
    }
  });
});

describe("fingerprints", () => {
  const inputs = { reference: "host/app:1", credentials: { username: "u", password: "p" } };

  test("fit the same inputs, in any order, and with absent ones", () => {
    const fingerprint = fingerprintOf(inputs);
    const { credentials, reference } = inputs;
    assert.equal(isFingerprintOf(fingerprint, inputs), true);
    assert.equal(isFingerprintOf(fingerprint, { credentials, reference }), true);
    const padded = { ...inputs, digest: undefined, plainHttp: null };
    assert.equal(isFingerprintOf(fingerprint, padded), true);
  });

  test("fit no others", () => {
    const fingerprint = fingerprintOf(inputs);
    const others: readonly Readonly<Record<string, unknown>>[] = [
      {},
      { reference: inputs.reference },
      { ...inputs, reference: "host/app:2" },
      { ...inputs, credentials: { username: "u", password: "q" } },
      { ...inputs, plainHttp: false },
    ];
    for (const other of others) assert.equal(isFingerprintOf(fingerprint, other), false);
    for (const text of ["", ":", "s:h"]) assert.equal(isFingerprintOf(text, inputs), false);
  });

  test("are salted, and show nothing of the inputs", () => {
    assert.notEqual(fingerprintOf(inputs), fingerprintOf(inputs));
    assert.match(fingerprintOf(inputs), /^[0-9a-f]{16}:[0-9a-f]{64}$/);
  });

  test("the order of a list counts", () => {
    const fingerprint = fingerprintOf({ caCertificates: ["a", "b"] });
    assert.equal(isFingerprintOf(fingerprint, { caCertificates: ["b", "a"] }), false);
  });
});

describe("the CLI process", () => {
  const self: ProcessIdentity = { realm: "host-1", pid: 30, startTime: "300" };

  function table(
    rows: readonly (readonly [number, number, string])[],
  ): (pid: number) => ProcessFacts | undefined {
    return (pid) => {
      const row = rows.find(([candidate]) => candidate === pid);
      if (row === undefined) return undefined;
      const startTime = String(pid * 10);
      return { pid, parent: row[1], name: row[2], startTime, isZombie: false };
    };
  }

  const cli: ProcessIdentity = { realm: "host-1", pid: 10, startTime: "100" };

  test("of a provider: pulumi → sh → node", () => {
    const facts = table([
      [30, 20, "node"],
      [20, 10, "sh"],
      [10, 1, "pulumi"],
    ]);
    assert.deepEqual(findCliProcess(facts, self), cli);
  });

  test("of a program: pulumi → pulumi-language-nodejs (cut by the kernel) → node", () => {
    const facts = table([
      [30, 20, "node"],
      [20, 10, "pulumi-language"],
      [10, 1, "pulumi"],
    ]);
    assert.deepEqual(findCliProcess(facts, self), cli);
  });

  test("the nearest one, where pulumi runs inside of pulumi", () => {
    const facts = table([
      [30, 10, "node"],
      [10, 5, "pulumi"],
      [5, 1, "pulumi"],
    ]);
    assert.deepEqual(findCliProcess(facts, self), cli);
  });

  test("none: no ancestor, a hidden one, one too far, a loop", () => {
    const far = Array.from({ length: 9 }, (_, step) => [30 - step, 29 - step, "sh"] as const);
    for (const rows of [[], [[30, 20, "node"]], [...far, [21, 1, "pulumi"]], [[30, 30, "sh"]]]) {
      const facts = table(rows as readonly (readonly [number, number, string])[]);
      assert.equal(findCliProcess(facts, self), undefined);
    }
  });

  test("in a real chain of processes", async (context) => {
    // A shell, for Node gives its threads names of their own.
    const pulumi = join(folderFor(context), "pulumi");
    copyFileSync("/bin/sh", pulumi);
    const module = JSON.stringify(join(__dirname, "../../provider/pulumi/cli-process.js"));
    const inner = `process.stdout.write(JSON.stringify(require(${module}).findCliProcess() ?? null))`;
    const outer = `/bin/sh -c '"$0" -e "$1"; exit $?' "$0" "$1"; read line`;
    const child = spawn(pulumi, ["-c", outer, process.execPath, inner], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [answer] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    const facts = processFacts(child.pid ?? 0);
    child.stdin.end();
    await once(child, "close");
    assert.deepEqual(JSON.parse(answer), {
      realm: ownIdentity().realm,
      pid: child.pid,
      startTime: facts?.startTime,
    });
  });
});
