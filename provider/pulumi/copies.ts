/**
 * Copies that functions and the command line place, which have no resource and no state of their own.
 * What may be placed where is for the store's destinations to say.
 */
import { join, resolve } from "node:path";
import { OciError } from "../errors";
import { openDestination, ownPlaceProblem } from "../store/destination";
import type { OnLocalChange, Owner } from "../store/placing";
import type { PullRooms, World } from "../world";
import { createPlacements, type Placements } from "./placement";

/** Who owns what `oci-artifact pull` has placed. */
const COMMAND_LINE: Owner = { id: "command line", urn: "" };

/** Functions that place copies at this moment. */
let copying: { readonly placements: Placements; callers: number } | undefined;

/**
 * Work that knows the destinations of all functions at work with it. When the last one has ended they
 * are forgotten: what a later run of this process wants there is an update, and no clash.
 */
export async function besideOthers<T>(work: (placements: Placements) => Promise<T>): Promise<T> {
  copying ??= { placements: createPlacements(), callers: 0 };
  const mine = copying;
  mine.callers += 1;
  try {
    return await work(mine.placements);
  } finally {
    mine.callers -= 1;
    if (mine.callers === 0) copying = undefined;
  }
}

/**
 * A destination in the place of the trees: content goes there without a detour.
 * @throws OciError INVALID_INPUT where it is a place of our own.
 */
export function instead(
  destination: string,
  onLocalChange: OnLocalChange = "error",
  { settings }: World,
  directory: string,
): PullRooms["trees"] {
  const folder = resolve(directory, destination);
  const problem = ownPlaceProblem(folder, settings.cacheDirectory);
  if (problem !== undefined) {
    throw new OciError({
      code: "INVALID_INPUT",
      verb: "place content at",
      subject: destination,
      fact: problem,
      hint: "choose another folder, such as vendor/manifests",
    });
  }
  const place = openDestination({
    folder,
    shown: destination,
    records: join(settings.cacheDirectory, "destinations"),
  });
  return {
    ensure: (key, fill, report) => place.place({ key, onLocalChange }, COMMAND_LINE, fill, report),
  };
}
