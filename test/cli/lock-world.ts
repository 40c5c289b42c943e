/**
 * Runs `oci-artifact` beside a lock file, as a user does: a registry, a working directory and a cache of
 * its own. It judges nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import type { Artifact } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { publishFiles } from "../support/manifests";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

export const LOCK_FILE = "oci-artifact.lock.json";

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LockWorld {
  readonly registry: TestRegistry;
  /** Working directory. */
  readonly folder: string;
  /** Runs the command over plain HTTP. */
  readonly run: (...args: readonly string[]) => Promise<Run>;
  /** The same in another cache. */
  readonly runElsewhere: (...args: readonly string[]) => Promise<Run>;
  /** Runs it, and interrupts it when a blob has been asked for. */
  readonly interrupt: (...args: readonly string[]) => Promise<Run>;
  /** Publishes files as `team/<name>`. */
  readonly push: (name: string, files: Readonly<Record<string, string>>, tag?: string) => Artifact;
  /** `<host>/team/<name>:<tag>`. */
  readonly reference: (name: string, tag?: string) => string;
  readonly read: (path?: string) => string;
  readonly write: (content: string, path?: string) => void;
  /** path → content of the files below a folder. */
  readonly files: (path: string) => Readonly<Record<string, string>>;
}

/** The entries of a lock file, as JSON has them. */
export function entriesIn(text: string): readonly Readonly<Record<string, unknown>>[] {
  return (JSON.parse(text) as { artifacts: Readonly<Record<string, unknown>>[] }).artifacts;
}

/** A folder with nothing in it but the cache, and a registry with nothing. */
export async function lockWorld(t: TestContext): Promise<LockWorld> {
  const registry = await registryFor(t);
  const folder = folderFor(t);
  const home = folderFor(t);
  const runIn = async (
    cache: string,
    args: readonly string[],
    watch: (child: ChildProcess) => void = () => undefined,
  ): Promise<Run> => {
    const child = spawn(process.execPath, [COMMAND, ...args, "--plain-http"], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: home, XDG_CACHE_HOME: join(home, cache) },
    });
    child.stdin.end();
    watch(child);
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return {
    registry,
    folder,
    run: (...args) => runIn("cache", args),
    runElsewhere: (...args) => runIn("elsewhere", args),
    interrupt: (...args) =>
      runIn("cache", args, (child) => {
        const look = setInterval(() => {
          if (registry.count({ kind: "blob" }) > 0 && child.kill("SIGINT")) clearInterval(look);
        }, 10);
        child.once("close", () => {
          clearInterval(look);
        });
      }),
    push: (name, files, tag = "1") => publishFiles(registry, files, tag, `team/${name}`),
    reference: (name, tag = "1") => `${registry.host}/team/${name}:${tag}`,
    read: (path = LOCK_FILE) => readFileSync(join(folder, path), "utf8"),
    write: (content, path = LOCK_FILE) => {
      writeFileSync(join(folder, path), content);
    },
    files(path) {
      const root = join(folder, path);
      const found = readdirSync(root, { recursive: true, withFileTypes: true });
      return Object.fromEntries(
        found
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => join(parentPath, name))
          .map((file) => [file.slice(root.length + 1), readFileSync(file, "utf8")]),
      );
    },
  };
}
