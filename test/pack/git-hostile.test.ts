/**
 * Asking git about a directory runs no program that its repository names. Each trap is sprung once by a
 * plain git, so that it is known to work.
 */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { gitFacts } from "../../provider/pack/git-facts";
import { folderFor } from "../support/folder-for-test";

const IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@git.example"];

type Git = (...words: string[]) => string;

function gitIn(folder: string): Git {
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_ALLOW_PROTOCOL: "file:ext",
  };
  return (...words) =>
    execFileSync("git", ["-C", folder, ...IDENTITY, ...words], {
      ...{ encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env, timeout: 20_000 },
    }).trim();
}

/** A repository with one commit, and a program that leaves a trace when it is run. */
async function lay(t: TestContext) {
  const root = folderFor(t);
  const trace = join(root, "trace");
  const program = join(root, "program");
  await writeFile(program, `#!/bin/sh\n: > ${trace}\nexit 1\n`, { mode: 0o755 });
  const folder = join(root, "repository");
  await mkdir(folder);
  const git = await repositoryIn(folder);
  return { root, folder, git, program, wasRun: () => existsSync(trace), trace };
}

async function repositoryIn(folder: string): Promise<Git> {
  const git = gitIn(folder);
  git("init", "--quiet", "--initial-branch=main");
  await writeFile(join(folder, ".gitattributes"), "*.tf filter=own\n");
  await writeFile(join(folder, "main.tf"), "# main\n");
  git("add", ".");
  git("commit", "--quiet", "--message=first");
  return git;
}

/** Of the same content, but git has to look. */
async function touch(folder: string): Promise<void> {
  await utimes(join(folder, "main.tf"), 1, Date.now() % 1_000_000);
}

/** The trap works where git is asked plainly, and not where it is asked by us. */
async function assertUnsprung(
  { wasRun, trace }: Pick<Awaited<ReturnType<typeof lay>>, "wasRun" | "trace">,
  plainly: () => unknown,
  asked: () => Promise<unknown>,
): Promise<void> {
  try {
    plainly();
  } catch {
    // Some traps make git itself fail afterwards.
  }
  assert.ok(wasRun(), "the trap does not work");
  await rm(trace);
  await asked();
  assert.equal(wasRun(), false, "a program of the repository was run");
}

describe("asking git runs no program of the repository", () => {
  for (const kind of ["clean", "process"]) {
    test(`a filter (${kind})`, async (t) => {
      const world = await lay(t);
      const { folder, git, program } = world;
      git("config", `filter.own.${kind}`, program);
      git("config", "filter.own.required", "true");
      await touch(folder);
      const asked = async () => {
        await touch(folder);
        const { revision } = await gitFacts(folder);
        assert.equal(revision, git("rev-parse", "HEAD"), "the content is that of the commit");
      };
      await assertUnsprung(world, () => git("status"), asked);
    });
  }

  test("a filter that an included file has, for a file that did change", async (t) => {
    const world = await lay(t);
    const { folder, git, program } = world;
    await writeFile(join(folder, ".git", "more"), `[filter "own"]\n\tclean = ${program}\n`);
    git("config", "include.path", "more");
    await writeFile(join(folder, "main.tf"), "# MAIN\n");
    const asked = async () => {
      assert.match((await gitFacts(folder)).revision, /-dirty$/);
    };
    await assertUnsprung(world, () => git("--no-optional-locks", "status"), asked);
  });

  test("a filter with a name that cannot be taken away is refused", async (t) => {
    const { folder, git, program } = await lay(t);
    const config = `[filter "a=b"]\n\tclean = ${program}\n`;
    await writeFile(join(folder, ".git", "more"), config);
    git("config", "include.path", "more");
    await assert.rejects(gitFacts(folder), {
      code: "INVALID_INPUT",
      message: /has filters that cannot be left out\nhint: remove them/,
    });
  });

  test("a filter of a submodule, whose changes count all the same", async (t) => {
    const world = await lay(t);
    const { folder, git, program, root } = world;
    const origin = join(root, "origin");
    await mkdir(origin);
    await repositoryIn(origin);
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin, "sub");
    git("commit", "--quiet", "--message=second");
    const submodule = join(folder, "sub");
    gitIn(submodule)("config", "filter.own.clean", program);
    await touch(submodule);
    const asked = async () => {
      await touch(submodule);
      assert.equal((await gitFacts(folder)).revision, git("rev-parse", "HEAD"));
    };
    await assertUnsprung(world, () => git("status"), asked);
    await writeFile(join(submodule, "new.tf"), "");
    assert.match((await gitFacts(folder)).revision, /-dirty$/, "a new file in it");
  });

  test("the watcher of files, and hooks", async (t) => {
    const world = await lay(t);
    const { folder, git, program } = world;
    git("config", "core.fsmonitor", program);
    const hooks = join(folder, ".git", "hooks");
    await mkdir(hooks, { recursive: true });
    await rm(join(hooks, "post-index-change"), { force: true });
    execFileSync("cp", [program, join(hooks, "post-index-change")]);
    await assertUnsprung(
      world,
      () => git("status"),
      async () => {
        await touch(folder);
        await gitFacts(folder);
      },
    );
  });

  test("a repository without a work tree that a checkout brings along", async (t) => {
    const world = await lay(t);
    const { folder, git, program } = world;
    git("config", "core.fsmonitor", "");
    git("config", "core.worktree", folder);
    git("config", "filter.own.clean", program);
    const inner = join(folder, "module");
    await rename(join(folder, ".git"), inner);
    await touch(folder);
    const asked = async () => {
      await touch(folder);
      await assert.rejects(gitFacts(inner), /cannot use bare repository/);
    };
    await assertUnsprung(world, () => gitIn(inner)("status"), asked);
  });

  test("the transport of a partial clone that misses its tree", async (t) => {
    const world = await lay(t);
    const { folder, git, program } = world;
    const tree = git("rev-parse", "HEAD^{tree}");
    git("config", "core.repositoryFormatVersion", "1");
    git("config", "extensions.partialClone", "origin");
    git("config", "remote.origin.promisor", "true");
    git("config", "protocol.ext.allow", "always");
    git("config", "remote.origin.url", `ext::${program}`);
    // What the index remembers of it would do.
    await rm(join(folder, ".git", "index"));
    await rm(join(folder, ".git", "objects", tree.slice(0, 2), tree.slice(2)));
    await assertUnsprung(
      world,
      () => git("status"),
      async () => {
        await assert.rejects(gitFacts(folder), { code: "INVALID_INPUT" });
      },
    );
  });
});

test("in a hook of another repository, the directory's own is asked", async (t) => {
  const { folder, git, root } = await lay(t);
  const other = join(root, "other");
  await mkdir(other);
  await repositoryIn(other);
  gitIn(other)("commit", "--quiet", "--allow-empty", "--message=second");
  for (const [name, value] of [
    ["GIT_DIR", join(other, ".git")],
    ["GIT_INDEX_FILE", join(other, ".git", "no-index")],
  ] as const) {
    const before = process.env[name];
    assert.equal(before, undefined);
    process.env[name] = value;
    t.after(() => {
      Reflect.deleteProperty(process.env, name);
    });
  }
  assert.equal((await gitFacts(folder)).revision, git("rev-parse", "HEAD"));
});
