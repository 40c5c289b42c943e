/**
 * `npm run bench [-- CASE…]`: this package's command beside the programs that do the same, on the same
 * registry. Prints a table; measures nothing but whole processes.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createCertificates } from "../test/support/certificates";
import { startDistribution, type Distribution } from "../test/support/distribution";
import { pushOverHttp } from "../test/support/push-over-http";
import { CASES, type Case } from "./cases";
import { isInMemory } from "./in-memory";
import { race } from "./race";
import { missedBy, tableOf, type Result } from "./table";

const USAGE = `usage: npm run bench -- [--rounds N] [--must] [--disk FOLDER] [CASE…]

cases: ${Object.keys(CASES).join(", ")}
  --rounds N     runs of each program (default 5, on a disk 3)
  --must         exit code 1 where we are slower than we have to be
  --disk FOLDER  where the cases on a disk write (default: the system's temporary folder)`;

const ROUNDS = { memory: 5, disk: 3 } as const;

/** A file system in memory, where there is one. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

interface Options {
  readonly names: readonly string[];
  readonly rounds: number | undefined;
  readonly must: boolean;
  readonly disk: string;
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  if (isInMemory(options.disk) && options.names.some((name) => CASES[name]?.place === "disk")) {
    throw new Error(
      `cannot measure writing to a disk: ${options.disk} is in memory; give a folder that is not by --disk, or name the cases without those on a disk`,
    );
  }
  const where = machine();
  const results: Result[] = [];
  for (const name of options.names) {
    const what = CASES[name];
    if (what === undefined) continue;
    process.stderr.write(`${name}: ${what.content}\n`);
    results.push(await measureCase(name, what, options));
  }
  process.stdout.write(`${where}\n\n${tableOf(results)}\n`);
  const missed = missedBy(results);
  for (const line of missed) process.stdout.write(`missed: ${line}\n`);
  return options.must && missed.length > 0 ? 1 : 0;
}

function optionsOf(args: readonly string[]): Options | undefined {
  const options = {
    rounds: { type: "string" },
    must: { type: "boolean", default: false },
    disk: { type: "string", default: tmpdir() },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
    const isCount = rounds === undefined || (Number.isInteger(rounds) && rounds > 0);
    const areCases = positionals.every((name) => Object.hasOwn(CASES, name));
    if (!isCount || !areCases) return undefined;
    const names = positionals.length > 0 ? positionals : Object.keys(CASES);
    return { names, rounds, must: values.must, disk: values.disk };
  } catch {
    return undefined;
  }
}

/** With a registry of its own, whose content is in memory. */
async function measureCase(name: string, what: Case, { rounds, disk }: Options): Promise<Result> {
  const folder = await mkdtemp(join(MEMORY, "oci-artifact-bench-"));
  const { authority, server } = createCertificates();
  const isSecure = what.scheme === "https";
  const authorityFile = join(folder, "authority.pem");
  await writeFile(authorityFile, authority.cert);
  const secure = isSecure ? { certificate: server } : {};
  let registry: Distribution | undefined;
  try {
    registry = await startDistribution({ directory: folder, ...secure });
    const repository = `bench/${name}`;
    const transport = isSecure
      ? ({ scheme: "https", certificateAuthority: authority.cert } as const)
      : {};
    for (const [tag, artifact] of Object.entries(what.make())) {
      await pushOverHttp(registry.host, repository, tag, artifact, transport);
    }
    return await race(name, what, {
      repository: `${registry.host}/${repository}`,
      authority: isSecure ? authorityFile : undefined,
      directory: what.place === "disk" ? disk : folder,
      keepsFolders: what.place === "disk",
      rounds: rounds ?? ROUNDS[what.place],
    });
  } finally {
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the numbers depend on, in one line; the load is of the minute before. */
function machine(): string {
  const [first] = cpus();
  const memory = `${(totalmem() / 1024 ** 3).toFixed(0)} GiB`;
  const processor = `${cpus().length} × ${first?.model ?? "unknown processor"}`;
  const day = new Date().toISOString().slice(0, 10);
  const system = `${process.platform} ${release()}, node ${process.version}`;
  const [load = 0] = loadavg();
  return `${day}: ${processor}, ${memory}, ${system}, load ${load.toFixed(1)}`;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
