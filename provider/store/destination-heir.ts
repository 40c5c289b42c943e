/**
 * Sees to what dead runs have left beside a destination. What lies there may as well have come with a
 * checkout: it is finished within the destination and its area, and nothing is reached through a link.
 *
 * Who can write beside the folder could write into it, too. So a journal that somebody made up does no
 * more than that: it adds, replaces or removes files of this one folder, and says what is ours in it.
 */
import { realpath, rm } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { OciError } from "../errors";
import { groundOf, type Ground } from "./destination-ground";
import { carryOutFiles, settle } from "./destination-steps";
import { bringBack, isFree, isMoved, rollBack } from "./destination-swap";
import type { Heir, Journal } from "./journal";
import { observe } from "./observe";
import { DESTINATIONS_FOLDER } from "./record-folders";
import { removeTree, sweepStaging } from "./staging";
import { TREES_FOLDER } from "./trees";

/** Finishes the work of dead runs at `ground`, and sweeps up behind them. */
export function heirAt(ground: Ground): Heir {
  return {
    async finish(journal) {
      const { steps, draft, record } = journal;
      const draftPath = draft === undefined ? undefined : join(ground.area, draft);
      if (steps.kind === "whole" && !isMoved(ground, draftPath)) {
        await rollBack(ground, draftPath);
        return;
      }
      const done =
        steps.kind === "whole" ? record : await carryOutFiles(ground, steps, draftPath, record);
      await settle(ground, draftPath, await recordFileOf(ground, journal), done);
    },
    async tidy() {
      const { aside, folder } = ground;
      if (observe(aside) !== undefined) {
        if (isFree(folder)) await bringBack(ground);
        else if (observe(folder)?.type === "directory") await removeTree(aside);
      }
      await sweepStaging(ground.area);
    },
  };
}

/**
 * Takes links away that stand in the place of the folders which are ours for a while; what they lead
 * to stays.
 *
 * @throws OciError DESTINATION_NOT_OURS where something else than a folder stands there.
 */
export async function clearGround({ area, aside, shown }: Ground): Promise<void> {
  for (const path of [area, aside]) {
    const type = observe(path)?.type;
    if (type === undefined || type === "directory") continue;
    if (type === "symlink") {
      await rm(path, { force: true });
      continue;
    }
    throw new OciError({
      code: "DESTINATION_NOT_OURS",
      verb: "place content at",
      subject: shown,
      fact: `${path} is no folder, and work under way needs one of this name`,
      hint: "move it away, or choose another folder",
    });
  }
}

/**
 * The record of a journal: that of this folder, as we keep it, or as another program does, which may
 * have placed content here. Undefined where it is any other file, or nobody keeps records there: the
 * content is told by what it is, then.
 */
async function recordFileOf(ground: Ground, journal: Journal): Promise<string | undefined> {
  const file = join(ground.area, journal.recordFolder, journal.recordFile);
  if (file === ground.recordFile) return file;
  const records = await realpath(dirname(file)).catch(() => undefined);
  if (records === undefined) return undefined;
  const ours = await realpath(ground.records).catch(() => undefined);
  if (records === ours) {
    return journal.recordFile === basename(ground.recordFile) ? ground.recordFile : undefined;
  }
  if (!records.endsWith(`${sep}${join(TREES_FOLDER, DESTINATIONS_FOLDER)}`)) return undefined;
  const theirs = join(records, journal.recordFile);
  return theirs === recordFileAt(ground, records) ? theirs : undefined;
}

/** Where a program with these records keeps that of the folder; undefined where it may have none. */
function recordFileAt({ folder, shown }: Ground, records: string): string | undefined {
  try {
    return groundOf({ folder, shown, records }).recordFile;
  } catch {
    return undefined;
  }
}
