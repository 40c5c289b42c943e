/**
 * Runs `oci-artifact inspect` as a user does, where no configuration counts but what a test writes:
 * registries.conf and auth.json in its own folder.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

export interface InspectWorld {
  /** Home and working directory. */
  readonly folder: string;
  readonly write: (name: string, content: string, mode?: number) => void;
  readonly inspect: (args: readonly string[]) => Promise<{
    readonly exitCode: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }>;
}

/** A folder that is home and working directory, and the command in it. */
export function inspectWorld(
  context: TestContext,
  environment: Readonly<Record<string, string>> = {},
): InspectWorld {
  const folder = folderFor(context);
  const write = (name: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), mode);
  };
  write("registries.conf", "");
  const inspect = async (args: readonly string[]) => {
    const child = spawn(process.execPath, [COMMAND, "inspect", ...args], {
      cwd: folder,
      env: {
        PATH: join(folder, "bin"),
        HOME: folder,
        CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
        REGISTRY_AUTH_FILE: join(folder, "auth.json"),
        ...environment,
      },
    });
    child.stdin.end();
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return { folder, write, inspect };
}
