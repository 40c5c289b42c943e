/** What git knows of a directory, by real repositories. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gitAnnotations, gitFacts } from "../../provider/pack/git-facts";
import { sourceUrl } from "../../provider/pack/git-remote";
import { folderFor } from "../support/folder-for-test";

/** 2024-02-03T04:05:06Z. */
const SECONDS = 1_706_933_106;

type Git = (...words: string[]) => string;

/** Runs git there, with nobody's configuration but this. */
function gitIn(folder: string): Git {
  return (...words) =>
    execFileSync("git", ["-C", folder, ...words], {
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_SYSTEM: "/dev/null",
        GIT_AUTHOR_NAME: "Ada",
        GIT_AUTHOR_EMAIL: "ada@git.example",
        GIT_AUTHOR_DATE: `${SECONDS} +0500`,
        GIT_COMMITTER_NAME: "Ada",
        GIT_COMMITTER_EMAIL: "ada@git.example",
        GIT_COMMITTER_DATE: `${SECONDS} +0500`,
      },
    }).trim();
}

async function repositoryIn(folder: string): Promise<Git> {
  const git = gitIn(folder);
  git("init", "--quiet", "--initial-branch=main");
  await mkdir(join(folder, "module"));
  await writeFile(join(folder, "module", "main.tf"), "# main\n");
  await writeFile(join(folder, ".gitignore"), "*.log\n");
  git("add", ".");
  git("commit", "--quiet", "--message=first");
  return git;
}

describe("the facts of git", () => {
  test("are the remote without secrets, the commit, its highest tag and its time", async (t) => {
    const folder = folderFor(t);
    const git = await repositoryIn(folder);
    git("remote", "add", "origin", "https://ada:secret@git.example/team/app.git");
    for (const tag of ["v1.9.0", "v1.10.0", "v1.2.0"]) git("tag", tag);
    const facts = await gitFacts(join(folder, "module"));
    const revision = git("rev-parse", "HEAD");
    assert.deepEqual(facts, {
      source: "https://git.example/team/app",
      revision,
      version: "v1.10.0",
      branch: "main",
      seconds: SECONDS,
    });
    assert.deepEqual(gitAnnotations(facts), {
      "org.opencontainers.image.source": "https://git.example/team/app",
      "org.opencontainers.image.revision": revision,
      "org.opencontainers.image.version": "v1.10.0",
      "org.opencontainers.image.created": "2024-02-03T04:05:06Z",
    });
    const { "org.opencontainers.image.revision": flux } = gitAnnotations(facts, "flux");
    assert.equal(flux, `v1.10.0@sha1:${revision}`);
  });

  test("without remote, tag and branch are fewer", async (t) => {
    const folder = folderFor(t);
    const git = await repositoryIn(folder);
    git("checkout", "--quiet", "--detach");
    const facts = await gitFacts(folder);
    assert.deepEqual(facts, { revision: git("rev-parse", "HEAD"), seconds: SECONDS });
    const { "org.opencontainers.image.revision": flux } = gitAnnotations(facts, "flux");
    assert.equal(flux, `HEAD@sha1:${facts.revision}`);
  });

  test("mark what is not the commit's, in this directory only", async (t) => {
    const folder = folderFor(t);
    const git = await repositoryIn(folder);
    git("tag", "v1.0.0");
    const isMarked = async (): Promise<boolean> => {
      const { revision, version } = await gitFacts(join(folder, "module"));
      assert.equal(version?.endsWith("-dirty"), revision.endsWith("-dirty"));
      return revision === `${git("rev-parse", "HEAD")}-dirty`;
    };
    await writeFile(join(folder, "elsewhere.tf"), "");
    await writeFile(join(folder, "module", "ignored.log"), "");
    assert.equal(await isMarked(), false, "outside, or ignored");
    await writeFile(join(folder, "module", "new.tf"), "");
    assert.equal(await isMarked(), true, "a new file");
    git("add", ".");
    git("commit", "--quiet", "--message=second");
    assert.equal((await gitFacts(folder)).version, undefined, "the tag is of another commit");
    git("tag", "v1.1.0");
    assert.equal(await isMarked(), false);
    await writeFile(join(folder, "module", "main.tf"), "# changed\n");
    assert.equal(await isMarked(), true, "a changed file");
  });

  test("need a repository with a commit", async (t) => {
    const folder = folderFor(t);
    await assert.rejects(gitFacts(folder), {
      code: "INVALID_INPUT",
      message:
        /cannot pack .*: git ended with exit code 128: fatal: not a git repository.*\nhint: give the annotations/,
    });
    gitIn(folder)("init", "--quiet");
    await assert.rejects(gitFacts(folder), /git ended with exit code 128: fatal: /);
    await assert.rejects(gitFacts(join(folder, "gone")), /git ended with exit code 128: fatal: /);
  });

  test("need git", async (t) => {
    const folder = folderFor(t);
    const path = process.env["PATH"];
    process.env["PATH"] = folder;
    t.after(() => {
      process.env["PATH"] = path;
    });
    await assert.rejects(gitFacts(folder), /there is no program git in PATH\nhint: give/);
  });

  test("end with the signal", async (t) => {
    const work = gitFacts(folderFor(t), AbortSignal.abort());
    await assert.rejects(work, { code: "CANCELLED" });
  });
});

describe("the address of a remote", () => {
  for (const [remote, wanted] of [
    ["https://git.example/team/app.git", "https://git.example/team/app"],
    ["https://token@git.example:8443/team/app/?x=1#y", "https://git.example:8443/team/app"],
    ["http://ada:pw@git.example/app", "http://git.example/app"],
    ["git@git.example:team/app.git", "https://git.example/team/app"],
    ["git.example:team/app", "https://git.example/team/app"],
    ["git@git.example:/srv/app.git", "https://git.example/srv/app"],
    ["git@[::1]:app", "https://[::1]/app"],
    ["ssh://git@git.example:2222/team/app.git", "https://git.example/team/app"],
    ["git+ssh://git@git.example/app", "https://git.example/app"],
    ["git://git.example/app.git", "https://git.example/app"],
    ["/home/ada/app", undefined],
    ["../app", undefined],
    ["file:///home/ada/app", undefined],
    ["C:/Users/ada/app", undefined],
    ["https://git.example", undefined],
    ["ext::sh -c evil", undefined],
    ["", undefined],
  ] as const) {
    test(`${remote || "nothing"} is ${wanted ?? "none"}`, () => {
      assert.equal(sourceUrl(remote), wanted);
    });
  }
});
