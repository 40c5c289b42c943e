/**
 * A process of its own that places content, or removes it, at the destination of a program, and kills
 * itself before a given change to the disk. Ends with 0 where it came to the end.
 *
 * Argument: an {@link Order} as JSON.
 */
import { createRequire } from "node:module";
import { filler, type Content } from "./content";
import { OWNER, siteAt } from "./destination-for-test";

/** The module itself, whose functions can be replaced. */
const fs = createRequire(__filename)("node:fs") as typeof import("node:fs");

export interface Order {
  readonly project: string;
  /** What to place; absent to remove what is there. */
  readonly content?: Content;
  /** Before which change after the content was filled, from 0. */
  readonly diesBefore: number;
}

const CHANGES = {
  sync: ["renameSync", "unlinkSync", "rmdirSync", "mkdirSync", "chmodSync", "writeFileSync"],
  promised: ["rename", "rm", "rmdir", "mkdir", "writeFile"],
};

let left = Infinity;

/** Counts each call of a function that changes the disk, and lets none happen after the last. */
function countCalls(room: object, names: readonly string[]): void {
  for (const name of names) {
    const real = Reflect.get(room, name) as (...given: unknown[]) => unknown;
    const counted = (...given: unknown[]): unknown => {
      left -= 1;
      if (left < 0) process.kill(process.pid, "SIGKILL");
      return real(...given);
    };
    Reflect.set(room, name, counted);
  }
}

async function main(): Promise<void> {
  const { project, content, diesBefore } = JSON.parse(process.argv[2] ?? "") as Order;
  const site = siteAt(project);
  countCalls(fs, CHANGES.sync);
  countCalls(fs.promises, CHANGES.promised);
  if (content === undefined) {
    left = diesBefore;
    await site.destination.remove(OWNER, site.report);
    return;
  }
  await site.place(content, {
    async fill(folder) {
      const entries = await filler(content).fill(folder);
      left = diesBefore;
      return entries;
    },
  });
}

void main();
