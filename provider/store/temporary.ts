/**
 * A folder for this process alone, below the system's folder for temporary files, which goes when
 * the process ends; what a killed process left goes when the next one needs such a folder.
 */
import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { formatIdentity, lifeOf, ownIdentity, parseIdentity } from "./process-identity";

const PREFIX = "oci-artifact-";

/** Makes the folder, for its user alone. */
export function makeTemporaryFolder(temporaryDirectory: string): string {
  sweep(temporaryDirectory);
  const prefix = join(temporaryDirectory, `${PREFIX}${formatIdentity(ownIdentity())}.`);
  const folder = mkdtempSync(prefix);
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Others write there, too: only what is our user's, and of a process known to be dead, is removed. */
function sweep(temporaryDirectory: string): void {
  for (const name of readdirSync(temporaryDirectory)) {
    if (!name.startsWith(PREFIX)) continue;
    const identity = parseIdentity(name.slice(PREFIX.length, name.lastIndexOf(".")));
    if (identity === undefined || lifeOf(identity) !== "dead") continue;
    const folder = join(temporaryDirectory, name);
    try {
      if (lstatSync(folder).uid !== process.getuid?.()) continue;
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Somebody else has just removed it.
    }
  }
}
