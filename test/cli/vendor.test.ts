/** `oci-artifact vendor`, and `pull` with a lock file: what lies there, what is asked, what is refused. */
import * as assert from "node:assert/strict";
import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { artifactOf, LAYOUT_FILES, layoutIn, REF_NAME } from "../support/layouts";
import { FIRST, SECOND } from "../support/manifests";
import { entriesIn, LOCK_FILE, lockWorld } from "./lock-world";

test("every entry is placed, relative to the lock file, by its digest", async (t) => {
  const { push, run, reference, files, folder } = await lockWorld(t);
  const a = push("a", FIRST);
  const b = push("b", SECOND);
  mkdirSync(join(folder, "infra"));
  const place = ["--lock-file", `infra/${LOCK_FILE}`];
  await run("lock", reference("a"), ...place);
  const locked = await run("lock", reference("b"), "--output", "infra/lib/b", ...place);
  assert.equal(locked.exitCode, 0, locked.stderr);
  push("a", SECOND);
  const vendored = await run("vendor", ...place);
  assert.equal(vendored.exitCode, 0, vendored.stderr);
  const [nameA, nameB] = [reference("a"), reference("b")].map((name) => name.replace(":1", ""));
  assert.equal(
    vendored.stdout,
    `${nameA}@${a.digest}\tinfra/vendor/a\n${nameB}@${b.digest}\tinfra/lib/b\n`,
  );
  assert.deepEqual(files("infra/vendor/a"), FIRST);
  assert.deepEqual(files("infra/lib/b"), SECOND);
  assert.equal(
    vendored.stderr.replaceAll(/sha256:\w+/g, "D"),
    `warning: ${reference("a")}: the tag 1 points to D, and infra/${LOCK_FILE} has D, which is taken: the lock file is outdated\n` +
      `hint: look at what changed, and renew the lock file: oci-artifact lock ${reference("a")} --lock-file infra/${LOCK_FILE}\n`,
  );
});

test("again: one HEAD for each, and no blob; in an outage nothing at all", async (t) => {
  const { push, run, reference, files, registry, folder } = await lockWorld(t);
  for (const name of ["a", "b"]) {
    push(name, { ...FIRST, name });
    await run("lock", reference(name));
  }
  for (const isThere of [false, true]) {
    if (!isThere) assert.ok(!existsSync(join(folder, "vendor")));
    registry.clearRequests();
    const again = await run("vendor");
    assert.equal(again.exitCode, 0, again.stderr);
    assert.deepEqual(
      registry.requests.map(({ kind, method }) => `${method} ${kind}`),
      ["HEAD manifest", "HEAD manifest"],
    );
  }
  rmSync(join(folder, "vendor"), { recursive: true });
  await registry.close();
  const offline = await run("vendor", "--json");
  assert.equal(offline.exitCode, 0, offline.stderr);
  assert.deepEqual(files("vendor/a"), { ...FIRST, name: "a" });
  const placed = JSON.parse(offline.stdout) as { reference: string; directory: string }[];
  assert.deepEqual(
    placed.map(({ reference: name, directory }) => [name, directory]),
    ["a", "b"].map((name) => [reference(name), join(folder, "vendor", name)]),
  );
});

test("--frozen places nothing where a tag has moved, and all where none has", async (t) => {
  const { push, run, reference, files, folder } = await lockWorld(t);
  for (const name of ["a", "b"]) {
    push(name, { ...FIRST, name });
    await run("lock", reference(name));
  }
  push("b", SECOND);
  const refused = await run("vendor", "--frozen");
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /1 of 2 artifacts is outdated/);
  assert.ok(!existsSync(join(folder, "vendor")));
  const one = await run("vendor", "--frozen", reference("a"));
  assert.equal(one.exitCode, 0, one.stderr);
  assert.deepEqual(
    files("vendor"),
    Object.fromEntries(
      Object.entries({ ...FIRST, name: "a" }).map(([name, content]) => [`a/${name}`, content]),
    ),
  );
  const other = await run("vendor", reference("c"));
  assert.equal(other.exitCode, 1);
  assert.match(other.stderr, /has no entry for it\nhint: to lock it: oci-artifact lock \S+\n/);
});

test("folders that are in each other's way are refused before anything is placed", async (t) => {
  const { push, run, reference, folder } = await lockWorld(t);
  for (const name of ["a", "b", "c"]) push(name, FIRST);
  push("a", SECOND, "2");
  await run("lock", reference("a"));
  await run("lock", reference("a", "2"));
  await run("lock", reference("b"), "--output", "vendor/a/b");
  await run("lock", reference("c"));
  const refused = await run("vendor");
  assert.equal(refused.exitCode, 1);
  assert.equal(
    refused.stderr,
    [
      `cannot use the lock file ${LOCK_FILE}: entries are in each other's way`,
      `  ${reference("a")} and ${reference("a", "2")}: vendor/a for both`,
      `  ${reference("a")} and ${reference("b")}: vendor/a/b lies in vendor/a`,
      `  ${reference("a", "2")} and ${reference("b")}: vendor/a/b lies in vendor/a`,
      "hint: give one of them another folder, by its words above: oci-artifact lock … --output DIR",
      "",
    ].join("\n"),
  );
  assert.ok(!existsSync(join(folder, "vendor")));
  assert.equal((await run("vendor", reference("b"))).exitCode, 1);
  const apart = await run("vendor", reference("c"));
  assert.equal(apart.exitCode, 0, apart.stderr);
});

test("entries of one reference are told apart by the words of the command that locks them", async (t) => {
  const { push, run, reference } = await lockWorld(t);
  push("a", FIRST);
  await run("lock", reference("a"));
  await run("lock", reference("a"), "--exclude", "z*");
  const { stderr } = await run("vendor");
  const name = reference("a");
  const [, line = ""] = stderr.split("\n");
  assert.deepEqual(line.trim().split(": ").at(-1), "vendor/a for both");
  assert.deepEqual(line.trim().split(": ")[0]?.split(" and ").sort(), [
    name,
    `${name} --exclude 'z*'`,
  ]);
});

test("--frozen: what is outdated is told, also where another entry cannot be looked at", async (t) => {
  const { push, run, reference, registry, folder } = await lockWorld(t);
  for (const name of ["a", "b"]) {
    push(name, FIRST);
    await run("lock", reference(name));
  }
  push("a", SECOND);
  registry.repository("team/b").untag("1");
  for (const [verb, end] of [
    ["lock", ""],
    ["vendor", "nothing is placed: "],
  ] as const) {
    const { exitCode, stdout, stderr } = await run(verb, "--frozen");
    assert.equal(exitCode, 1);
    assert.match(stdout, /^.*team\/a:1 sha256:\w+ => sha256:\w+, \d files? changed\n$/);
    assert.ok(stderr.endsWith(`\n${end}1 of 2 artifacts could not be looked at\n`), stderr);
    const json = await run(verb, "--frozen", "--json");
    const said = JSON.parse(json.stdout) as Record<"artifacts" | "failures", object[]>;
    assert.deepEqual([said.artifacts.length, said.failures.length], [1, 1]);
  }
  assert.ok(!existsSync(join(folder, "vendor")));
});

test("a flag for one registry goes with a lock file that names a registry and a layout", async (t) => {
  const { push, run, reference, folder, files } = await lockWorld(t);
  push("a", FIRST);
  layoutIn(join(folder, "media")).put(artifactOf(), { [REF_NAME]: "1" });
  for (const name of [reference("a"), "oci-layout://media:1"]) {
    const locked = await run("lock", name);
    assert.equal(locked.exitCode, 0, locked.stderr);
  }
  const vendored = await run("vendor");
  assert.equal(vendored.exitCode, 0, vendored.stderr);
  assert.deepEqual(files("vendor/a"), FIRST);
  assert.deepEqual(files("vendor/media"), LAYOUT_FILES);
});

test("who only looks at what is locked is told that the tag has moved, too", async (t) => {
  const { push, run, reference } = await lockWorld(t);
  const { digest } = push("a", FIRST);
  await run("lock", reference("a"));
  const words = /^warning: the tag 1 points to sha256:\w+, .* the lock file is outdated\nhint: /;
  assert.equal((await run("inspect", reference("a"), "--lock-file", LOCK_FILE)).stderr, "");
  push("a", SECOND);
  const { exitCode, stdout, stderr } = await run(
    ...["inspect", reference("a"), "--lock-file", LOCK_FILE],
  );
  assert.equal(exitCode, 0);
  assert.match(stdout, new RegExp(`\ndigest +${digest}\n`));
  assert.match(stderr, words);
});

test("a lock file behind a link stays there", async (t) => {
  const { push, run, reference, folder, read } = await lockWorld(t);
  push("a", FIRST);
  mkdirSync(join(folder, "shared"));
  await run("lock", reference("a"), "--lock-file", "shared/all.json");
  symlinkSync("shared/all.json", join(folder, LOCK_FILE));
  push("a", SECOND);
  assert.equal((await run("lock")).exitCode, 0);
  assert.ok(lstatSync(join(folder, LOCK_FILE)).isSymbolicLink());
  assert.equal(entriesIn(read("shared/all.json")).length, 1);
  assert.match((await run("lock", "--frozen")).stdout, /up to date/);
});

test("files of others and changed files are treated as pull does", async (t) => {
  const { push, run, reference, read, write, folder } = await lockWorld(t);
  push("a", FIRST);
  await run("lock", reference("a"));
  mkdirSync(join(folder, "vendor/a"), { recursive: true });
  writeFileSync(join(folder, "vendor/a/mine.txt"), "mine");
  assert.equal((await run("vendor")).exitCode, 0);
  writeFileSync(join(folder, "vendor/a/service.yaml"), "changed");
  const refused = await run("vendor");
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /service\.yaml/);
  const restored = await run("vendor", "--on-local-change", "restore");
  assert.equal(restored.exitCode, 0, restored.stderr);
  assert.equal(read("vendor/a/service.yaml"), FIRST["service.yaml"]);
  assert.equal(read("vendor/a/mine.txt"), "mine");
  write(`{"lockfileVersion":1,"artifacts":[]}`);
  const empty = await run("vendor");
  assert.equal(empty.exitCode, 1);
  assert.match(empty.stderr, /it has no entries/);
  assert.equal(read("vendor/a/mine.txt"), "mine");
});

test("a lock file gives no switch that is a risk, and no login", async (t) => {
  const { push, run, reference, read, write, registry } = await lockWorld(t);
  push("a", FIRST);
  await run("lock", reference("a"));
  const text = read();
  for (const name of ["skipTlsVerify", "credentials", "mirrors", "lockFile", "nonsense"]) {
    write(text.replace('"digest"', `"${name}": true,\n      "digest"`));
    registry.clearRequests();
    for (const command of ["vendor", "lock"]) {
      const { exitCode, stderr } = await run(command);
      assert.equal(exitCode, 1, command);
      assert.match(stderr, new RegExp(`has "${name}", which is nothing that a lock file says`));
    }
    assert.equal(registry.count(), 0);
  }
});

test("pull takes the digest of the lock file, and with --frozen no outdated one", async (t) => {
  const { push, run, runElsewhere, reference, files, folder } = await lockWorld(t);
  const { digest } = push("a", FIRST);
  await run("lock", reference("a"), "--exclude", "crds/**");
  push("a", SECOND);
  const args = ["pull", reference("a"), "--lock-file", LOCK_FILE, "--output"];
  const pulled = await runElsewhere(...args, "out");
  assert.equal(pulled.exitCode, 0, pulled.stderr);
  assert.ok(pulled.stdout.startsWith(reference("a").replace(":1", `@${digest}`)));
  assert.match(
    pulled.stderr,
    /^warning: the tag 1 points to .*: the lock file is outdated\nhint: /,
  );
  assert.deepEqual(files("out"), FIRST, "what is taken is for the command to say");
  const frozen = await runElsewhere(...args, "frozen", "--frozen");
  assert.equal(frozen.exitCode, 1);
  assert.match(
    frozen.stderr,
    /^cannot use \S+: the tag 1 points to .*\nhint: .*: oci-artifact lock /,
  );
  assert.ok(!existsSync(join(folder, "frozen")));
  const missing = await run("pull", reference("b"), "--lock-file", LOCK_FILE, "--output", "b");
  assert.equal(missing.exitCode, 1);
  assert.match(
    missing.stderr,
    /^cannot use \S+: oci-artifact\.lock\.json has no entry for it\nhint: /,
  );
});

test("an entry whose digest alone was changed is placed, and told to be half", async (t) => {
  const { push, run, reference, read, write, files } = await lockWorld(t);
  const first = push("a", FIRST);
  await run("lock", reference("a"));
  const second = push("a", SECOND);
  const line = `"digest": "${first.digest}",\n      "content"`;
  assert.ok(read().includes(line));
  write(read().replace(line, line.replace(first.digest, second.digest)));
  const frozen = await run("vendor", "--frozen");
  assert.equal(frozen.exitCode, 0, frozen.stderr);
  assert.match(
    frozen.stderr,
    /does not know the content of sha256:\w+ yet; to add it: oci-artifact lock /,
  );
  assert.deepEqual(files("vendor/a"), SECOND);
  const renewed = await run("lock");
  assert.match(renewed.stdout, /now with its content\n/);
  const [entry] = entriesIn(read());
  assert.equal((entry?.["content"] as { of: string }).of, second.digest);
});
