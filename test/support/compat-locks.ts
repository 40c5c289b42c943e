/**
 * Writes the lockfiles of test/compat anew, after a change of their manifests or of our own
 * dependencies: `node dist/test/support/compat-locks.js`. Only a developer runs it; tests never do.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manage, packBuild, TARBALL } from "./compat-package";
import { installedTree, pinsOf, pnpmOf } from "./compat-trees";

/** Our own package differs with each build: its digest must not be pinned. */
const OWN_INTEGRITY = [
  /(?<="resolved": "file:pulumi-oci-artifact\.tgz",\n) *"integrity": .*\n/,
  /integrity: \S+, (?=tarball: file:pulumi-oci-artifact\.tgz)/,
] as const;

const NPM_FLAGS = ["--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved"];

async function relock(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "oci-artifact-locks-"));
  try {
    const tarball = await packBuild(folder);
    for (const name of ["tools", "oldest", "newest", "runners"] as const) {
      const file = join(pinsOf(name), "package-lock.json");
      // By its name: an entry that npm has already is not read again otherwise.
      await lock(file, tarball, "npm", ["install", ...NPM_FLAGS, ...ownSpec(name)]);
    }
    const pnpm = pnpmOf(await installedTree("tools", tarball));
    const file = join(pinsOf("pnpm"), "pnpm-lock.yaml");
    await lock(file, tarball, pnpm, ["install", "--lockfile-only", "--ignore-scripts"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of the trees that hold our package. */
function ownSpec(name: string): readonly string[] {
  return name === "tools" ? [] : [`./${TARBALL}`];
}

async function lock(
  file: string,
  tarball: string,
  command: string,
  programArguments: readonly string[],
): Promise<void> {
  const folder = join(file, "..");
  await cp(tarball, join(folder, TARBALL));
  const { exitCode, text } = await manage(folder, command, programArguments);
  await rm(join(folder, TARBALL));
  if (exitCode !== 0) throw new Error(`cannot write ${file}: exit code ${exitCode}\n${text}`);
  const written = await readFile(file, "utf8");
  await writeFile(
    file,
    OWN_INTEGRITY.reduce((source, pattern) => source.replace(pattern, ""), written),
  );
}

void relock();
