/**
 * Finds the programs that tests, the demo and the benchmarks run beside Node: the Pulumi engine with
 * its Node.js language host, a real registry, and the peers that we are measured against. What is not
 * on PATH is built from pinned Go modules into a cache outside the checkout, once. It never downloads
 * a binary and never writes to the checkout.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { run } from "./processes";
import { REPOSITORY } from "./repository";

/** Programs that pull, sign or verify as we do. Only the pinned version is of interest, never one from PATH. */
export type Peer =
  "cosign" | "cosign2" | "crane" | "flux-pull" | "helm" | "masterminds" | "oras-pull" | "tofu";

export type Program = "pulumi" | "pulumi-language-nodejs" | "registry" | Peer;

interface Recipe {
  /** Package that `go build` builds. */
  readonly goPackage: string;
  /** Where the pinned go.mod lies, below the repository. Default: test/toolchain/<program>. */
  readonly moduleFolder?: string;
  readonly linkerFlags: readonly string[];
  /** Programs that must lie in one folder share a bundle. */
  readonly bundle: readonly Program[];
  /** What a user may install in its place. */
  readonly instead: string;
  /** Whether what lies on PATH will do. */
  readonly isUsable: (path: string) => Promise<boolean>;
}

/** `read().inputs` of dynamic providers came with 3.216, the lower end of our peer range. */
const OLDEST_PULUMI = [3, 216] as const;

/** Starts the host of dynamic providers; a part of the SDK's package and of Pulumi's own bundle. */
const DYNAMIC_LAUNCHER = "pulumi-resource-pulumi-nodejs";

const PULUMI_HINT = "Pulumi 3.216 or later with its Node.js language host";

const RECIPES: Readonly<Record<Program, Recipe>> = {
  pulumi: {
    goPackage: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    linkerFlags: ["-X", "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=$VERSION"],
    bundle: ["pulumi", "pulumi-language-nodejs"],
    instead: PULUMI_HINT,
    isUsable: isWholePulumi,
  },
  "pulumi-language-nodejs": {
    goPackage: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    linkerFlags: [],
    bundle: ["pulumi", "pulumi-language-nodejs"],
    instead: PULUMI_HINT,
    isUsable: (path) => isWholePulumi(join(dirname(path), "pulumi")),
  },
  registry: {
    goPackage: "github.com/distribution/distribution/v3/cmd/registry",
    linkerFlags: [],
    bundle: ["registry"],
    instead: "the registry of distribution 3",
    isUsable: async (path) => (await printed(path, ["--version"])).includes("distribution/v3 v3."),
  },
  cosign: peer("cosign", "github.com/sigstore/cosign/v3/cmd/cosign"),
  cosign2: peer("cosign2", "github.com/sigstore/cosign/v2/cmd/cosign"),
  crane: peer("crane", "github.com/google/go-containerregistry/cmd/crane"),
  "flux-pull": { ...peer("flux-pull", "."), moduleFolder: "bench/flux-pull" },
  helm: peer("helm", "helm.sh/helm/v4/cmd/helm"),
  masterminds: peer("masterminds", "."),
  "oras-pull": { ...peer("oras-pull", "."), moduleFolder: "bench/oras-pull" },
  tofu: peer("tofu", "github.com/opentofu/opentofu/cmd/tofu"),
};

function peer(name: Peer, goPackage: string): Recipe {
  const isUsable = (): Promise<boolean> => Promise.resolve(false);
  return { goPackage, linkerFlags: [], bundle: [name], instead: "Go", isUsable };
}

/** Receives one line before something that takes minutes. */
export type Progress = (line: string) => void;

/**
 * The path of the program: from PATH if it will do, else from the cache, else built with Go.
 *
 * @throws Error that says what to install, where neither the program nor a fitting Go is there.
 */
export async function findOrBuild(
  program: Program,
  progress: Progress = toStderr,
): Promise<string> {
  const recipe = RECIPES[program];
  const found = onPath(program);
  if (found !== undefined && (await recipe.isUsable(found))) return found;
  const folder = await bundleFolder(recipe.bundle);
  const built = join(folder, program);
  if (!existsSync(built)) await build(program, built, progress);
  return built;
}

/** The engine, complete: the folder to put on PATH, with everything that `pulumi` starts in it. */
export async function prepareEngine(progress: Progress = toStderr): Promise<string> {
  const pulumi = await findOrBuild("pulumi", progress);
  await findOrBuild("pulumi-language-nodejs", progress);
  const folder = dirname(pulumi);
  // Found anywhere but beside `pulumi` itself, the launcher would cost a warning in every run.
  const launcher = join(folder, DYNAMIC_LAUNCHER);
  if (!existsSync(launcher)) {
    const unfinished = `${launcher}.${process.pid}`;
    await copyFile(join(REPOSITORY, "node_modules/@pulumi/pulumi", DYNAMIC_LAUNCHER), unfinished);
    await rename(unfinished, launcher);
  }
  return folder;
}

/** `go build` under a name of its own, then one rename: two runs at once use one of the results. */
async function build(program: Program, target: string, progress: Progress): Promise<void> {
  const { goPackage, instead } = RECIPES[program];
  const go = onPath("go");
  if (go === undefined) {
    throw new Error(
      `cannot prepare ${program}: PATH has none that will do, and no Go to build it\n` +
        `hint: install ${instead}, or Go ${await wantedGo(program)} or later, which then builds it`,
    );
  }
  progress(`building ${program} with Go into ${dirname(target)} (some minutes, once)`);
  await mkdir(dirname(target), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  const linkerFlags = await linkerFlagsOf(program);
  const { exitCode, text } = await run(
    go,
    ["build", "-mod=readonly", "-ldflags", linkerFlags.join(" "), "-o", unfinished, goPackage],
    {
      cwd: moduleFolder(program),
      environment: { ...inherited(), CGO_ENABLED: "0", GOWORK: "off" },
      owner: unfinished,
      timeoutMs: 40 * 60_000,
    },
  );
  if (exitCode !== 0) {
    throw new Error(
      `cannot build ${program}: go build ended with exit code ${exitCode}\n${text.trim()}\n` +
        `hint: install ${instead}, or see that Go is ${await wantedGo(program)} or later and reaches its module proxy`,
    );
  }
  await rename(unfinished, target);
}

/** Keyed by all that decides what is built, so that a new pin is a new folder. */
async function bundleFolder(bundle: readonly Program[]): Promise<string> {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const program of bundle) {
    hash.update(RECIPES[program].linkerFlags.join(" "));
    const folder = moduleFolder(program);
    for (const name of (await readdir(folder)).sort()) {
      hash.update(await readFile(join(folder, name)));
    }
  }
  const cacheHome = process.env["XDG_CACHE_HOME"] ?? "";
  return join(
    cacheHome === "" ? join(homedir(), ".cache") : cacheHome,
    "pulumi-oci-artifact-toolchain",
    `${bundle.join("+")}-${hash.digest("hex").slice(0, 16)}`,
  );
}

/** The version that `pulumi version` prints is the one pinned in go.mod. */
async function linkerFlagsOf(program: Program): Promise<readonly string[]> {
  const pinned = await moduleText(program);
  const version = /pulumi\/pkg\/v3 v(\S+)/.exec(pinned)?.[1] ?? "";
  return RECIPES[program].linkerFlags.map((flag) => flag.replace("$VERSION", version));
}

async function wantedGo(program: Program): Promise<string> {
  return /^go (\S+)$/m.exec(await moduleText(program))?.[1] ?? "";
}

function moduleText(program: Program): Promise<string> {
  return readFile(join(moduleFolder(program), "go.mod"), "utf8");
}

function moduleFolder(program: Program): string {
  return join(REPOSITORY, RECIPES[program].moduleFolder ?? join("test/toolchain", program));
}

async function isWholePulumi(pulumi: string): Promise<boolean> {
  const siblings = ["pulumi-language-nodejs", DYNAMIC_LAUNCHER];
  if (!siblings.every((name) => existsSync(join(dirname(pulumi), name)))) return false;
  const version = /^v?(\d+)\.(\d+)\./.exec(await printed(pulumi, ["version"]));
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  return major === OLDEST_PULUMI[0] && minor >= OLDEST_PULUMI[1];
}

/** What a program prints; nothing where it cannot be run. */
async function printed(program: string, programArguments: readonly string[]): Promise<string> {
  const environment = { ...inherited(), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const options = { environment, owner: `version of ${program}`, timeoutMs: 60_000 };
  return (await run(program, programArguments, options).catch(() => undefined))?.stdout ?? "";
}

function onPath(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Go needs the user's proxy, cache and home settings. */
function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
