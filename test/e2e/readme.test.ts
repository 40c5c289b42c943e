/**
 * What README.md says the engine prints is what the engine prints, for the program that it shows.
 * `UPDATE_README=1` writes what it prints into README.md instead of comparing.
 */
import * as assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { blockOf, withBlock } from "../../scripts/blocks";
import { createProject, type Project } from "../support/engine";
import { FIRST, publishFiles, SECOND } from "../support/manifests";
import { QUICKSTART_FOLDER, QUICKSTART_REGISTRY, quickstartFiles } from "../support/quickstart";
import { startRegistry, type TestRegistry } from "../support/registry";
import { REPOSITORY } from "../support/repository";

const README = join(REPOSITORY, "README.md");

describe("the first screen of README.md", () => {
  let registry: TestRegistry;
  let project: Project;

  before(async () => {
    registry = await startRegistry();
    publishFiles(registry, FIRST);
    project = await createProject({
      program: "",
      files: await quickstartFiles(),
      config: { [QUICKSTART_REGISTRY]: registry.localhost },
    });
  });
  after(async () => {
    await project.dispose();
    await registry.close();
  });

  test("shows the preview that the program prints", async () => {
    const { exitCode, text } = await project.preview({ diff: true });
    assert.equal(exitCode, 0, text);
    await holds("preview", text, registry);
  });

  test("shows the preview of a moved tag", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    publishFiles(registry, SECOND);
    const { exitCode, text } = await project.preview({ diff: true });
    assert.equal(exitCode, 0, text);
    await holds("moved", text, registry);
  });

  test("shows the error of a registry that needs plainHttp", async () => {
    const program = `${QUICKSTART_FOLDER}/index.ts`;
    const source = (await quickstartFiles())[program] ?? "";
    await writeFile(join(project.directory, program), source.replace(/ +plainHttp: true,\n/, ""));
    const { exitCode, diagnostics } = await project.preview();
    assert.notEqual(exitCode, 0);
    const failure = diagnostics.find(({ message }) => message.includes("cannot "));
    assert.ok(failure !== undefined, JSON.stringify(diagnostics));
    await holds("error", failure.message, registry);
  });
});

/** Compares the block with what was printed, but for what differs in each run. */
async function holds(block: string, printed: string, registry: TestRegistry): Promise<void> {
  const readme = await readFile(README, "utf8");
  const shown = `\`\`\`text\n${readable(printed, registry)}\n\`\`\``;
  if (process.env["UPDATE_README"] === "1") {
    if (settled(blockOf(readme, block)) === settled(shown)) return;
    await writeFile(README, withBlock(readme, block, shown));
    return;
  }
  assert.equal(
    settled(blockOf(readme, block)),
    settled(shown),
    `README.md is stale: run UPDATE_README=1 npm test -- e2e/readme`,
  );
}

/** As README.md shows it: the default registry, short digests, no space at the ends of lines. */
function readable(printed: string, registry: TestRegistry): string {
  return printed
    .replaceAll(registry.localhost, "localhost:5000")
    .replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, "sha256:$1…")
    .replace(/[ \t]+$/gm, "")
    .trim();
}

/** Without digests and ids: compressed bytes differ between versions of Node. */
function settled(text: string): string {
  return text
    .replace(/sha256:[0-9a-f]{12}…?/g, "sha256:…")
    .replace(/manifests-[0-9a-f]{16}/g, "manifests-…")
    .replace(/\[id=[0-9a-f-]{36}\]/g, "[id=…]");
}
