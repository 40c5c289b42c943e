/**
 * What a preview has shown: reference → digest, for one resource in one run of the CLI. The update
 * of the same run takes exactly that. A record does not outlive its CLI process.
 */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDigest } from "../digest";
import { formatIdentity, parseIdentity, type ProcessIdentity } from "./process-identity";
import { isOver, removeTree } from "./staging";
import { readJsonFile, writeFileWhole } from "./write-file";

export interface Confirmations {
  /** Records what a preview shows. */
  confirm(urn: string, reference: string, digest: string): Promise<void>;
  /** The digest that the preview of this run showed for this very reference. */
  confirmed(urn: string, reference: string): Promise<string | undefined>;
}

/** The confirmations of the run of `cli`, below the user's cache folder. */
export function openConfirmations(cacheDirectory: string, cli: ProcessIdentity): Confirmations {
  const runs = join(cacheDirectory, "run");
  const file = (urn: string): string =>
    join(runs, formatIdentity(cli), `${createHash("sha256").update(urn).digest("hex")}.json`);
  let swept: Promise<void> | undefined;

  return Object.freeze({
    async confirm(urn: string, reference: string, digest: string) {
      swept ??= sweepRuns(runs);
      await swept;
      await writeFileWhole(file(urn), JSON.stringify({ reference, digest }), 0o600);
    },
    async confirmed(urn: string, reference: string) {
      const record = await readJsonFile(file(urn));
      if (typeof record !== "object" || record === null) return undefined;
      const { reference: shown, digest } = record as Record<string, unknown>;
      if (shown !== reference || typeof digest !== "string") return undefined;
      return isDigest(digest) ? digest : undefined;
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
