/**
 * The clock of a file system, which may stand still for some milliseconds: two changes within one of
 * its ticks have the same time. Writes an empty file beside the one in question, and removes it.
 */
import { rmSync, statSync, writeFileSync } from "node:fs";

/** Returns when whatever changes the file from now on gives it another time of change. */
export function passTick(path: string): void {
  const probe = `${path}.probe`;
  const { ctimeNs } = statSync(path, { bigint: true });
  do {
    writeFileSync(probe, "");
  } while (statSync(probe, { bigint: true }).ctimeNs <= ctimeNs);
  rmSync(probe);
}
