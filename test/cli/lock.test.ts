/** `oci-artifact lock` as a user runs it: what it writes, what it says has changed, what it asks for. */
import * as assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FIRST, SECOND } from "../support/manifests";
import { entriesIn, LOCK_FILE, lockWorld } from "./lock-world";

test("an artifact is written down with its digest and its content, and nothing else is left", async (t) => {
  const { push, run, reference, read, folder, registry } = await lockWorld(t);
  const { digest } = push("app", FIRST);
  const locked = await run("lock", reference("app"), "--include", "*.yaml", "--output", "lib/app");
  assert.equal(locked.exitCode, 0, locked.stderr);
  assert.equal(
    locked.stdout,
    `${reference("app")} added: ${digest}\n${LOCK_FILE} written: 1 artifact\n`,
  );
  const [entry] = entriesIn(read());
  const { content, ...rest } = entry ?? {};
  assert.deepEqual(rest, {
    reference: reference("app"),
    digest,
    include: ["*.yaml"],
    destination: "lib/app",
  });
  const { of, digest: contentDigest } = content as { of: string; digest: string };
  assert.equal(of, digest);
  assert.match(read(), /"reference": "[^"]+",\n {6}"digest": "sha256:/, "for regular expressions");
  assert.deepEqual(readdirSync(folder), [LOCK_FILE]);
  assert.equal(statSync(join(folder, LOCK_FILE)).mode & 0o777, 0o644);

  const pulled = await run(
    "pull",
    reference("app"),
    "--include",
    "*.yaml",
    "--output",
    "o",
    "--json",
  );
  const facts = JSON.parse(pulled.stdout) as { contentDigest: string };
  assert.equal(contentDigest, facts.contentDigest);
  assert.ok(registry.count({ kind: "blob" }) > 0);
});

test("where nothing moved, the file stays, and each entry costs one HEAD", async (t) => {
  const { push, run, reference, read, folder, registry } = await lockWorld(t);
  for (const name of ["a", "b", "c"]) {
    push(name, { ...FIRST, name });
    assert.equal((await run("lock", reference(name))).exitCode, 0);
  }
  const [text, facts] = [read(), statSync(join(folder, LOCK_FILE))];
  for (const args of [["lock"], ["lock", "--frozen"]]) {
    registry.clearRequests();
    const again = await run(...args);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.equal(again.stdout, `${LOCK_FILE} is up to date: 3 artifacts\n`);
    assert.deepEqual(registry.requests.map(({ kind, method }) => `${method} ${kind}`).sort(), [
      "HEAD manifest",
      "HEAD manifest",
      "HEAD manifest",
    ]);
  }
  assert.equal(read(), text);
  assert.equal(statSync(join(folder, LOCK_FILE)).ino, facts.ino);
});

test("the bytes are the same, whatever the order of the commands", async (t) => {
  const { push, run, reference, read, write } = await lockWorld(t);
  for (const name of ["a", "b"]) push(name, { ...FIRST, name });
  const commands = [
    ["lock", reference("b")],
    ["lock", reference("a"), "--include", "*.yaml", "--include", "crds/**", "--output", "lib/a"],
    ["lock", reference("a"), "--strip-components", "0"],
    ["lock", reference("a"), "--include", "crds/**", "--include", "*.yaml"],
    ["lock"],
  ];
  const texts: string[] = [];
  for (const order of [commands, commands.toReversed().slice(1)]) {
    write(`{"artifacts":[],"lockfileVersion":1}`);
    for (const args of order) {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 0, `${args.join(" ")}: ${stderr}`);
    }
    texts.push(read());
  }
  assert.equal(texts[0], texts[1]);
  assert.deepEqual(
    entriesIn(read()).map((entry) => [entry["reference"], entry["include"], entry["destination"]]),
    [
      [reference("a"), ["*.yaml", "crds/**"], "lib/a"],
      [reference("a"), undefined, undefined],
      [reference("b"), undefined, undefined],
    ],
  );
});

test("a moved tag is told with its files, and renews every entry of its artifact", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  const first = push("app", FIRST);
  push("other", FIRST);
  for (const args of [[reference("app")], [reference("app"), "--include", "crds/**"]]) {
    await run("lock", ...args, "--json");
  }
  await run("lock", reference("other"));
  const second = push("app", SECOND);
  const moved = await run("lock", reference("app"));
  assert.equal(moved.exitCode, 0, moved.stderr);
  assert.deepEqual(moved.stdout.split("\n"), [
    `${reference("app")} ${first.digest} => ${second.digest}, 3 files changed`,
    `${reference("app")} ${first.digest} => ${second.digest}, 0 files changed`,
    `${LOCK_FILE} written: 3 artifacts`,
    "",
  ]);
  const digests = entriesIn(read()).map(({ digest }) => digest);
  assert.deepEqual(digests.slice(0, 2), [second.digest, second.digest]);
});

test("--frozen writes nothing, and names all that is outdated", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  const before = ["a", "b", "c"].map((name) => push(name, { ...FIRST, name }).digest);
  for (const name of ["a", "b", "c"]) await run("lock", reference(name));
  const text = read();
  const after = ["a", "b"].map((name) => push(name, { ...SECOND, name }).digest);
  const frozen = await run("lock", "--frozen");
  assert.equal(frozen.exitCode, 1);
  assert.equal(
    frozen.stdout,
    [0, 1]
      .map((at) => `${reference("ab"[at] ?? "")} ${before[at]} => ${after[at]}, 3 files changed\n`)
      .join(""),
  );
  assert.equal(
    frozen.stderr,
    `cannot use ${LOCK_FILE}: 2 of 3 artifacts are outdated\nhint: look at what changed, and renew it: oci-artifact lock\n`,
  );
  const json = await run("lock", "--frozen", "--json");
  assert.equal(json.exitCode, 1);
  const result = JSON.parse(json.stdout) as {
    artifacts: { change: string }[];
    error: { code: string };
  };
  assert.equal(result.error.code, "LOCK_OUTDATED");
  assert.deepEqual(
    result.artifacts.map(({ change }) => change),
    ["moved", "moved", "same"],
  );
  const missing = await run("lock", "--frozen", reference("d"), "--include", "*.md");
  assert.equal(missing.exitCode, 1);
  assert.match(
    missing.stderr,
    /has no entry for it\nhint: to lock it: oci-artifact lock \S+ --include '\*\.md'\n$/,
  );
  assert.equal(read(), text);
});

test("another content of the same digest is outdated, and lock renews it", async (t) => {
  const { push, run, reference, read, write } = await lockWorld(t);
  push("app", FIRST);
  await run("lock", reference("app"));
  const text = read();
  const content = (entriesIn(text)[0]?.["content"] as { digest: string }).digest;
  write(text.replace(content, `sha256:${"0".repeat(64)}`));
  const frozen = await run("lock", "--frozen");
  assert.equal(frozen.exitCode, 1);
  assert.match(frozen.stdout, new RegExp(`, content sha256:0{64} => ${content}\n`));
  const vendored = await run("vendor");
  assert.equal(vendored.exitCode, 1);
  assert.match(
    vendored.stderr,
    /the content of sha256:\w+ is sha256:\w+, and oci-artifact\.lock\.json has/,
  );
  assert.equal((await run("lock")).exitCode, 0);
  assert.equal(read(), text);
});

test("one that cannot be looked at leaves the file as it was", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  push("app", FIRST);
  await run("lock", reference("app"));
  const text = read();
  push("app", SECOND);
  const failed = await run("lock", reference("gone"));
  assert.equal(failed.exitCode, 1);
  assert.match(
    failed.stderr,
    /team\/gone:1:\n {2}cannot read the manifest of .*\n.* is not written: 1 of 1 artifact could not be looked at\n$/s,
  );
  assert.equal(read(), text);
});

test("--remove takes out all entries of a reference", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  for (const name of ["a", "b"]) push(name, FIRST);
  await run("lock", reference("a"));
  await run("lock", reference("a"), "--include", "*.yaml");
  await run("lock", reference("b"));
  const removed = await run("lock", "--remove", `oci://${reference("a").replace(":1", "?tag=1")}`);
  assert.equal(removed.exitCode, 0, removed.stderr);
  assert.deepEqual(
    entriesIn(read()).map(({ reference: name }) => name),
    [reference("b")],
  );
  const again = await run("lock", "--remove", reference("a"));
  assert.equal(again.exitCode, 1);
  assert.match(again.stderr, /has no entry for it/);
});

test("a range is locked with the tag that it has chosen", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  push("app", FIRST, "1.2.0");
  const repository = reference("app").replace(":1", "");
  const first = await run("lock", repository, "--semver", "^1.2");
  assert.equal(first.exitCode, 0, first.stderr);
  const { digest } = push("app", SECOND, "1.3.0");
  const frozen = await run("lock", "--frozen");
  assert.equal(frozen.exitCode, 1);
  assert.match(frozen.stdout, /\(semver "\^1\.2"\) 1\.2\.0 sha256:\w+ => 1\.3\.0 sha256:/);
  assert.equal((await run("lock")).exitCode, 0);
  const [entry] = entriesIn(read());
  const keys = ["reference", "semver", "tag", "digest", "content"];
  assert.deepEqual(Object.keys(entry ?? {}), keys);
  assert.deepEqual([entry?.["tag"], entry?.["digest"]], ["1.3.0", digest]);
  push("app", FIRST, "1.4.0");
  const pulled = await run(
    ...[
      "pull",
      repository,
      "--semver",
      "^1.2",
      "--lock-file",
      LOCK_FILE,
      "--output",
      "o",
      "--json",
    ],
  );
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  const { tag, version, ...facts } = JSON.parse(pulled.stdout) as Record<string, unknown>;
  assert.deepEqual([tag, version, facts["digest"]], ["1.3.0", "1.3.0", digest]);
});

test("runs at the same time leave a whole file, with the entries of the last one at least", async (t) => {
  const { push, run, reference, read } = await lockWorld(t);
  const names = ["a", "b", "c", "d"];
  for (const name of names) push(name, { ...FIRST, name });
  const runs = await Promise.all(names.map((name) => run("lock", reference(name))));
  assert.deepEqual(
    runs.map(({ exitCode }) => exitCode),
    names.map(() => 0),
  );
  const locked = entriesIn(read()).map(({ reference: name }) => name);
  assert.ok(locked.length > 0);
  assert.ok(locked.every((name) => names.map((each) => reference(each)).includes(String(name))));
});

test("what is wrong with the command line is said, and nothing is asked", async (t) => {
  const { run, registry } = await lockWorld(t);
  const cases: [readonly string[], RegExp][] = [
    [["lock", "a/b", "c/d"], /lock takes one reference/],
    [["lock", "--include", "x"], /--include is of one artifact: name its reference/],
    [["lock", "--remove"], /lock --remove needs a reference/],
    [["lock", "a/b", "--remove", "--frozen"], /exclude each other/],
    [["lock", "a/b", "--digest", "x"], /lock takes no --digest/],
    [
      ["lock", "host.example/a:1", "--output", ".."],
      /--output: as a folder below the lock file's, it has a "\.\."/,
    ],
    [["lock", "host.example/a:1", "--output", "."], /--output: it is the lock file's own folder/],
    [["vendor", "--output", "x"], /vendor takes no --output: the lock file says it/],
    [["vendor", "--remove"], /vendor takes no --remove/],
    [["vendor", "--referrers"], /vendor takes no --referrers/],
    [["lock", "a/b", "--referrers"], /lock takes no --referrers/],
    [["pull", "a/b", "--output", "x", "--frozen"], /--frozen needs --lock-file/],
    [["inspect", "a/b", "--frozen"], /inspect takes no --frozen/],
  ];
  for (const [args, words] of cases) {
    const { exitCode, stderr } = await run(...args);
    assert.equal(exitCode, 2, args.join(" "));
    assert.match(stderr, words);
  }
  assert.equal(registry.count(), 0);
});
