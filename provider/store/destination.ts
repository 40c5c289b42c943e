/**
 * Content at a place of the user's choice, as a copy of its own. Never takes away what is not ours:
 * files of others stay, and a killed run is finished or rolled back by the next. What is done in which
 * order is decided in plan-placing.ts, and carried out in destination-steps.ts and destination-swap.ts.
 */
import type { Report } from "../context";
import type { Tree } from "../types";
import { assess, stateOf, type Assessment } from "./destination-assess";
import { bringContent, HINT } from "./destination-bring";
import { groundOf, type DestinationPlace, type Ground } from "./destination-ground";
import { readRecord, writeRecord } from "./destination-record";
import { removeContent } from "./destination-removal";
import { clearGround, heirAt } from "./destination-heir";
import { observe } from "./observe";
import { hasLeftovers, inTurn } from "./journal";
import type { DestinationState, Owner, Wanted } from "./placing";
import { isUnusable, storeError } from "./store-error";
import type { FillTree } from "./trees";

export {
  destinationProblem,
  overlapProblem,
  ownPlaceProblem,
  type DestinationPlace,
} from "./destination-ground";
export { trueFolder } from "./true-folder";

export interface Destination {
  /**
   * Whether the wanted content is there. Changes nothing, but finishes or rolls back what a killed
   * run has left, best effort.
   *
   * @throws OciError LOCAL_CHANGE where the rule is "error" and somebody changed what was placed;
   * DESTINATION_NOT_OURS where it is a link or a file, or something that is not ours lies where
   * content has to go (known before it is placed where `wanted.tree` is given); STORE where another
   * run stays at work there.
   */
  look(wanted: Wanted): Promise<DestinationState>;
  /**
   * Brings the wanted content there: as it is where it is right already, else as `fill` writes it into
   * a folder beside the destination. Says on the report what was restored and what was kept.
   *
   * @returns The placed content, as it was wanted: local changes that stay do not show in it.
   * @throws OciError like `look`; and STORE where the disk refuses: then the old content is whole.
   */
  place(wanted: Wanted, owner: Owner, fill: FillTree, report: Report): Promise<Tree>;
  /**
   * Gives up the owner's share. Where no other owner is left, removes what was placed there and nobody
   * changed; what else lies there stays, and one warning names it. No record is no error.
   */
  remove(owner: Pick<Owner, "id">, report: Report): Promise<void>;
}

/** The destination at a place; nothing is read or written yet. */
export function openDestination(place: DestinationPlace): Destination {
  const at = async <T>(work: (ground: Ground) => Promise<T>): Promise<T> => {
    try {
      return await work(groundOf(place));
    } catch (error) {
      throw storeError(error, place.folder, HINT);
    }
  };
  return Object.freeze({
    look: (wanted: Wanted) => at((ground) => look(ground, wanted)),
    place: (wanted: Wanted, owner: Owner, fill: FillTree, report: Report) =>
      at(async (ground) => {
        await recover(ground);
        return await bringContent({ ground, wanted, owner, report }, fill);
      }),
    remove: (owner: Pick<Owner, "id">, report: Report) =>
      at(async (ground) => {
        await recover(ground);
        await removeContent(ground, owner, report);
      }),
  });
}

async function look(ground: Ground, wanted: Wanted): Promise<DestinationState> {
  await recover(ground);
  const seen = await assess(ground, wanted);
  const state = stateOf(ground, seen, wanted);
  if (seen.standing.refreshed !== undefined) await remember(ground, seen).catch(() => undefined);
  return state;
}

/** Sees to what killed runs have left; where nothing can be written, things stay as they are. */
async function recover(ground: Ground): Promise<void> {
  await clearGround(ground);
  if (!hasLeftovers(ground.area) && observe(ground.aside) === undefined) return;
  await inTurn(ground.area, ground.shown, heirAt(ground), async () => {}).catch(
    (error: unknown) => {
      if (!isUnusable(error)) throw error;
    },
  );
}

/** A copied checkout has other inodes: with today's facts in the record, the next look is cheap. */
async function remember(ground: Ground, { record, standing }: Assessment): Promise<void> {
  const { refreshed } = standing;
  if (record === undefined || refreshed === undefined) return;
  await inTurn(ground.area, ground.shown, heirAt(ground), async () => {
    const current = await readRecord(ground.recordFile);
    if (JSON.stringify(current) !== JSON.stringify(record)) return;
    await writeRecord(ground.recordFile, { ...record, entries: refreshed });
  });
}
