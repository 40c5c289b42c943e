/**
 * Drives the real Pulumi engine: a project is a temporary "machine" with a program, a home, a cache
 * and a file backend of its own, on which the Pulumi CLI runs. It inherits nothing of this machine
 * but the programs, and leaves neither a file nor a process behind.
 */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  diagnosticsOf,
  phasesOf,
  readEventLog,
  stepsOf,
  type Diagnostic,
  type EngineEvent,
  type EventListener,
  type Step,
} from "./engine-events";
import {
  DEFAULT_TIMEOUT_MS,
  execute,
  pulumi,
  runningEngine,
  succeed,
  type CommandOptions,
  type RunningEngine,
} from "./engine-commands";
import { copied, layOut, projectFiles, writeFiles, type Machine } from "./engine-machine";
import { endProcesses, processesOf, run, type Environment, type Finished } from "./processes";

export type { RunningEngine } from "./engine-commands";

const STACK = "dev";

export interface ProjectOptions {
  /** Source of the program: `index.js`, or `index.ts` with `typescript`. */
  readonly program: string;
  /** Starts about two seconds slower, as Pulumi type-checks it: for few tests. */
  readonly typescript?: boolean;
  /** More files of the program: path → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Plain configuration of the stack: "namespace:key" → value. */
  readonly config?: Readonly<Record<string, string>>;
  /** Where the machine is made. Default: where the system has temporary folders. */
  readonly directory?: string;
}

export interface OperationOptions {
  /** Shows all properties in `text`, as `--diff` does. */
  readonly diff?: boolean;
  /** Added to the command line. */
  readonly args?: readonly string[];
  /** Added to the environment of the engine, the program and the provider. */
  readonly environment?: Environment;
  readonly timeoutMs?: number;
  /** Default "dev". */
  readonly stack?: string;
  /** Where the CLI is started: a folder below the program's. */
  readonly folder?: string;
  /** Called with the CLI as soon as it runs. */
  readonly onStart?: (engine: RunningEngine) => void;
  /**
   * Called with each event as it is logged. While its promise is pending the engine is stopped, so
   * that a tag can be moved between the preview and the update of one `up`.
   */
  readonly onEvent?: EventListener;
}

export interface Operation {
  readonly exitCode: number;
  /** All that the CLI printed, without colors. */
  readonly text: string;
  /** All events, with the engine's debug lines. */
  readonly events: readonly EngineEvent[];
  /** Steps of the last phase: of a preview, or of an update. */
  readonly steps: readonly Step[];
  /** Steps of the preview that came before the update in the same command; else empty. */
  readonly previewed: readonly Step[];
  /** Lines on the rows of resources and of the stack, of all phases. */
  readonly diagnostics: readonly Diagnostic[];
  /** The first of `steps` for the resource of this name; throws where there is none. */
  readonly step: (name: string) => Step;
}

/** A deployment as `pulumi stack export` prints it. */
export interface State {
  readonly version: number;
  readonly deployment: {
    /** What had begun when a run was killed. */
    readonly pending_operations?: readonly object[];
    readonly resources?: readonly {
      readonly urn: string;
      readonly type: string;
      readonly id?: string;
      readonly inputs?: Readonly<Record<string, unknown>>;
      readonly outputs?: Readonly<Record<string, unknown>>;
    }[];
  };
}

export interface Project {
  /** Folder of the program: the engine's working directory. */
  readonly directory: string;
  /** HOME of the engine and all it starts. */
  readonly home: string;
  /** XDG_CACHE_HOME. */
  readonly cache: string;
  /** DOCKER_CONFIG: a folder for a config.json. */
  readonly dockerConfig: string;
  readonly preview: (options?: OperationOptions) => Promise<Operation>;
  readonly up: (options?: OperationOptions) => Promise<Operation>;
  readonly refresh: (options?: OperationOptions) => Promise<Operation>;
  readonly destroy: (options?: OperationOptions) => Promise<Operation>;
  /** Runs `pulumi`, `node` or another program to its end, whatever that is. */
  readonly run: (
    command: string,
    programArguments: readonly string[],
    options?: CommandOptions,
  ) => Promise<Finished>;
  readonly exportState: () => Promise<State>;
  readonly importState: (state: State) => Promise<void>;
  /** Outputs of the stack, secrets in plain. */
  readonly stackOutputs: () => Promise<Readonly<Record<string, unknown>>>;
  readonly setConfig: (key: string, value: string, kind?: "plain" | "secret") => Promise<void>;
  /** Replaces the source of the program. */
  readonly writeProgram: (source: string) => Promise<void>;
  /** Another machine: the program and, unless told otherwise, the state; nothing else. */
  readonly elsewhere: (options?: { readonly state?: boolean }) => Promise<Project>;
  /** Processes that this machine still runs. */
  readonly processes: () => readonly number[];
  /** Ends what still runs and removes all files. */
  readonly dispose: () => Promise<void>;
}

/** Lays out a new machine with this program and an empty stack. */
export async function createProject(options: ProjectOptions): Promise<Project> {
  const machine = await layOut(
    options.typescript === true ? "index.ts" : "index.js",
    options.directory,
  );
  await writeFiles(machine, {
    ...projectFiles(machine.mainFile),
    ...options.files,
    [machine.mainFile]: options.program,
  });
  await pulumi(machine, ["stack", "init", STACK]);
  for (const [key, value] of Object.entries(options.config ?? {})) {
    await pulumi(machine, ["config", "set", key, value, "--plaintext", "--stack", STACK]);
  }
  return projectOn(machine);
}

function projectOn(machine: Machine): Project {
  const { root, program } = machine;
  const onStack = ["--stack", STACK];
  return {
    directory: program,
    home: join(root, "home"),
    cache: join(root, "cache"),
    dockerConfig: join(root, "docker"),
    preview: (options) => operate(machine, ["preview"], options),
    up: (options) => operate(machine, ["up", "--yes"], options),
    refresh: (options) => operate(machine, ["refresh", "--yes"], options),
    destroy: (options) => operate(machine, ["destroy", "--yes"], options),
    run: (command, programArguments, options) =>
      execute(machine, command, programArguments, options),
    exportState: async () =>
      JSON.parse((await pulumi(machine, ["stack", "export", ...onStack])).stdout) as State,
    async importState(state) {
      const file = join(root, "import.json");
      await writeFile(file, JSON.stringify(state));
      await pulumi(machine, ["stack", "import", "--file", file, ...onStack]);
    },
    stackOutputs: async () =>
      JSON.parse(
        (await pulumi(machine, ["stack", "output", "--json", "--show-secrets", ...onStack])).stdout,
      ) as Readonly<Record<string, unknown>>,
    async setConfig(key, value, kind = "plain") {
      const flag = kind === "secret" ? "--secret" : "--plaintext";
      await pulumi(machine, ["config", "set", key, value, flag, ...onStack]);
    },
    writeProgram: (source) => writeFiles(machine, { [machine.mainFile]: source }),
    async elsewhere({ state = true } = {}) {
      const copy = await copied(machine, state);
      if (!state) await pulumi(copy, ["stack", "init", STACK]);
      return projectOn(copy);
    },
    processes: () => processesOf(root),
    async dispose() {
      endProcesses(root);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Runs one command of the engine to its end, with its event log. */
async function operate(
  machine: Machine,
  command: readonly string[],
  options: OperationOptions = {},
): Promise<Operation> {
  const folder = await mkdtemp(join(machine.root, "log-"));
  const pipe = join(folder, "events");
  await succeed(machine, "mkfifo", [pipe]);
  let engine: ChildProcess | undefined;
  const log = readEventLog(pipe, async (event) => {
    const pending = options.onEvent?.(event);
    if (pending === undefined) return;
    engine?.kill("SIGSTOP");
    await pending.finally(() => engine?.kill("SIGCONT"));
  });
  const running = run("pulumi", [...command, ...operationFlags(pipe, options)], {
    cwd: join(machine.program, options.folder ?? ""),
    environment: { ...machine.environment, ...options.environment },
    owner: machine.root,
    ownGroup: true,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    onStart(child) {
      engine = child;
      options.onStart?.(runningEngine(machine, child));
    },
  });
  const [finished, events] = await Promise.allSettled([
    running,
    running.then(log.finish, log.finish),
  ]);
  await rm(folder, { recursive: true, force: true });
  if (finished.status === "rejected") throw finished.reason;
  if (events.status === "rejected") throw events.reason;
  return operationOf(finished.value, events.value);
}

function operationFlags(pipe: string, options: OperationOptions): readonly string[] {
  return [
    ...[
      "--stack",
      options.stack ?? STACK,
      "--non-interactive",
      "--color",
      "never",
      "--suppress-progress",
    ],
    ...["--event-log", pipe],
    ...(options.diff === true ? ["--diff"] : []),
    ...(options.args ?? []),
  ];
}

function operationOf({ exitCode, text }: Finished, events: readonly EngineEvent[]): Operation {
  const phases = phasesOf(events);
  const steps = stepsOf(phases.at(-1) ?? []);
  return {
    exitCode,
    text,
    events,
    steps,
    previewed: phases.length > 1 ? stepsOf(phases[0] ?? []) : [],
    diagnostics: diagnosticsOf(events),
    step(name) {
      const found = steps.find((step) => step.name === name);
      if (found !== undefined) return found;
      const names = steps.map((step) => step.name).join(", ");
      throw new Error(`no step for ${name}, but for: ${names}; the engine printed\n${text}`);
    },
  };
}
