/**
 * What a tag named when it was last asked for. It decides nothing: it tells which digest to expect,
 * so that a HEAD request, which registries do not count as a pull, is enough where nothing moved.
 */
import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDigest } from "../digest";
import { readBytes } from "./small-steps";
import { isUsedSince } from "./use-mark";
import { writeFileWhole } from "./write-file";

export interface TagMemory {
  /** The digest that `registry/repository:tag` named last. */
  recall(name: string): Promise<string | undefined>;
  /** Best effort: a memory that cannot be written is none. */
  remember(name: string, digest: string): Promise<void>;
}

/** Forgets what was last learned before `before` (milliseconds since 1970). */
export async function pruneTagMemory(cacheDirectory: string, before: number): Promise<void> {
  const folder = join(cacheDirectory, "tags");
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(folder, name)).catch(() => undefined);
      if (facts === undefined || isUsedSince(facts.mtimeMs, before)) return;
      await rm(join(folder, name), { force: true }).catch(() => undefined);
    }),
  );
}

/** The memory below the user's cache folder. */
export function openTagMemory(cacheDirectory: string): TagMemory {
  const file = (name: string): string =>
    join(cacheDirectory, "tags", createHash("sha256").update(name).digest("hex"));
  const recall = async (name: string): Promise<string | undefined> => {
    const text = (await readBytes(file(name)))?.toString("latin1") ?? "";
    return isDigest(text) ? text : undefined;
  };
  return Object.freeze({
    recall,
    async remember(name: string, digest: string) {
      if ((await recall(name)) === digest) return;
      await writeFileWhole(file(name), digest).catch(() => undefined);
    },
  });
}
