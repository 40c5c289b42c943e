/**
 * Asks endpoints until one answers. A failed endpoint is a line in the detail of the error, and an
 * error only when none answered. Who is asked when is for the round to say.
 */
import { Round, type AskRooms, type Inquiry } from "./ask-round";
import type { Context } from "./context";
import type { AskContext } from "./registry/exchange";
import type { Endpoint } from "./types";

export interface Answer<T> {
  readonly value: T;
  readonly endpoint: Endpoint;
}

/**
 * The first answer. `endpoints` holds at least one.
 *
 * @param question - Gets the context with the patience that this endpoint is due.
 * @throws OciError: of the only endpoint; of several, with a line for each. CANCELLED and STORE at
 * once.
 */
export async function askInOrder<T>(
  endpoints: readonly Endpoint[],
  inquiry: Inquiry,
  rooms: AskRooms,
  context: Context,
  question: (endpoint: Endpoint, asking: AskContext) => Promise<T>,
): Promise<Answer<T>> {
  const round = new Round(endpoints, inquiry, rooms, context);
  for (let turn = round.next(); turn !== undefined; turn = round.next()) {
    const { endpoint, asking } = turn;
    try {
      const value = await question(endpoint, asking);
      round.answered(endpoint);
      return { value, endpoint };
    } catch (error) {
      round.failed(endpoint, error);
    }
  }
  throw round.error();
}

/** The endpoints beginning with the one that has just served; those before it come last. */
export function servingFirst(
  endpoints: readonly Endpoint[],
  servedBy: Endpoint | undefined,
): readonly Endpoint[] {
  const position = servedBy === undefined ? -1 : endpoints.indexOf(servedBy);
  if (position <= 0) return endpoints;
  return Object.freeze([...endpoints.slice(position), ...endpoints.slice(0, position)]);
}
