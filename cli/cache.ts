/**
 * `oci-artifact cache ls|prune|verify`: what lies in the user's cache and beside the program of the
 * working directory. Results go to standard output, everything else to standard error.
 */
import { parseArgs } from "node:util";
import { isDigest } from "../provider/digest";
import { printable, redact } from "../provider/redact";
import { formatByteSize } from "../provider/settings/byte-size";
import { readSettings } from "../provider/settings/settings";
import { listCache, pruneCache, verifyCache, type StorePlaces } from "../provider/store/cache";
import { EXIT_CODES, sayFailure } from "./exit";
import { problemOfParsing } from "./parsing-problem";

const HELP: readonly string[] = [
  "usage: oci-artifact cache ls|prune|verify [flags]",
  "",
  "  cache ls                list the cached blobs, and the content in .oci-artifacts of this folder",
  "  cache prune             remove blobs beyond the bound of the cache, and content in .oci-artifacts",
  "                          that no resource claims and nobody used for a week; what cannot",
  "                          be removed stays, and is named",
  "    --older-than TIME     … all that was not used for so long: 12h, 30d, 4w",
  "    --all                 … all that is not in use",
  "  cache verify            read every cached blob, and remove what is damaged; exit code 1 if any was",
  "",
  "    --json                print the result as JSON",
  "    --help                print this",
];

/** What the arguments ask for. */
interface CacheCommand {
  readonly verb: "help" | "ls" | "prune" | "verify";
  readonly json: boolean;
  readonly all: boolean;
  readonly olderThanMs: number | undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Runs the command; `args` are those behind "cache". The exit code: 0 done, 1 failed or damage
 * found, 2 wrong command line.
 */
export async function cacheCommand(args: readonly string[]): Promise<number> {
  const command = parseCacheCommand(args);
  if (typeof command === "string") {
    process.stderr.write(
      `oci-artifact: ${redact(command)}\nhint: oci-artifact cache --help lists commands and flags\n`,
    );
    return EXIT_CODES.usage.code;
  }
  try {
    return await run(command);
  } catch (error) {
    return sayFailure(error, "the cache", command.json);
  }
}

/** The command, or what is wrong with it. */
export function parseCacheCommand(args: readonly string[]): CacheCommand | string {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        all: { type: "boolean", default: false },
        "older-than": { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return problemOfParsing(error);
  }
  const { json, all, help, "older-than": olderThan } = parsed.values;
  if (help) return { verb: "help", json, all, olderThanMs: undefined };
  const [verb, ...more] = parsed.positionals;
  if (verb !== "ls" && verb !== "prune" && verb !== "verify") {
    return verb === undefined ? "cache needs a command" : `there is no command "cache ${verb}"`;
  }
  if (more.length > 0) return `cache ${verb} takes nothing more, and got "${more.join(" ")}"`;
  if (verb !== "prune" && (all || olderThan !== undefined)) {
    return "--all and --older-than belong to cache prune";
  }
  if (all && olderThan !== undefined) return "--all and --older-than exclude each other";
  const olderThanMs = olderThan === undefined ? undefined : durationOf(olderThan);
  if (Number.isNaN(olderThanMs)) return `--older-than takes a time such as 12h, 30d or 4w`;
  return { verb, json, all, olderThanMs };
}

/** NaN where it is none. */
function durationOf(text: string): number {
  const [, amount, unit = ""] = /^(\d{1,9})([mhdw])$/.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? NaN);
}

async function run(command: CacheCommand): Promise<number> {
  if (command.verb === "help") {
    writeLines(HELP);
    return EXIT_CODES.done.code;
  }
  const { cacheDirectory, cacheMaxBytes } = readSettings();
  const places = { cacheDirectory, cacheMaxBytes, projectDirectory: process.cwd() };
  switch (command.verb) {
    case "ls":
      await list(places, command);
      return EXIT_CODES.done.code;
    case "prune":
      await prune(places, command);
      return EXIT_CODES.done.code;
    case "verify":
      return await verify(places, command);
  }
}

async function list(places: StorePlaces, { json }: CacheCommand): Promise<void> {
  const { blobs, trees, size } = await listCache(places);
  const { cacheDirectory, cacheMaxBytes } = places;
  if (json) {
    writeJson({ directory: cacheDirectory, maxBytes: cacheMaxBytes, size, blobs, trees });
    return;
  }
  writeLines([
    ...blobs.map((blob) => line(blob.digest, blob.size, `used ${timeOf(blob.usedAt)}`)),
    ...trees.map((tree) => {
      const use = tree.isClaimed ? "claimed" : "unclaimed";
      return line(`.oci-artifacts/${tree.name}`, tree.size, `${use}, used ${timeOf(tree.usedAt)}`);
    }),
    `${counted(blobs.length, "blob")}, ${formatByteSize(size)} of ${formatByteSize(cacheMaxBytes)} in ${cacheDirectory}`,
  ]);
}

async function prune(places: StorePlaces, command: CacheCommand): Promise<void> {
  const { json, all, olderThanMs } = command;
  const pruned = await pruneCache(places, { all, olderThanMs });
  const { blobs, trees, refused, freed, size } = pruned;
  if (json) {
    writeJson({ directory: places.cacheDirectory, freed, size, blobs, trees, refused });
    return;
  }
  writeLines([
    ...trees.map(({ name }) => `removed .oci-artifacts/${name}`),
    ...refused.map(({ name, fact }) => {
      const shown = isDigest(name) ? name : `.oci-artifacts/${name}`;
      return `cannot remove ${shown}: ${fact}`;
    }),
    `freed ${formatByteSize(freed)}: ${counted(blobs.length, "blob")} and ${counted(trees.length, "tree")}; ${formatByteSize(size)} stay in ${places.cacheDirectory}`,
  ]);
}

async function verify(places: StorePlaces, { json }: CacheCommand): Promise<number> {
  const { checked, size, damaged } = await verifyCache(places);
  if (json) {
    writeJson({ directory: places.cacheDirectory, checked, size, damaged });
  } else {
    writeLines([
      ...damaged.map(
        ({ digest, isRemoved }) =>
          `damaged: ${digest} ${isRemoved ? "(removed; the next pull fetches it again)" : "(it cannot be removed)"}`,
      ),
      `${counted(checked, "blob")}, ${formatByteSize(size)} read, ${damaged.length} damaged`,
    ]);
  }
  return damaged.length === 0 ? EXIT_CODES.done.code : EXIT_CODES.failed.code;
}

function line(name: string, size: number, note: string): string {
  return `${name}  ${formatByteSize(size)}  ${note}`;
}

/** "2026-11-21 14:30", in UTC: the same wherever it is read. */
function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function writeLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((text) => `${printable(text)}\n`).join(""));
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
