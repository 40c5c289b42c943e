/**
 * What `npm pack` makes: its files, its dependencies, and that it works where it is all there is,
 * installed offline and without scripts.
 */
import * as assert from "node:assert/strict";
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { run, type Finished } from "../support/processes";
import { REPOSITORY } from "../support/repository";

/** Everything that a user gets beside our own code. A new line here is a decision. */
const DEPENDENCIES = [
  ...["@sigstore/bundle", "@sigstore/core", "@sigstore/protobuf-specs", "@sigstore/verify"],
  ...[
    "cli-progress",
    "diff",
    "fzstd",
    "picomatch",
    "re2js",
    "smol-toml",
    "undici",
    "yaml",
    "yauzl",
  ],
];

const TOP_LEVEL = ["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json"];

/** Where packages come from is the machine's affair. */
const KEPT = new Set(["npm_config_registry", "npm_config_cache"]);

const USER_PROGRAM = `
  import * as pulumi from "@pulumi/pulumi";
  import { OciArtifact, getOciArtifact, type OciArtifactArgs } from "pulumi-oci-artifact";

  const inputs: OciArtifactArgs = { reference: pulumi.output("localhost:5000/team/manifests:1") };
  const manifests = new OciArtifact("manifests", inputs, { protect: true });
  export const digest: pulumi.Output<string> = manifests.digest;
  export const path: pulumi.Output<string> = manifests.path;
  export const pulled = async (): Promise<string> => {
    const { digest, path } = await getOciArtifact({ reference: "localhost:5000/team/manifests:1" });
    return digest + path;
  };
  // @ts-expect-error -- a reference is needed
  new OciArtifact("none", {});
  // @ts-expect-error -- no such input
  new OciArtifact("unknown", { reference: "a", refrence: "b" });
`;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

let root = "";
let packed: Packed;

/** Our own manifest. */
async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8")) as Manifest;
}

/** As the user's shell would run it: what `npm test` adds to the environment is left out. */
const environment = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || (name.startsWith("npm_") && !KEPT.has(name)) ? [] : [[name, value]],
  ),
);

async function inFolder(folder: string, program: string, ...rest: string[]): Promise<Finished> {
  return run(program, rest, { cwd: folder, environment, owner: root, timeoutMs: 300_000 });
}

async function succeed(folder: string, program: string, ...rest: string[]): Promise<string> {
  const { exitCode, stdout, text } = await inFolder(folder, program, ...rest);
  assert.equal(exitCode, 0, `${[program, ...rest].join(" ")} printed\n${text}`);
  return stdout;
}

async function emptyProject(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, private: true }));
  return folder;
}

before(async () => {
  root = await mkdtemp(join(tmpdir(), "oci-artifact-pack-"));
  const flags = ["--json", "--ignore-scripts", "--pack-destination", root];
  const [first] = JSON.parse(await succeed(REPOSITORY, "npm", "pack", ...flags)) as Packed[];
  assert.ok(first);
  packed = first;
});

after(() => rm(root, { recursive: true, force: true }));

/** A file that came of one source; the bundled command came of many. */
function isCompiled({ path }: { readonly path: string }): boolean {
  return path.endsWith(".js") && !path.startsWith("dist/bin/");
}

/** The files of the bundled command. */
function bundledFiles(): string[] {
  const folder = "dist/bin/";
  return packed.files.flatMap(({ path }) =>
    path.startsWith(folder) ? [path.slice(folder.length)] : [],
  );
}

describe("the files of the package", () => {
  test("are these at the top", () => {
    const top = new Set(packed.files.map(({ path }) => path.split("/")[0]));
    assert.deepEqual([...top].sort(), TOP_LEVEL);
  });

  test("are compiled code, types and maps of two rooms, the bundled command, and no test or script", () => {
    for (const { path } of packed.files.filter((file) => file.path.startsWith("dist/"))) {
      assert.match(path, /^dist\/((provider|sdk)\/.*\.(js|js\.map|d\.ts)|bin\/[\w-]+\.js)$/);
    }
    const bundled = bundledFiles().filter((name) => !name.startsWith("part-"));
    assert.deepEqual(bundled.sort(), [
      "command.js",
      "contents.js",
      "extractor-thread.js",
      "oci-artifact.js",
      "registries.js",
      "rest.js",
      "signatures.js",
      "transport.js",
      "writer-thread.js",
      "zip.js",
    ]);
  });

  test("have each a source, so that nothing deleted is shipped", async () => {
    for (const { path } of packed.files.filter(isCompiled)) {
      const source = path.replace(/^dist\//, "").replace(/\.js$/, ".ts");
      await assert.doesNotReject(access(join(REPOSITORY, source)), `${path} has no ${source}`);
    }
  });
});

test("the dependencies are those decided upon, and no script runs on install", async () => {
  const { dependencies, scripts } = await manifest();
  assert.deepEqual(Object.keys(dependencies).sort(), DEPENDENCIES);
  for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
    assert.equal(scripts[name], undefined);
  }
});

describe("the package in an empty project, installed offline and without scripts", () => {
  let project = "";

  before(async () => {
    project = await installed();
    await writeFile(join(project, "program.ts"), USER_PROGRAM);
    // Types of Node itself, which a TypeScript project has.
    for (const name of ["@types/node", "undici-types"]) {
      const link = join(project, "node_modules", name);
      await mkdir(dirname(link), { recursive: true });
      await rm(link, { recursive: true, force: true });
      await symlink(join(REPOSITORY, "node_modules", name), link);
    }
  });

  test("brings its own dependencies and no other", async () => {
    const lock = JSON.parse(await readFile(join(project, "package-lock.json"), "utf8")) as {
      packages: Record<string, { dependencies?: object; hasInstallScript?: boolean }>;
    };
    const ours = lock.packages["node_modules/pulumi-oci-artifact"];
    assert.deepEqual(Object.keys(ours?.dependencies ?? {}).sort(), DEPENDENCIES);
    for (const name of ["pulumi-oci-artifact", ...DEPENDENCIES]) {
      assert.notEqual(lock.packages[`node_modules/${name}`]?.hasInstallScript, true);
    }
  });

  test("is required from CommonJS", async () => {
    const source = `
      const { OciArtifact, getOciArtifact } = require("pulumi-oci-artifact");
      console.log(typeof OciArtifact, typeof getOciArtifact);
      console.log(require("pulumi-oci-artifact/package.json").name);
    `;
    const printed = await succeed(project, process.execPath, "-e", source);
    assert.equal(printed, "function function\npulumi-oci-artifact\n");
  });

  test("is imported by name from an ES module", async () => {
    const source = `
      import { OciArtifact, getOciArtifact } from "pulumi-oci-artifact";
      console.log(typeof OciArtifact, typeof getOciArtifact);
    `;
    const printed = await succeed(project, process.execPath, "--input-type=module", "-e", source);
    assert.equal(printed, "function function\n");
  });

  test("loads its provider under the path that states hold", async () => {
    const source = `console.log(typeof require("pulumi-oci-artifact/provider"))`;
    assert.equal(await succeed(project, process.execPath, "-e", source), "object\n");
  });

  for (const { module, resolution, flags } of [
    { module: "node16", resolution: "node16", flags: ["--skipLibCheck", "false"] },
    { module: "esnext", resolution: "bundler", flags: ["--skipLibCheck"] },
    { module: "commonjs", resolution: "node10", flags: ["--skipLibCheck"] },
  ]) {
    test(`has types that hold in a strict program, module ${module}`, async () => {
      const tsc = join(REPOSITORY, "node_modules/typescript/bin/tsc");
      const modules = ["--module", module, "--moduleResolution", resolution];
      const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
      const all = [tsc, ...strict, ...modules, ...flags, "program.ts"];
      await succeed(project, process.execPath, ...all);
    });
  }

  test("has a command that tells what it can do", async () => {
    const help = await succeed(project, "npx", "--no-install", "oci-artifact", "--help");
    assert.match(help, /oci-artifact pull/);
  });

  test("has a command all of whose parts can be loaded, whatever verb asks for them", async () => {
    const folder = join(project, "node_modules/pulumi-oci-artifact/dist/bin");
    const parts = bundledFiles().filter((name) => !name.endsWith("-thread.js"));
    for (const part of parts) {
      const source = `require(${JSON.stringify(join(folder, part))})`;
      const version = await succeed(
        project,
        process.execPath,
        "-e",
        source,
        "oci-artifact",
        "--version",
      );
      assert.match(version, /^\d+\.\d+\.\d+\n$/, part);
    }
  });
});

/** An empty project with the package; npm's cache is filled first, where it lacks something. */
async function installed(): Promise<string> {
  const sdk = `@pulumi/pulumi@${(await manifest()).devDependencies["@pulumi/pulumi"] ?? ""}`;
  const install = ["install", "--ignore-scripts", join(root, packed.filename), sdk];
  const first = await emptyProject("offline");
  const { exitCode } = await inFolder(first, "npm", ...install, "--offline");
  if (exitCode === 0) return first;
  await succeed(await emptyProject("online"), "npm", ...install, "--prefer-offline");
  const second = await emptyProject("second-offline");
  await succeed(second, "npm", ...install, "--offline");
  return second;
}
