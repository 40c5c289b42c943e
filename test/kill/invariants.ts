/**
 * What has to hold after a kill, and what after the next run. Reads the disk; `verifyCache` is the
 * one thing that would change it, and then the assertion fails.
 */
import * as assert from "node:assert/strict";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseIdentity, lifeOf } from "../../provider/store/process-identity";
import { verifyCache } from "../../provider/store/cache";
import { contentOf, type Content } from "../store/content";

/** As `contentOf` says it, of names with their text alone. */
export function withFolders(files: Readonly<Record<string, string>>): Content {
  const folders = Object.keys(files).flatMap((path) => {
    const parts = path.split("/").slice(0, -1);
    return parts.map((_, at) => [`${parts.slice(0, at + 1).join("/")}/`, ""] as const);
  });
  return sorted({ ...Object.fromEntries(folders), ...files });
}

function sorted(content: Content): Content {
  return Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function isSame(one: Content, other: Content): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** The names of the trees beside a program; those under way do not count. */
export function treesIn(project: string): readonly string[] {
  const area = join(project, ".oci-artifacts");
  if (!existsSync(area)) return [];
  return readdirSync(area).filter((name) => !name.startsWith("."));
}

/** Each tree is one of the contents, whole. */
export function assertTrees(project: string, contents: readonly Content[]): void {
  for (const name of treesIn(project)) {
    assertOneOf(contentOf(join(project, ".oci-artifacts", name)), contents, `the tree ${name}`);
  }
}

/** It is one of the contents, whole. */
export function assertOneOf(found: Content, contents: readonly Content[], what: string): void {
  if (contents.some((content) => isSame(content, found))) return;
  const names = Object.keys(found);
  const shown = JSON.stringify(Object.entries(found).slice(0, 20)).slice(0, 1_000);
  assert.fail(`${what} is neither the old nor the new content: ${names.length} names, ${shown}`);
}

/** Nothing in the cache is damaged. */
export async function assertCache(cacheDirectory: string): Promise<void> {
  const { damaged } = await verifyCache({ cacheDirectory });
  assert.deepEqual(damaged, [], "the cache is whole");
}

/**
 * The folder is the old content or the new; nothing, where the old one lies whole beside it.
 */
export function assertPlaced(folder: string, old: Content | undefined, wanted: Content): void {
  const contents = [...(old === undefined ? [] : [old]), wanted];
  if (existsSync(folder)) {
    assertOneOf(contentOf(folder), contents, folder);
    return;
  }
  if (old === undefined) return;
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  const aside = join(folder, "..", `.${name}.oci-artifact-old`);
  assertOneOf(contentOf(aside), [old], aside);
}

/** Each file is the old one or the new, whole; what others put there is as it was. */
export function assertPlacedByFile(
  folder: string,
  old: Content,
  wanted: Content,
  foreign: Content,
): void {
  const found = contentOf(folder);
  for (const [name, text] of Object.entries(found)) {
    const may = [old[name], wanted[name], foreign[name]];
    assert.ok(may.includes(text), `${folder}/${name} is ${JSON.stringify(text.slice(0, 80))}`);
  }
  const kept = Object.keys(old).filter((name) => name in wanted);
  for (const name of [...Object.keys(foreign), ...kept]) {
    assert.ok(name in found, `${folder}/${name} is there`);
  }
}

/** What lies below a machine's folder and is no content: only this may. */
const OF_RECORDS = [
  /^\.oci-artifacts(\/\.gitignore)?$/,
  /^\.oci-artifacts\/\.pulumi(\/(staging|receipts|claims|destinations))?$/,
  /^\.oci-artifacts\/\.pulumi\/receipts\/[^/]+-[0-9a-f]{16}\.json$/,
  /^\.oci-artifacts\/\.pulumi\/claims\/[0-9a-f]{32}(\.passing)?$/,
  /^\.oci-artifacts\/\.pulumi\/destinations\/[0-9a-f]{32}\.json$/,
];

const OF_CACHE = [
  /^(blobs|staging|in-use|tags|homes|destinations|evidence|run|tally)$/,
  /^blobs\/sha(256|512)(\/[0-9a-f]+)?$/,
  /^(tags|homes)\/[0-9a-f]+$/,
  /^destinations\/[0-9a-f]{32}\.json$/,
  /^evidence\/[^/]+(\/[0-9a-f]{16}\.json)?$/,
  /^run\/[^/]+(\/[0-9a-f]{64}\.json)?$/,
];

/**
 * What a dead run has left: all that is neither a record nor content.
 *
 * @param content - Paths below the project that are somebody's content, with all in them
 */
export function straysIn(project: string, cache: string, content: readonly string[]): string[] {
  const isContent = (path: string): boolean =>
    content.some(
      (folder) => `${folder}/`.startsWith(`${path}/`) || path.startsWith(`${folder}/`),
    ) || /^\.oci-artifacts\/[^./][^/]*-[0-9a-f]{16}(\/|$)/.test(path);
  const stray = (path: string, allowed: readonly RegExp[]): boolean =>
    !allowed.some((pattern) => pattern.test(path));
  return [
    ...below(project).filter((path) => !isContent(path) && stray(path, OF_RECORDS)),
    ...below(cache).filter((path) => stray(path, OF_CACHE)),
  ];
}

function below(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
}

/** Nothing is left of a dead run, wherever it may have worked. `content`: see {@link straysIn}. */
export function assertNothingElse(site: Machine, content: readonly string[] = []): void {
  const { cache, folder, project } = site;
  assert.deepEqual(straysIn(project, cache, content), [], "strays");
  for (const name of ["home", "temporary"]) assert.deepEqual(below(join(folder, name)), [], name);
  for (const name of ["staging", "in-use"]) assert.deepEqual(below(join(cache, name)), [], name);
  assert.deepEqual(below(join(project, ".oci-artifacts/.pulumi/staging")), [], "trees under way");
}

/** Where somebody works. */
export interface Machine {
  readonly folder: string;
  readonly project: string;
  readonly cache: string;
}

/** Each record is whole, each tree has its receipt, and nothing else has one. */
export function assertRecords(project: string): void {
  const area = join(project, ".oci-artifacts");
  if (!existsSync(area)) return;
  const receipts = below(join(area, ".pulumi/receipts"));
  assert.deepEqual(
    [...receipts].sort(),
    treesIn(project)
      .map((name) => `${name}.json`)
      .sort(),
    "receipts and trees",
  );
  assert.equal(readFileSync(join(area, ".gitignore"), "utf8"), "*\n");
}

/** No record of a run that is over, but of the last one. */
export function assertRuns(cache: string): void {
  const dead = below(join(cache, "run")).filter((name) => {
    const identity = parseIdentity(name);
    return identity !== undefined && lifeOf(identity) === "dead";
  });
  assert.ok(dead.length <= 1, `records of dead runs: ${dead.join(" ")}`);
}

/** JSON files of ours that somebody may read are never half written. */
export function assertParses(folders: readonly string[]): void {
  for (const folder of folders) {
    for (const name of below(folder).filter((path) => path.endsWith(".json"))) {
      if (!lstatSync(join(folder, name)).isFile()) continue;
      const text = readFileSync(join(folder, name), "utf8");
      assert.doesNotThrow(() => JSON.parse(text) as unknown, `${folder}/${name}`);
    }
  }
}
