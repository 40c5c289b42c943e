/**
 * The demo: runs the repository's own Pulumi.yaml from the first preview to destroy, against a
 * registry in this process, and says as it goes what happens and where things lie. Its state, home,
 * cache and stack settings lie in a temporary folder; of the checkout it changes nothing that git sees.
 */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { FIRST, publishFiles, REPOSITORY_NAME, SECOND } from "../test/support/manifests";
import { endProcesses, run, type Environment } from "../test/support/processes";
import { QUICKSTART_FOLDER, QUICKSTART_PROJECT } from "../test/support/quickstart";
import { startRegistry, type TestRegistry } from "../test/support/registry";
import { REPOSITORY } from "../test/support/repository";
import { prepareEngine } from "../test/support/toolchain";

const STACK = "demo";

/** Bounds one command of Pulumi; each takes some seconds. */
const COMMAND_DEADLINE_MS = 5 * 60_000;

/** What every step needs. */
interface Stage {
  /** Temporary folder: owns all files and processes of this run. */
  readonly root: string;
  readonly environment: Environment;
  readonly registry: TestRegistry;
}

async function main(): Promise<void> {
  const engine = await prepareEngine(say);
  const root = await realpath(await mkdtemp(join(tmpdir(), "oci-artifact-demo-")));
  endOnSignal(root);
  const registry = await startRegistry();
  try {
    await layOut(root);
    await play({ root, registry, environment: environmentOf(root, engine) });
  } finally {
    await registry.close();
    endProcesses(root);
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function play(stage: Stage): Promise<void> {
  const { registry, root } = stage;
  const reference = `${registry.localhost}/${REPOSITORY_NAME}:1`;
  title("A registry, and an artifact in it");
  const { digest } = publishFiles(registry, FIRST);
  say(`published  ${reference}, which is ${digest}`);
  say(`with       ${Object.keys(FIRST).sort().join(", ")}`);
  say(`program    ${QUICKSTART_FOLDER}/index.ts, by the Pulumi.yaml of this checkout`);
  say(`state      ${root}, with all settings of the stack; it is removed at the end\n`);
  await pulumi(stage, ["stack", "init", STACK], "quiet");
  await pulumi(stage, ["config", "set", "registry", registry.localhost, ...ON_STACK], "quiet");

  title("The first preview knows the digest, and reads the content");
  await pulumi(stage, ["preview", "--diff"]);
  await pulumi(stage, ["up", "--yes"]);
  await showContent(stage);

  title("Nothing has moved: no diff, and no blob is fetched");
  registry.clearRequests();
  await pulumi(stage, ["up", "--yes", "--expect-no-changes"]);
  const [manifests, blobs] = [
    registry.count({ kind: "manifest" }),
    registry.count({ kind: "blob" }),
  ];
  say(`requests to the registry: ${manifests} for manifests, ${blobs} for blobs\n`);

  title("Somebody moves the tag");
  const moved = publishFiles(registry, SECOND);
  say(`published  ${reference}, which now is ${moved.digest}`);
  say("with       deployment.yaml changed, ingress.yaml added, service.yaml removed\n");
  await pulumi(stage, ["preview", "--diff"]);
  await pulumi(stage, ["up", "--yes"]);
  await showContent(stage);

  title("The end");
  await pulumi(stage, ["destroy", "--yes"]);
  await pulumi(stage, ["stack", "rm", STACK, "--yes"], "quiet");
  say(
    `The content of both versions is still in ${QUICKSTART_FOLDER}/.oci-artifacts, for you to look`,
  );
  say("at. Git ignores that folder, and it can be deleted at any time.");
}

/** What a program, or a person, reads at the output `path`. */
async function showContent(stage: Stage): Promise<void> {
  const output = await pulumi(stage, ["stack", "output", "path", ...ON_STACK], "quiet");
  const path = join(REPOSITORY, QUICKSTART_FOLDER, output.trim());
  title("The content, as other resources find it");
  say(`in ${path}`);
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
  for (const file of files.sort()) say(`  ${file}`);
  say("deployment.yaml:");
  const text = await readFile(join(path, "deployment.yaml"), "utf8");
  for (const line of text.trim().split("\n")) say(`  ${line}`);
  say("");
}

const ON_STACK = ["--stack", STACK];

/** Commands that change the settings of a stack; Pulumi keeps those beside a Pulumi.yaml. */
const OF_SETTINGS = new Set(["stack", "config"]);

/** Runs one command of Pulumi and shows it with what it prints, or only returns what it printed. */
async function pulumi(
  { root, environment }: Stage,
  command: readonly string[],
  showing: "shown" | "quiet" = "shown",
): Promise<string> {
  const isOfSettings = OF_SETTINGS.has(command[0] ?? "");
  const settings = join(root, "settings");
  const isShown = showing === "shown";
  if (isShown) say(`$ pulumi ${command.join(" ")}\n`);
  const flags = ["--non-interactive", "--color", isShown && isColorful() ? "always" : "never"];
  const onProgram = [...ON_STACK, "--config-file", join(settings, `Pulumi.${STACK}.yaml`)];
  const { exitCode, stdout, text } = await run(
    "pulumi",
    [...command, ...flags, ...(isOfSettings ? [] : [...onProgram, "--suppress-progress"])],
    {
      cwd: isOfSettings ? settings : REPOSITORY,
      environment,
      owner: root,
      timeoutMs: COMMAND_DEADLINE_MS,
      onStart(child) {
        if (!isShown) return;
        child.stdout?.on("data", (chunk: string) => process.stdout.write(chunk));
        child.stderr?.on("data", (chunk: string) => process.stdout.write(chunk));
      },
    },
  );
  if (isShown) say("");
  if (exitCode === 0) return stdout;
  const said = isShown ? "" : `\n${text.trim()}`;
  throw new Error(`cannot go on: pulumi ${command.join(" ")} ended with ${exitCode}${said}`);
}

/**
 * A project of the same name in the temporary folder: the settings of the stack go there, and not
 * beside the Pulumi.yaml of the checkout.
 */
async function layOut(root: string): Promise<void> {
  for (const folder of ["home", "cache", "docker", "state", "pulumi", "tmp", "settings"]) {
    await mkdir(join(root, folder));
  }
  const project = `name: ${QUICKSTART_PROJECT}\nruntime: nodejs\n`;
  await writeFile(join(root, "settings", "Pulumi.yaml"), project);
}

/** A machine of its own, but for the programs on PATH. */
function environmentOf(root: string, engine: string): Environment {
  return {
    HOME: join(root, "home"),
    XDG_CACHE_HOME: join(root, "cache"),
    DOCKER_CONFIG: join(root, "docker"),
    TMPDIR: join(root, "tmp"),
    PATH: [engine, dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter),
    PULUMI_HOME: join(root, "pulumi"),
    PULUMI_BACKEND_URL: `file://${join(root, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}

/** Ctrl-C: nothing of this run is left, neither a process nor a file. */
function endOnSignal(root: string): void {
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    // First, before the listener that ends processes and then this one.
    process.prependOnceListener(signal, () => {
      endProcesses(root);
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
      process.exit(exitCode);
    });
  }
}

function isColorful(): boolean {
  return process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
}

function title(text: string): void {
  say(`== ${text} ==\n`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
