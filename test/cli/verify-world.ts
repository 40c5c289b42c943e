/**
 * A terminal beside a registry with a signed layout, for tests of `verify` and of the same flags of
 * `pull`: each command is a process of its own.
 */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { serveLayout, sigstoreText } from "../support/sigstore-layouts";
import { GITHUB, WORKFLOW } from "../verify/roots";

/** Of the same build as this test. */
const COMMAND = join(__dirname, "..", "..", "cli", "main.js");

/** What lies in the folder of each terminal. */
export const FILES: Readonly<Record<string, string>> = {
  "k1.pub": sigstoreText("keys/k1.pub"),
  "k2.pub": sigstoreText("keys/k2.pub"),
  "root.json": sigstoreText("roots/root.json"),
};

/** Flags by what they ask for. */
export const KEY = ["--verify-key", "k1.pub"];
export const KEYED = [...KEY, "--ignore-tlog"];
export const ROOT = ["--trusted-root", "root.json"];
export const IDENTITY = ["--certificate-identity", WORKFLOW];
export const ISSUER = ["--certificate-oidc-issuer", GITHUB];
export const KEYLESS = [...IDENTITY, ...ISSUER, ...ROOT];

/** What a command came to. */
export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Terminal {
  readonly registry: TestRegistry;
  readonly folder: string;
  readonly reference: string;
  /** The digest of the reference. */
  readonly digest: string;
  readonly run: (...args: readonly string[]) => Promise<Run>;
  /** Runs `verify` on the layout. */
  readonly verify: (...flags: readonly string[]) => Promise<Run>;
}

/** A terminal with keys and a root in its folder, and a registry that serves the layout. */
export async function terminal(t: TestContext, layout: string): Promise<Terminal> {
  const registry = await registryFor(t);
  const repository = registry.repository("team/app");
  serveLayout(repository, `layouts/${layout}.tar.gz`);
  const folder = folderFor(t);
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  const reference = `${registry.host}/team/app:v1`;
  const run = async (...args: readonly string[]): Promise<Run> => {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    });
    child.stdin.end();
    const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { exitCode: await exit, stdout, stderr };
  };
  return {
    registry,
    folder,
    reference,
    digest: repository.manifest("v1")?.digest ?? "",
    run,
    verify: (...flags) => run("verify", reference, "--plain-http", ...flags),
  };
}

/** The error that a run has printed as JSON. */
export function errorIn({ exitCode, stdout }: Run): {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
} {
  assert.equal(exitCode, 1, stdout);
  const { error } = JSON.parse(stdout) as {
    readonly error: { readonly code: string; readonly message: string };
  };
  return error;
}
