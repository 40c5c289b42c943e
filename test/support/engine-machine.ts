/**
 * The files of one "machine" on which the engine runs: program, home, cache, file backend, and the
 * environment that points there. It starts nothing.
 */
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import type { Environment } from "./processes";
import { REPOSITORY } from "./repository";
import { prepareEngine } from "./toolchain";

export interface Machine {
  /** Holds all the rest, and owns the processes. */
  readonly root: string;
  /** The engine's working directory. */
  readonly program: string;
  /** "index.js" or "index.ts". */
  readonly mainFile: string;
  readonly environment: Environment;
}

/** What stays behind when a program moves to another machine. */
const NOT_COPIED = new Set(["node_modules", ".oci-artifacts"]);

/** Where the code lies that was compiled along with this file: `dist`, or another build. */
const BUILD = join(__dirname, "..", "..");

/** What lies in the `node_modules` of a program, each a link into this checkout. */
const LINKS: Readonly<Record<string, string>> = {
  "@pulumi/pulumi": join(REPOSITORY, "node_modules/@pulumi/pulumi"),
  "@types/node": join(REPOSITORY, "node_modules/@types/node"),
  "undici-types": join(REPOSITORY, "node_modules/undici-types"),
  typescript: join(REPOSITORY, "node_modules/typescript"),
  "pulumi-oci-artifact/package.json": join(REPOSITORY, "package.json"),
  "pulumi-oci-artifact/dist": BUILD,
};

/** A new machine with nothing on it but the engine and the packages that a program may import. */
export async function layOut(mainFile: string, directory = tmpdir()): Promise<Machine> {
  // Resolved, because the engine and the provider see it so: /tmp is a link on macOS.
  const root = await realpath(await mkdtemp(join(directory, "oci-artifact-engine-")));
  const program = join(root, "program");
  for (const folder of ["program", "home", "cache", "docker", "state", "pulumi", "tmp"]) {
    await mkdir(join(root, folder));
  }
  for (const [name, target] of Object.entries(LINKS)) {
    const link = join(program, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
  return { root, program, mainFile, environment: environmentOf(root, await prepareEngine()) };
}

/** A second machine with the first one's program and, if asked for, its state. */
export async function copied(machine: Machine, withState: boolean): Promise<Machine> {
  const copy = await layOut(machine.mainFile);
  await cp(machine.program, copy.program, {
    recursive: true,
    filter: (source) => !NOT_COPIED.has(basename(source)),
  });
  if (withState) {
    await cp(join(machine.root, "state"), join(copy.root, "state"), { recursive: true });
  }
  return copy;
}

/** Writes texts below the program's folder, and the folders that they need. */
export async function writeFiles(
  machine: Machine,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(machine.program, path);
    await mkdir(dirname(file), { recursive: true });
    await rm(file, { force: true });
    await writeFile(file, text);
  }
}

/** The files of a Pulumi project that are the same in all tests. */
export function projectFiles(mainFile: string): Readonly<Record<string, string>> {
  const typescript = mainFile.endsWith(".ts");
  const compilerOptions = {
    strict: true,
    target: "es2022",
    module: "node16",
    moduleResolution: "node16",
    skipLibCheck: true,
  };
  return {
    "Pulumi.yaml": json({
      name: "example",
      main: mainFile,
      runtime: { name: "nodejs", options: { typescript } },
    }),
    "package.json": json({ name: "example", private: true }),
    ...(typescript ? { "tsconfig.json": json({ compilerOptions, files: [mainFile] }) } : {}),
  };
}

/** YAML is a superset of JSON, so this also writes Pulumi.yaml. */
function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function environmentOf(root: string, engine: string): Environment {
  return {
    HOME: join(root, "home"),
    XDG_CACHE_HOME: join(root, "cache"),
    DOCKER_CONFIG: join(root, "docker"),
    TMPDIR: join(root, "tmp"),
    PATH: [engine, dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(delimiter),
    PULUMI_HOME: join(root, "pulumi"),
    PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Unhides --event-log.
    PULUMI_DEBUG_COMMANDS: "true",
  };
}
