/**
 * Whether a folder has to stay the very folder that it is: something is mounted there, or this process
 * works in it or below. Looks only, and writes nothing.
 */
import { lstatSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Whether something is mounted at the folder, as `docker run -v` does: it cannot be renamed, and
 * nothing can be renamed into it from beside it.
 *
 * @param real - absolute, without links; need not exist
 */
export function isMountPoint(real: string): boolean {
  const folder = lstatSync(real, { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true) return false;
  const parent = statSync(dirname(real), { throwIfNoEntry: false });
  // A folder of the same device may be mounted as well: only the system's own list tells.
  return (parent !== undefined && parent.dev !== folder.dev) || mountPoints().includes(real);
}

/** Whether the folder is the working directory of this process, or above it: a shell may stand there. */
export function isHere(folder: string): boolean {
  const wanted = statSync(folder, { throwIfNoEntry: false });
  if (wanted === undefined) return false;
  for (let at = workingDirectory(); at !== undefined; at = above(at)) {
    const facts = statSync(at, { throwIfNoEntry: false });
    if (facts?.ino === wanted.ino && facts.dev === wanted.dev) return true;
  }
  return false;
}

function above(path: string): string | undefined {
  const parent = dirname(path);
  return parent === path ? undefined : parent;
}

/** Undefined where somebody has removed it. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** As Linux lists them; none elsewhere. https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
function mountPoints(): readonly string[] {
  try {
    const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return lines.map((line) => withoutEscapes(line.split(" ")[4] ?? ""));
  } catch {
    return [];
  }
}

/** Spaces and the like are written there by their number: "\040". */
function withoutEscapes(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
}
