/**
 * The workflows of .github: they may do no more than they need, take nothing that could change under
 * them, and run on the versions that the documentation names. What a release checks is run here.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { parse } from "yaml";
import { folderFor } from "../support/folder-for-test";
import { run, type Finished } from "../support/processes";
import { REPOSITORY } from "../support/repository";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

type Permissions = Readonly<Record<string, string>>;

interface Job {
  readonly permissions?: Permissions;
  readonly environment?: string;
  readonly needs?: string;
  readonly steps: readonly Step[];
  readonly "timeout-minutes"?: number;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Permissions;
  readonly jobs: Readonly<Record<string, Job>>;
}

const FOLDER = join(REPOSITORY, ".github/workflows");
const textOf = (file: string): string => readFileSync(join(FOLDER, file), "utf8");
const workflowOf = (file: string): Workflow => parse(textOf(file)) as Workflow;

const FILES = readdirSync(FOLDER);
const CI = workflowOf("ci.yml");
const RELEASE = workflowOf("release.yml");

test("there are these two", () => {
  assert.deepEqual([...FILES].sort(), ["ci.yml", "release.yml"]);
});

for (const file of FILES) {
  describe(file, () => {
    const { on, jobs, permissions } = workflowOf(file);
    const steps = Object.values(jobs).flatMap((job) => job.steps);

    test("takes each action by its commit, and says which version that is", () => {
      const lines = textOf(file).match(/^.*\buses:.*$/gm) ?? [];
      assert.equal(lines.length, steps.filter(({ uses }) => uses !== undefined).length);
      for (const line of lines) {
        assert.match(line, /uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
    });

    test("puts nothing that somebody else writes into a script", () => {
      for (const { run: script = "" } of steps) assert.doesNotMatch(script, /\$\{\{/);
    });

    test("has no secret, and starts for nobody who could bring one along", () => {
      assert.doesNotMatch(textOf(file), /secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
      assert.equal("pull_request_target" in on || "workflow_run" in on, false);
    });

    test("leaves no login in the checkout", () => {
      for (const { uses = "", with: inputs } of steps) {
        if (uses.includes("/checkout@")) assert.equal(inputs?.["persist-credentials"], false);
      }
    });

    test("ends by itself", () => {
      for (const job of Object.values(jobs)) assert.ok((job["timeout-minutes"] ?? Infinity) <= 90);
    });

    test("may write nothing by default", () => {
      for (const right of Object.values(permissions)) assert.equal(right, "read");
    });
  });
}

test("CI may read the code and nothing else, in each of its jobs", () => {
  assert.deepEqual(CI.permissions, { contents: "read" });
  for (const job of Object.values(CI.jobs)) assert.equal(job.permissions, undefined);
});

test("CI runs on the versions of Node that the documentation names", () => {
  const page = readFileSync(join(REPOSITORY, "docs/supported-versions.md"), "utf8");
  const named = /^\| Node\.js\s*\|\s*([^|]+?)\s*\|/m.exec(page)?.[1] ?? "";
  const minors = named.split(", ").map((version) => version.split(".").slice(0, 2).join("."));
  assert.deepEqual(CI.jobs["test"]?.strategy?.matrix["node"], minors);
});

describe("a release", () => {
  const { pack, publish, release } = RELEASE.jobs;

  test("is made of a tag alone", () => {
    assert.deepEqual(RELEASE.on, { push: { tags: ["v*"] } });
  });

  test("gives each job what it needs, and only one of them an identity", () => {
    assert.deepEqual(RELEASE.permissions, {});
    assert.deepEqual(pack?.permissions, { contents: "read" });
    assert.deepEqual(publish?.permissions, { "id-token": "write" });
    assert.deepEqual(release?.permissions, { contents: "write" });
    assert.deepEqual([publish.needs, release.needs], ["pack", "publish"]);
    assert.equal(publish.environment, "npm");
  });

  test("runs code of the project only where nothing can be published", () => {
    for (const job of [publish, release]) {
      const ran = job?.steps.map(({ uses, run: script }) => uses ?? script ?? "").join("\n") ?? "";
      assert.doesNotMatch(ran, /checkout@|npm (ci|install|run|test|pack)|\.ci\/run/);
    }
  });

  test("is tested as every change is, and packed behind that", () => {
    const scripts = pack?.steps.map(({ run: script = "" }) => script) ?? [];
    const tested = scripts.indexOf(".ci/run");
    assert.ok(tested > scripts.indexOf("npm ci"));
    assert.ok(scripts.findIndex((script) => script.includes("npm pack")) > tested);
  });

  test("is published with provenance, as it was packed", () => {
    const scripts = publish?.steps.map(({ run: script = "" }) => script) ?? [];
    const published = scripts.filter((script) => script.includes("npm publish"));
    assert.equal(published.length, 1);
    assert.match(published[0] ?? "", /npm publish \.\/\*\.tgz --provenance --access public/);
    assert.match(published[0] ?? "", /--tag "\$NPM_TAG"/, "a pre-release is never the latest");
    assert.ok(scripts.some((script) => script.startsWith("sha256sum --check")));
  });

  test("says where it comes from by what the run says, and by no name in the checkout", () => {
    const step = pack?.steps.find(({ run: script }) => script?.includes("npm pkg set"));
    assert.match(step?.run ?? "", /repository\.url=git\+\$GITHUB_SERVER_URL\/\$GITHUB_REPOSITORY/);
    const manifest = readFileSync(join(REPOSITORY, "package.json"), "utf8");
    assert.equal("repository" in (JSON.parse(manifest) as object), false);
  });
});

describe("a tag", () => {
  const CHANGELOG =
    "# Changelog\n\n## 1.2.3\n\nFixed\n\n- It.\n\n## 1.2.2\n\n- That.\n\n## 1.2.1\n";

  /** Runs the check of a release as the workflow does. */
  async function check(t: TestContext, tag: string): Promise<Finished & { readonly temp: string }> {
    const folder = folderFor(t);
    const temp = join(folder, "temp");
    mkdirSync(temp);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ version: tag.slice(1, 6) }));
    writeFileSync(join(folder, "CHANGELOG.md"), CHANGELOG);
    const step = RELEASE.jobs["pack"]?.steps.find(({ name }) => name?.startsWith("The tag is"));
    assert.ok(step?.run !== undefined);
    const finished = await run("bash", ["-e", "-o", "pipefail", "-c", step.run], {
      cwd: folder,
      environment: { PATH: process.env["PATH"] ?? "", GITHUB_REF_NAME: tag, RUNNER_TEMP: temp },
      owner: folder,
      timeoutMs: 60_000,
    });
    return { ...finished, temp };
  }

  test("of the version, which the changelog has, passes with that as its notes", async (t) => {
    const { exitCode, text, temp } = await check(t, "v1.2.3");
    assert.equal(exitCode, 0, text);
    const notes = readFileSync(join(temp, "release/NOTES.md"), "utf8");
    assert.equal(notes.trim(), "Fixed\n\n- It.");
  });

  for (const [tag, words] of [
    ["v1.2.30", /the tag says 1\.2\.30 and package\.json says 1\.2\.3/],
    ["v1.2.4", /CHANGELOG\.md has no section 1\.2\.4/],
    ["v1.2.1", /CHANGELOG\.md has no section 1\.2\.1, or nothing in it/],
  ] as const) {
    test(`${tag} does not`, async (t) => {
      const { exitCode, text } = await check(t, tag);
      assert.equal(exitCode, 1);
      assert.match(text, words);
    });
  }
});
