/**
 * The road of programs and the command line in this process, without what this machine has: with a
 * cache that is empty, and no settings of anybody's. It pulls and verifies nothing by itself.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeSessions } from "../../provider/pulumi/session";
import { folderFor } from "./folder-for-test";

/** What a program gives so that nothing of the machine counts; the registry speaks plain HTTP. */
const BARE = Object.freeze({
  plainHttp: true,
  authFile: "auth.json",
  registriesConf: "registries.conf",
});

export interface ProgramForTest {
  /** Where the program lies; absolute. */
  readonly directory: string;
  readonly inputs: typeof BARE;
}

/**
 * Makes programs, one at a time: each finds the cache empty. What they leave goes with the suite.
 * The settings of a process are read once, so this comes before its first session.
 */
export function programsFor(suite: { after(work: () => void | Promise<void>): void }): {
  next(): ProgramForTest;
} {
  const folder = folderFor(suite);
  const cache = join(folder, "cache");
  process.env["OCI_ARTIFACT_CACHE"] = cache;
  suite.after(closeSessions);
  return {
    next() {
      rmSync(cache, { recursive: true, force: true });
      const directory = folderFor(suite);
      writeFileSync(join(directory, "auth.json"), "{}");
      writeFileSync(join(directory, "registries.conf"), "");
      return { directory, inputs: BARE };
    },
  };
}
