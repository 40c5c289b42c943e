/** Claims on trees, and what a preview has confirmed: small files that outlive processes. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openClaims } from "../../provider/store/claims";
import { NO_CONFIRMATIONS, openConfirmations } from "../../provider/store/confirmations";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { readJsonFile, writeFileWhole } from "../../provider/store/write-file";
import { folderFor } from "../support/folder-for-test";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const SHOWN = { digest: DIGEST };
const URN = "urn:pulumi:dev::p::pulumi-nodejs:dynamic/oci-artifact:OciArtifact::x";

describe("claims", () => {
  test("one tree a claimant, several claimants a tree", async (context) => {
    const claims = openClaims(folderFor(context));
    assert.deepEqual(await claims.claimed(), new Set());
    await claims.claim("one", "tree-a");
    await claims.claim("two", "tree-a");
    await claims.claim("one", "tree-b");
    assert.deepEqual(await claims.claimed(), new Set(["tree-a", "tree-b"]));
    await claims.release("two");
    assert.deepEqual(await claims.claimed(), new Set(["tree-b"]));
    await claims.release("two");
    await claims.release("../../nobody");
  });

  test("names of claimants are no paths", async (context) => {
    const folder = folderFor(context);
    await openClaims(folder).claim("../../../escape", "tree");
    const names = fs.readdirSync(join(folder, ".pulumi/claims"));
    assert.equal(names.length, 1);
    assert.match(names[0] ?? "", /^[0-9a-f]{32}$/);
  });

  test("the same claim again writes nothing", async (context) => {
    const folder = folderFor(context);
    const claims = openClaims(folder);
    await claims.claim("one", "tree");
    const [name = ""] = fs.readdirSync(join(folder, ".pulumi/claims"));
    const before = fs.statSync(join(folder, ".pulumi/claims", name)).ino;
    await claims.claim("one", "tree");
    assert.equal(fs.statSync(join(folder, ".pulumi/claims", name)).ino, before);
  });

  test("a pipe among them claims nothing, and nobody waits for what it would say", async (context) => {
    const folder = folderFor(context);
    const claims = openClaims(folder);
    await claims.claim("one", "tree");
    execFileSync("mkfifo", [join(folder, ".pulumi/claims", "0".repeat(32))]);
    assert.deepEqual(await claims.claimed(), new Set(["tree"]));
  });
});

describe("confirmations", () => {
  test("hold for the same resource and the same reference in the same run", async (context) => {
    const folder = folderFor(context);
    const run = openConfirmations(folder, ownIdentity());
    await run.confirm(URN, "host/app:1", SHOWN);
    assert.deepEqual(await run.confirmed(URN, "host/app:1"), SHOWN);
    const other = openConfirmations(folder, ownIdentity());
    assert.deepEqual(await other.confirmed(URN, "host/app:1"), SHOWN);
    assert.equal(await run.confirmed(URN, "host/app:2"), undefined);
    assert.equal(await run.confirmed(`${URN}y`, "host/app:1"), undefined);
    const another = { ...ownIdentity(), startTime: "1" };
    assert.equal(await openConfirmations(folder, another).confirmed(URN, "host/app:1"), undefined);
  });

  test("the last preview counts", async (context) => {
    const run = openConfirmations(folderFor(context), ownIdentity());
    await run.confirm(URN, "host/app:1", SHOWN);
    await run.confirm(URN, "host/app:1", { digest: OTHER });
    assert.deepEqual(await run.confirmed(URN, "host/app:1"), { digest: OTHER });
  });

  test("hold what a range has come to, if that is a tag", async (context) => {
    const run = openConfirmations(folderFor(context), ownIdentity());
    for (const chosen of [{ tag: "v1.2.3_b", version: "1.2.3+b" }, { tag: "1.x" }]) {
      await run.confirm(URN, "host/app ^1", { ...SHOWN, chosen });
      assert.deepEqual(await run.confirmed(URN, "host/app ^1"), { ...SHOWN, chosen });
    }
    await run.confirm(URN, "host/app ^1", { ...SHOWN, chosen: { tag: "a/b" } });
    assert.deepEqual(await run.confirmed(URN, "host/app ^1"), SHOWN);
  });

  test("a record that says no digest says nothing", async (context) => {
    const run = openConfirmations(folderFor(context), ownIdentity());
    await run.confirm(URN, "host/app:1", { digest: "sha256:short" });
    assert.equal(await run.confirmed(URN, "host/app:1"), undefined);
  });

  test("are readable for their user alone", async (context) => {
    const folder = folderFor(context);
    await openConfirmations(folder, ownIdentity()).confirm(URN, "host/app:1", SHOWN);
    const run = join(folder, "run", formatIdentity(ownIdentity()));
    const [name = ""] = fs.readdirSync(run);
    assert.equal(fs.statSync(run).mode & 0o077, 0);
    assert.equal(fs.statSync(join(run, name)).mode & 0o777, 0o600);
  });

  test("go with their process", async (context) => {
    const folder = folderFor(context);
    const dead = { ...ownIdentity(), startTime: "1" };
    const elsewhere = { ...ownIdentity(), realm: "elsewhere-1" };
    for (const run of [dead, elsewhere]) {
      await openConfirmations(folder, run).confirm(URN, "host/app:1", SHOWN);
    }
    await openConfirmations(folder, ownIdentity()).confirm(URN, "host/app:1", SHOWN);
    const left = fs.readdirSync(join(folder, "run")).sort();
    assert.deepEqual(left, [formatIdentity(elsewhere), formatIdentity(ownIdentity())].sort());
  });

  test("are none where the CLI cannot be seen", async () => {
    await NO_CONFIRMATIONS.confirm(URN, "host/app:1", SHOWN);
    assert.equal(await NO_CONFIRMATIONS.confirmed(URN, "host/app:1"), undefined);
  });
});

describe("small files", () => {
  test("are written whole, over what was there, and leave nothing else", async (context) => {
    const folder = folderFor(context);
    const path = join(folder, "deep", "file.json");
    await Promise.all(["1", "2", "3"].map((text) => writeFileWhole(path, text)));
    assert.match(String(await readJsonFile(path)), /^[123]$/);
    assert.deepEqual(fs.readdirSync(join(folder, "deep")), ["file.json"]);
  });

  test("that cannot be placed leave no draft", async (context) => {
    const folder = folderFor(context);
    fs.mkdirSync(join(folder, "taken"));
    await assert.rejects(writeFileWhole(join(folder, "taken"), "text"));
    assert.deepEqual(fs.readdirSync(folder), ["taken"]);
  });

  test("that are damaged or missing read as undefined", async (context) => {
    const folder = folderFor(context);
    fs.writeFileSync(join(folder, "cut.json"), '{"a":');
    assert.equal(await readJsonFile(join(folder, "cut.json")), undefined);
    assert.equal(await readJsonFile(join(folder, "none.json")), undefined);
  });
});
