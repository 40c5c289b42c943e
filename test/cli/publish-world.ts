/**
 * A terminal for the commands of publishing: each is a process of its own, in a folder that is home and
 * working directory, where no configuration counts but what a test writes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";

/** Of the same build as this test. */
export const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** What a command came to. */
export interface Run {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PublishWorld {
  readonly folder: string;
  readonly write: (name: string, content: string | Uint8Array) => void;
  readonly run: (...args: readonly string[]) => Promise<Run>;
  /** The same, where the test has something to do to the process meanwhile. */
  readonly begin: (args: readonly string[], onStart: (child: ChildProcess) => void) => Promise<Run>;
}

/** A folder with nothing in it but an empty registries.conf, and the command in it. */
export function publishWorld(context: TestContext): PublishWorld {
  const folder = folderFor(context);
  const write: PublishWorld["write"] = (name, content) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  };
  write("registries.conf", "");
  const begin: PublishWorld["begin"] = async (args, onStart) => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: folder,
      env: {
        HOME: folder,
        TMPDIR: folder,
        CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
        REGISTRY_AUTH_FILE: join(folder, "auth.json"),
      },
    });
    child.stdin.end();
    onStart(child);
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return { folder, write, begin, run: (...args) => begin(args, () => undefined) };
}
