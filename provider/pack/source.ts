/**
 * Reads what a directory holds, as the list of entries that is packed: sorted, with modes by rule,
 * without times and owners. It reads no content and follows no link.
 */
import { lstatSync, type BigIntStats } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { sortedByPath } from "../content-digest";
import { matcherOf } from "../content/globs";
import { selectEntries } from "../content/select-entries";
import { DEFAULT_LIMITS, type Limits } from "../limits";
import { fileFacts, type FileFacts } from "../store/file-facts";
import { startSlices } from "../store/slices";
import type { TreeEntry } from "../types";
import { checkEntries, checkName } from "./check-entries";
import { badEntry, beyondLimit, cancelled, unpackable, unreadable } from "./problems";

/** What no artifact is meant to hold: the history, and with it what was ever deleted. */
const GIT = ".git";

/** Of an ended glob, all that is below what it matches is matched as well. */
const WHOLE_FOLDER = "/**";

export interface SourceOptions {
  /** Globs of `include` and `exclude`, as pulling knows them: relative, with "/". */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** Whether what is called `.git` is packed, at any depth. Default: false. */
  readonly includeGit?: boolean;
  /** Whether nothing at all may be packed. Default: false. */
  readonly allowEmpty?: boolean;
  readonly limits?: Limits;
  readonly signal?: AbortSignal;
}

/** An entry of a directory, as it will be in the artifact. */
export interface SourceEntry extends Omit<TreeEntry, "sha256"> {
  /** What the file system said of a file; it has to say the same when the content is read. */
  readonly facts?: FileFacts;
}

/** What is packed: a directory, and those of its entries that are wanted. */
export interface Source {
  /** Absolute or relative to the process; for reading and for errors. */
  readonly directory: string;
  /** By byte order of their paths; each folder before what is in it. */
  readonly entries: readonly SourceEntry[];
}

/** What one look at a folder shows. */
interface Seen {
  readonly path: string;
  readonly kind: "file" | "directory" | "symlink" | "special";
}

/**
 * The entries of a directory. A file has mode 0755 where its owner may execute it, else 0644; a
 * folder has 0755.
 *
 * @throws OciError INVALID_INPUT for what cannot be read, for names, links and kinds that no tree may
 * have, and where nothing is left unless that is allowed; LIMIT_EXCEEDED for `entries`, `pathBytes`,
 * `componentBytes`, `extractedBytes`; CANCELLED
 */
export async function readSource(directory: string, options: SourceOptions = {}): Promise<Source> {
  const { limits = DEFAULT_LIMITS } = options;
  const seen = await walk(directory, options);
  const kinds = new Map(seen.map(({ path, kind }) => [path, kind]));
  const selected = selectEntries(sortedByPath(seen.map(asTreeEntry)), options, directory, {
    allowEmpty: true,
  });
  if (selected.length === 0 && options.allowEmpty !== true) throw nothing(directory, seen.length);
  if (selected.length > limits.entries) {
    throw beyondLimit(directory, limits, "entries", selected.length);
  }
  const entries: SourceEntry[] = [];
  const rest = startSlices();
  for (const { entry } of selected) {
    await rest();
    checkSignal(directory, options.signal);
    entries.push(await describe(directory, entry.path, kinds.get(entry.path)));
  }
  checkEntries(directory, entries, limits);
  return Object.freeze({ directory, entries: Object.freeze(entries) });
}

/** All that lies below, but for `.git` and for folders of which `exclude` takes everything. */
async function walk(directory: string, options: SourceOptions): Promise<readonly Seen[]> {
  const whole = (options.exclude ?? []).filter((glob) => glob.endsWith(WHOLE_FOLDER));
  const isTaken = matcherOf({ exclude: whole });
  const seen: Seen[] = [];
  const pending = [""];
  for (let prefix = pending.pop(); prefix !== undefined; prefix = pending.pop()) {
    checkSignal(directory, options.signal);
    for (const found of await list(directory, prefix)) {
      if (isGit(found.path) && options.includeGit !== true) continue;
      // One that is not looked into still says that the folder above is not empty.
      seen.push(found);
      if (found.kind !== "directory" || !isTaken(found.path)) continue;
      checkName(directory, found.path);
      pending.push(`${found.path}/`);
    }
  }
  return seen;
}

async function list(directory: string, prefix: string): Promise<readonly Seen[]> {
  const folder = join(directory, prefix);
  const found = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(error, folder);
  });
  return found.map((item) => ({
    path: `${prefix}${item.name}`,
    kind: item.isDirectory()
      ? "directory"
      : item.isFile()
        ? "file"
        : item.isSymbolicLink()
          ? "symlink"
          : "special",
  }));
}

/** The folder of a repository, or the file in the place of one: of a worktree, of a submodule. */
function isGit(path: string): boolean {
  return path === GIT || path.endsWith(`/${GIT}`);
}

/** What selecting needs to know. */
function asTreeEntry({ path, kind }: Seen): TreeEntry {
  return { path, type: kind === "directory" ? "directory" : "file", mode: 0, size: 0 };
}

async function describe(
  directory: string,
  path: string,
  kind: Seen["kind"] | undefined,
): Promise<SourceEntry> {
  // First of all: what is no UTF-8 has no name by which it could be looked at.
  checkName(directory, path);
  switch (kind) {
    case "directory":
      return { path, type: "directory", mode: 0o755, size: 0 };
    case "symlink":
      return {
        path,
        type: "symlink",
        mode: 0o777,
        size: 0,
        target: await targetOf(directory, path),
      };
    case "file":
      return fileEntry(path, lookAt(join(directory, path)));
    default:
      throw badEntry(
        directory,
        path,
        "is a socket, a pipe or a device, which no artifact can hold",
        'leave it out by the input "exclude"',
      );
  }
}

async function targetOf(directory: string, path: string): Promise<string> {
  const name = join(directory, path);
  return await readlink(name).catch((error: unknown) => {
    throw unreadable(error, name);
  });
}

/** A file as an entry of that path. */
export function fileEntry(path: string, stats: BigIntStats): SourceEntry {
  const mode = (stats.mode & 0o100n) === 0n ? 0o644 : 0o755;
  return { path, type: "file", mode, size: Number(stats.size), facts: fileFacts(stats) };
}

/** What the file system says, without following a link. Throws INVALID_INPUT. */
export function lookAt(name: string): BigIntStats {
  try {
    return lstatSync(name, { bigint: true });
  } catch (error) {
    throw unreadable(error, name);
  }
}

/** Throws CANCELLED where an end is asked for. */
export function checkSignal(subject: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(subject);
}

function nothing(directory: string, found: number): Error {
  return unpackable(
    directory,
    found === 0 ? "it is empty" : `include and exclude select none of its ${found} entries`,
    "correct the path or the globs; where nothing is what it should hold, set allowEmpty: true",
  );
}
