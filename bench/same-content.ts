/**
 * Compares what two programs have made of the same artifact, so that nobody is fast by doing less.
 * It reads only.
 */
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../provider/digest";

/** Shown of what differs. */
const SHOWN = 5;

/** @throws Error that names the first differences in names, types or bytes. */
export function assertSameContent(what: string, ours: string, theirs: string): void {
  const [mine, other] = [listingOf(ours), listingOf(theirs)];
  const names = [...new Set([...mine.keys(), ...other.keys()])];
  const differing = names.filter((name) => mine.get(name) !== other.get(name));
  if (differing.length === 0 && mine.size > 0) return;
  const shown = differing.slice(0, SHOWN).join(", ");
  throw new Error(`${what}: ${differing.length} of ${names.length} entries differ: ${shown}`);
}

/** Bytes of all files in the folder. */
export function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((bytes, { parentPath, name }) => bytes + statSync(join(parentPath, name)).size, 0);
}

/** Path → digest of a file, target of a link, or "/". */
function listingOf(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const relative = path.slice(folder.length + 1);
      if (entry.isSymbolicLink()) return [relative, `-> ${readlinkSync(path)}`];
      return [relative, entry.isDirectory() ? "/" : digestOf(readFileSync(path))];
    }),
  );
}
