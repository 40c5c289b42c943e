/**
 * The machine of a process that is killed: a home, a cache, a project and a folder for temporary files,
 * which go back to how they were. Judges nothing.
 */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startRegistry, type TestRegistry } from "../support/registry";
import type { Moment } from "./moments";
import type { Ending } from "./scenario";
import { runQuietly, runVictim, type Victim } from "./victims";

const COMMAND = join(__dirname, "..", "..", "cli", "main.js");
const PULL_ONCE = join(__dirname, "..", "store", "pull-once.js");

const FOLDERS = ["cache", "home", "project", "temporary"];
const COPY = { recursive: true, preserveTimestamps: true, verbatimSymlinks: true };

export interface Site {
  /** Holds all the rest, and nothing else. */
  readonly folder: string;
  readonly project: string;
  readonly cache: string;
  /** Of this round. */
  readonly registry: () => TestRegistry;
  /** `<host>/team/app:<tag>`. */
  readonly reference: (tag?: string) => string;
  /** Writes below the project. */
  readonly write: (path: string, text: string) => void;
  /** Runs a script to its end. Throws unless it succeeds. */
  readonly run: (parts: readonly string[], folder?: string) => Promise<void>;
  /** Runs a script, and kills it. */
  readonly kill: (
    parts: readonly string[],
    moment: Moment | undefined,
    folder?: string,
  ) => Promise<Ending>;
  /** This is how it goes back to. */
  readonly remember: () => void;
  /** Goes back; the registry is another one, with nothing in it, where it is asked for. */
  readonly goBack: (freshRegistry?: boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Script and arguments of `oci-artifact`. */
export function command(...line: readonly string[]): readonly string[] {
  return [COMMAND, ...line];
}

/** Script and arguments of a program that pulls by the function. */
export function program(reference: string): readonly string[] {
  return [PULL_ONCE, JSON.stringify({ reference })];
}

/** A machine with nothing on it. */
export async function openSite(): Promise<Site> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "oci-artifact-kill-")));
  const [folder, before, log] = ["site", "before", "changes"].map((name) => join(root, name));
  if (folder === undefined || before === undefined || log === undefined) throw new Error("no site");
  const [cache, home, project, temporary] = FOLDERS.map((name) => join(folder, name));
  if (cache === undefined || project === undefined) throw new Error("no site");
  for (const name of FOLDERS) mkdirSync(join(folder, name), { recursive: true });
  let registry = await startRegistry();
  const victim = (parts: readonly string[], below = ""): Victim => ({
    parts,
    cwd: join(project, below),
    environment: { HOME: home ?? "", OCI_ARTIFACT_CACHE: cache, TMPDIR: temporary ?? "" },
    registry,
    log,
  });
  return {
    folder,
    project,
    cache,
    registry: () => registry,
    reference: (tag = "1") => `${registry.host}/team/app:${tag}`,
    write(path, text) {
      mkdirSync(dirname(join(project, path)), { recursive: true });
      writeFileSync(join(project, path), text);
    },
    async run(parts, below) {
      await runQuietly(victim(parts, below));
    },
    kill: (parts, moment, below) => runVictim(victim(parts, below), moment),
    remember() {
      cpSync(folder, before, COPY);
    },
    async goBack(freshRegistry = false) {
      rmSync(folder, { recursive: true, force: true });
      cpSync(before, folder, COPY);
      if (!freshRegistry) return;
      await registry.close();
      registry = await startRegistry();
    },
    async close() {
      await registry.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
