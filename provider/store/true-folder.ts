/**
 * The one spelling of a folder, by which two are told apart: without links, and without the case of
 * letters where the file system ignores that. Looks at names only, and writes nothing.
 */
import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, parse, resolve, sep } from "node:path";
import { systemCode } from "../errors";

/** What a file system answers of paths. */
export interface NamesOnDisk {
  /** What lies there, as one text for all spellings of its path; undefined where nothing does. */
  identity(path: string): string | undefined;
  /** Names in a folder; none where it cannot be read. */
  names(folder: string): readonly string[];
}

const DISK: NamesOnDisk = {
  identity(path) {
    try {
      const { dev, ino } = lstatSync(path, { bigint: true });
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  },
  names(folder) {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
};

/** Without links, as far as the path exists. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) return path;
    return join(realPath(dirname(path)), basename(path));
  }
}

/**
 * The folder as it is compared with others; it need not exist. A link at its own place is not
 * followed: that is no destination.
 *
 * @returns No path to use: its letters may be in lower case.
 */
export function trueFolder(folder: string, disk: NamesOnDisk = DISK): string {
  const given = resolve(folder);
  const path = join(realPath(dirname(given)), basename(given));
  const { root } = parse(path);
  let at = root;
  let text = root;
  let ignoresCase = false;
  for (const name of path.slice(root.length).split(sep).filter(Boolean)) {
    ignoresCase = takesAsOne(at, name, disk) ?? ignoresCase;
    text = join(text, ignoresCase ? name.toLowerCase() : name);
    at = join(at, name);
  }
  return text;
}

/** Whether the folder takes two cases for one name, by this name or any; undefined where none tells. */
function takesAsOne(folder: string, name: string, disk: NamesOnDisk): boolean | undefined {
  return toldBy(folder, name, disk) ?? toldByAny(folder, disk);
}

function toldByAny(folder: string, disk: NamesOnDisk): boolean | undefined {
  for (const name of disk.names(folder)) {
    const answer = toldBy(folder, name, disk);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function toldBy(folder: string, name: string, disk: NamesOnDisk): boolean | undefined {
  const other = inOtherCase(name);
  const identity = disk.identity(join(folder, name));
  if (other === name || identity === undefined) return undefined;
  return disk.identity(join(folder, other)) === identity;
}

function inOtherCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
