/**
 * What a preview has shown: question → digest, for one resource in one run of the CLI. The update
 * of the same run takes exactly that. A record does not outlive its CLI process.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDigest } from "../digest";
import { type ChosenTag, readChosenTag } from "../versions/chosen-tag";
import { formatIdentity, parseIdentity, type ProcessIdentity } from "./process-identity";
import { isOver, removeTree } from "./staging";
import { readJsonFile, writeFileWhole } from "./write-file";

/** What a preview shows of the digest that it has found. */
export interface Confirmed {
  readonly digest: string;
  /** What a range of versions has come to. */
  readonly chosen?: ChosenTag;
}

export interface Confirmations {
  /**
   * Records what a preview shows.
   * @param asked - All that decides what a registry is asked: reference and range, as one text.
   */
  confirm(urn: string, asked: string, shown: Confirmed): Promise<void>;
  /** What the preview of this run showed for this very question. */
  confirmed(urn: string, asked: string): Promise<Confirmed | undefined>;
}

/** The confirmations of the run of `cli`, below the user's cache folder. */
export function openConfirmations(cacheDirectory: string, cli: ProcessIdentity): Confirmations {
  const runs = join(cacheDirectory, "run");
  const file = (urn: string): string =>
    join(runs, formatIdentity(cli), `${createHash("sha256").update(urn).digest("hex")}.json`);
  let swept: Promise<void> | undefined;

  return Object.freeze({
    async confirm(urn: string, asked: string, { digest, chosen }: Confirmed) {
      swept ??= sweepRuns(runs);
      await swept;
      await writeFileWhole(file(urn), JSON.stringify({ asked, digest, chosen }), 0o600);
    },
    async confirmed(urn: string, asked: string) {
      const record = await readJsonFile(file(urn));
      if (typeof record !== "object" || record === null) return undefined;
      const { asked: before, digest, chosen: tag } = record as Record<string, unknown>;
      if (before !== asked || typeof digest !== "string" || !isDigest(digest)) return undefined;
      const chosen = readChosenTag(tag);
      return { digest, ...(chosen === undefined ? {} : { chosen }) };
    },
  });
}

/** For runs whose CLI cannot be seen: nothing is confirmed, and the update resolves anew. */
export const NO_CONFIRMATIONS: Confirmations = Object.freeze({
  confirm: () => Promise.resolve(),
  confirmed: () => Promise.resolve(undefined),
});

async function sweepRuns(runs: string): Promise<void> {
  const names = await readdir(runs).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const identity = parseIdentity(name);
      if (identity === undefined) return;
      if (!(await isOver(identity, join(runs, name)))) return;
      await removeTree(join(runs, name)).catch(() => undefined);
    }),
  );
}
