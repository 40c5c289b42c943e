/**
 * A folder that lives as long as a test. Makes and removes it; adds nothing to it.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder, removed when the test or suite has ended. Absolute, without links in it. */
export function folderFor(context: { after(work: () => void): void }): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "oci-artifact-test-")));
  context.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
