/**
 * States of earlier versions, one file each in test/data/states: this version shows no diff of them but
 * those that the changelog names, refreshes and destroys them. Those that are there never change.
 *
 * Before a release, `NEW_STATE=1.2.3 npm test -- e2e/upgrade` adds one of this version. One of an older
 * commit comes from a build of it: `NEW_STATE_OF=/elsewhere/dist` names that, and
 * `NEW_STATE_RESOURCES=tagged,pinned` what it can declare.
 */
import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createProject, type Project, type State } from "../support/engine";
import { startRegistry, type TestRegistry } from "../support/registry";
import { REPOSITORY } from "../support/repository";
import { DECLARATIONS, filesOf, programOf, publishAll, writeLayout } from "./upgrade-program";

const STATES = join(REPOSITORY, "test/data/states");

/** Stands in the files for the registry of the moment. */
const HOST = "registry.example:5000";

/**
 * What changes once, by the changelog of 0.1.0: a module in a zip with a title was one file before
 * kinds were recognized, and is unpacked now.
 */
const CHANGED_ONCE: ReadonlyMap<string, readonly string[]> = new Map([
  ["0.1.0-aefee39", ["zipped"]],
  ["0.1.0-a51fdde", ["zipped"]],
]);

/** The resources of a state that our programs declare. */
function namesIn(state: State): readonly string[] {
  const names = (state.deployment.resources ?? []).map(({ urn }) => urn.split("::").at(-1) ?? "");
  return names.filter((name) => Object.hasOwn(DECLARATIONS, name));
}

/** Where in its source a program declared a resource is told by absolute paths. */
function withoutPlaces(key: string, value: unknown): unknown {
  return key === "sourcePosition" || key === "stackTrace" ? undefined : value;
}

describe("a state of version", () => {
  let registry: TestRegistry;
  let pin: string;
  before(async () => {
    registry = await startRegistry();
    pin = publishAll(registry);
    const version = process.env["NEW_STATE"];
    if (version !== undefined) await addState(version);
  });
  after(() => registry.close());

  /** A fresh checkout of a program with these resources, in a repository where they are published. */
  async function checkout(names: readonly string[]): Promise<Project> {
    // What a refresh of a push knows, where no program runs; it stands in the state of the provider.
    const registries = JSON.stringify({ [registry.host]: { plainHttp: true } });
    const project = await createProject({
      program: programOf(names, registry.host, pin),
      files: filesOf(registry.host, pin),
      config: names.includes("pushed") ? { "oci-artifact:registries": registries } : {},
    });
    writeLayout(project.directory);
    return project;
  }

  async function addState(version: string): Promise<void> {
    const { NEW_STATE_OF: build, NEW_STATE_RESOURCES: names } = process.env;
    const project = await checkout(names?.split(",") ?? Object.keys(DECLARATIONS));
    try {
      if (build !== undefined) {
        const place = join(project.directory, "node_modules/pulumi-oci-artifact/dist");
        await rm(place);
        await symlink(build, place);
      }
      // An upgrade meets a copy of its own at the destination, and not one that was committed.
      await rm(join(project.directory, "vendor"), { recursive: true });
      const up = await project.up({ args: ["--skip-preview"] });
      assert.equal(up.exitCode, 0, up.text);
      const text = JSON.stringify(await project.exportState(), withoutPlaces, 2);
      const file = join(STATES, `${version}.json`);
      await writeFile(file, `${text.replaceAll(registry.host, HOST)}\n`, { flag: "wx" });
    } finally {
      await project.dispose();
    }
  }

  /** What the state says was pushed is in the registry. */
  async function push(project: Project): Promise<void> {
    const command = "node_modules/pulumi-oci-artifact/dist/cli/main.js";
    const line = [command, "push", "notes.md", `${registry.host}/team/pushed:1`, "--tag", "latest"];
    const pushed = await project.run("node", [...line, "--plain-http"]);
    assert.equal(pushed.exitCode, 0, pushed.text);
  }

  for (const file of readdirSync(STATES)) {
    const version = file.replace(/\.json$/, "");
    const changed = CHANGED_ONCE.get(version) ?? [];
    const shown = changed.length === 0 ? "no diff" : `a diff of ${changed.join()} alone`;

    test(`${version} shows ${shown}, is refreshed and destroyed`, async (t) => {
      const text = await readFile(join(STATES, file), "utf8");
      const state = JSON.parse(text.replaceAll(HOST, registry.host)) as State;
      const names = namesIn(state);
      const project = await checkout(names);
      t.after(() => project.dispose());
      if (names.includes("pushed")) await push(project);
      await project.importState(state);
      registry.clearRequests();

      const up = await project.up(changed.length === 0 ? { args: ["--expect-no-changes"] } : {});
      assert.equal(up.exitCode, 0, up.text);
      const updated = up.steps.filter(({ operation }) => operation !== "same");
      assert.deepEqual(updated.map(({ name, operation }) => `${operation} ${name}`).sort(), [
        ...changed.map((name) => `update ${name}`),
      ]);
      assert.ok(up.steps.length >= names.length, up.text);
      assert.equal(registry.count({ kind: "upload" }), 0);
      if (changed.length > 0) {
        const again = await project.up({ args: ["--expect-no-changes"] });
        assert.equal(again.exitCode, 0, again.text);
      }

      const refreshed = await project.refresh({ args: ["--expect-no-changes"] });
      assert.equal(refreshed.exitCode, 0, refreshed.text);
      const destroyed = await project.destroy({ args: ["--skip-preview"] });
      assert.equal(destroyed.exitCode, 0, destroyed.text);
      assert.deepEqual((await project.exportState()).deployment.resources ?? [], []);
    });
  }
});
