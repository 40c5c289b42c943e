/**
 * Runs `oci-artifact` as processes of their own, in one project with one cache, of today's build or of
 * another one. It judges nothing but what is left when all have ended.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { verifyCache } from "../../provider/store/cache";
import { isDraft } from "../../provider/store/draft-name";
import { folderFor } from "../support/folder-for-test";

/** Of the same build as this test. */
export const TODAY = join(__dirname, "..", "..", "cli", "main.js");

/** File modes do not bind root, so its processes become this user. */
export const NOBODY = 65_534;
const USER = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

export interface RunOptions {
  /** The script. Default: {@link TODAY}. */
  readonly script?: string;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A user whom file modes bind. */
  readonly isPlain?: boolean;
  /** The limit of open files. */
  readonly files?: number;
}

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  /** Home, with all below. */
  readonly folder: string;
  /** The working directory. */
  readonly project: string;
  readonly cache: string;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Run>;
}

/** A machine with nothing on it. */
export function placeFor(t: TestContext): Place {
  const folder = folderFor(t);
  const [project, cache, temporary] = ["project", "cache", "tmp"].map((name) => join(folder, name));
  assert.ok(project !== undefined && cache !== undefined && temporary !== undefined);
  for (const name of [folder, project, cache, temporary]) {
    fs.mkdirSync(name, { recursive: true });
    if (USER.uid !== undefined) fs.chownSync(name, NOBODY, NOBODY);
  }
  const run: Place["run"] = async (args, options = {}) => {
    const { script = TODAY, flags = [], environment = {}, isPlain = false, files } = options;
    const line = [process.execPath, ...flags, script, ...args];
    const limited = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', `${files}`, ...line];
    const [command = "", ...rest] = files === undefined ? line : limited;
    const child = spawn(command, rest, {
      ...(isPlain ? USER : {}),
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        TMPDIR: temporary,
        OCI_ARTIFACT_CACHE: cache,
        ...environment,
      },
    });
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return { folder, project, cache, run };
}

/** path → text of the files below a folder of the project. */
export function filesIn({ project }: Place, name: string): Readonly<Record<string, string>> {
  const root = join(project, name);
  const found = fs.readdirSync(root, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    found
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(root.length + 1), fs.readFileSync(file, "utf8")]),
  );
}

/** It failed in words, with what to do; `words` are of the fact. */
export function assertInWords({ exitCode, stderr }: Run, words: RegExp): void {
  assert.equal(exitCode, 1, stderr);
  assert.match(stderr, /^\s*cannot [^\n]+: [^\n]+$/m);
  assert.match(stderr, words);
  assert.match(stderr, /^\s*hint: \S/m);
  assert.doesNotMatch(stderr, /\n\s+at |report this text|\bE[A-Z]{3,}: /);
}

/** Nothing half is left by anybody, and nothing wrong is in the cache. */
export async function assertTidy({ project, cache, folder }: Place): Promise<void> {
  const left = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => isDraft(name) || /(^|\/)(staging|in-use|tmp)\//.test(name));
  const beside = fs.readdirSync(project).filter((name) => /^\..*\.oci-artifact/.test(name));
  assert.deepEqual([left, beside], [[], []]);
  assert.deepEqual((await verifyCache({ cacheDirectory: cache })).damaged, []);
}
