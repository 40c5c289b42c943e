/**
 * All that is killed, and how often which: the engine's rounds take the longest, and are the fewest.
 */
import type { Room } from "./harness";
import { PLACE_SCENARIOS } from "./place";
import { PUBLISH_SCENARIOS } from "./publish";
import { PULL_SCENARIOS } from "./pull";
import { UP_SCENARIOS } from "./up";

export const ROOMS: readonly Room[] = [
  { name: "pull", weight: 8, scenarios: PULL_SCENARIOS },
  { name: "place", weight: 5, scenarios: PLACE_SCENARIOS },
  { name: "publish", weight: 5, scenarios: PUBLISH_SCENARIOS },
  { name: "up", weight: 2, scenarios: UP_SCENARIOS },
];

/** The rooms of these names; all of them where none is given. @throws where there is no such room. */
export function roomsOf(names: readonly string[]): readonly Room[] {
  const unknown = names.find((name) => !ROOMS.some((room) => room.name === name));
  if (unknown !== undefined)
    throw new Error(`there is no "${unknown}": it is one of ${allNames()}`);
  return names.length === 0 ? ROOMS : ROOMS.filter(({ name }) => names.includes(name));
}

function allNames(): string {
  return ROOMS.map(({ name }) => name).join(", ");
}
