/**
 * A user's project for the compatibility tests: on the real engine, with our package installed in it
 * and another Node, or Bun, in front on PATH. A probe in each process tells which runtime it is and
 * whether it starts threads.
 */
import { readFile, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { programText, type Format } from "./compat-programs";
import { createProject, type Operation, type OperationOptions, type Project } from "./engine";
import type { Environment } from "./processes";
import { prepareEngine } from "./toolchain";

const PROBE = `
  const { appendFileSync } = require("node:fs");
  const { isMainThread } = require("node:worker_threads");
  const note = (what) => appendFileSync(process.env.COMPAT_NOTES, [what, process.version, process.argv[1]].join(" ") + "\\n");
  if (isMainThread) note("process");
  process.on("worker", () => note("thread"));
`;

export interface CompatProject {
  readonly project: Project;
  /** Environment for what runs in the project: PATH with the runtime in front, and the probe. */
  readonly environment: Environment;
  /** A command of the engine, which must succeed. */
  readonly succeed: (command: "up" | "destroy", options?: OperationOptions) => Promise<Operation>;
  /** Of the processes so far, a line each: "process v24.1.0 …/index.js", "thread v24.1.0 …". */
  readonly notes: () => Promise<readonly string[]>;
}

export interface CompatOptions {
  /** Registry of the artifacts. */
  readonly host: string;
  readonly format: Format;
  /** Folder with the program `node`. */
  readonly runtimeFolder: string;
  /** Fills `node_modules`. */
  readonly install: (folder: string) => Promise<void>;
}

/** A project with the program of compat-programs, and an empty stack. */
export async function createCompatProject(options: CompatOptions): Promise<CompatProject> {
  const { host, format, runtimeFolder, install } = options;
  const project = await createProject({
    program: programText(host, format),
    files: { "package.json": JSON.stringify({ name: "example", private: true, type: format }) },
  });
  await install(project.directory);
  const machine = dirname(project.directory);
  const probe = join(machine, "probe.cjs");
  const notes = join(machine, "notes");
  await writeFile(probe, PROBE);
  const engine = await prepareEngine();
  const environment = {
    PATH: [engine, runtimeFolder, "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    NODE_OPTIONS: `--require ${probe}`,
    BUN_OPTIONS: `--preload ${probe}`,
    COMPAT_NOTES: notes,
  };
  return {
    project,
    environment,
    async succeed(command, more = {}) {
      const operation = await project[command]({ ...more, environment });
      if (operation.exitCode === 0) return operation;
      throw new Error(`pulumi ${command} failed\n${operation.text}`);
    },
    notes: async () => (await readFile(notes, "utf8").catch(() => "")).split("\n"),
  };
}
