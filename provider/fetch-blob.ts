/**
 * One blob into the store, over as many endpoints as it takes: where one breaks off for good, the
 * next goes on at that byte, and the store checks the whole. Wrong bytes are fetched anew, and whoever
 * sent all of them is blamed.
 */
import { askInOrder } from "./ask";
import { Round, type AskRooms, type Turn } from "./ask-round";
import type { Context, Report } from "./context";
import { countedBytes } from "./counted-bytes";
import type { EndpointHealth } from "./endpoint-health";
import { wentOnText } from "./endpoint-texts";
import { OciError } from "./errors";
import { formatReference } from "./reference/format";
import type { RegistryClient } from "./registry/client";
import { isLie } from "./registry/failure-kinds";
import type { BlobStore } from "./store/blobs";
import type { ReadAlong } from "./store/fill-draft";
import type { Descriptor, Endpoint, Resolved } from "./types";

export interface FetchRooms extends AskRooms {
  readonly client: RegistryClient;
  readonly blobs: BlobStore;
}

/** A blob, and where it may be. */
export interface WantedBlob extends Pick<Resolved, "reference" | "endpoints"> {
  readonly descriptor: Descriptor;
}

/** The blob on its way from the endpoints to the store, since it was last begun. */
interface Delivery {
  /** Who sends it now; begins it anew, too, where the store asks for that. */
  turn: Turn | undefined;
  /** Whoever a part of it came from. */
  readonly senders: Set<Endpoint>;
  /** All bytes came, right or wrong. */
  isWhole: boolean;
  /** Nobody is left to ask. */
  isOver: boolean;
}

/**
 * After this, the blob is in the store.
 *
 * @param tell - Told how many bytes of it are there, each time that some come.
 * @param readAlong - Reads what comes while it comes.
 * @throws OciError of the only endpoint; of several, with a line for each; STORE, CANCELLED.
 */
export async function fetchBlob(
  blob: WantedBlob,
  rooms: FetchRooms,
  context: Context,
  tell: (bytes: number) => void,
  readAlong?: ReadAlong,
): Promise<void> {
  const { descriptor, endpoints } = blob;
  const subject = formatReference(blob.reference);
  const inquiry = { subject, wanted: descriptor.digest };
  const round = new Round(endpoints, inquiry, rooms, context);
  const delivery: Delivery = {
    turn: undefined,
    senders: new Set(),
    isWhole: false,
    isOver: false,
  };
  const relay = (): AsyncIterable<Buffer> =>
    relayed(round, delivery, descriptor, rooms, context.report);
  const write = (source: () => AsyncIterable<Uint8Array>): Promise<void> =>
    rooms.blobs.write(
      descriptor,
      () => countedBytes(source(), tell),
      subject,
      context.report,
      readAlong,
    );
  for (;;) {
    try {
      await write(relay);
      return;
    } catch (error) {
      if (!(error instanceof OciError) || !isLie(error) || delivery.isOver) throw error;
      // Nobody knows whose part is wrong: each sends all of it, alone.
      if (delivery.isWhole && delivery.senders.size > 1) break;
      if (delivery.isWhole && delivery.turn !== undefined) {
        round.failed(delivery.turn.endpoint, error);
      }
      delivery.turn = undefined;
    }
  }
  await askInOrder(endpoints, inquiry, rooms, context, (endpoint, asking) =>
    write(() => rooms.client.getBlob(endpoint, descriptor, asking)),
  );
}

/** The bytes from the first one on, whoever has them. */
async function* relayed(
  round: Round,
  delivery: Delivery,
  descriptor: Descriptor,
  { client, health }: FetchRooms,
  report: Report,
): AsyncGenerator<Buffer> {
  const failures: Failed[] = [];
  let offset = 0;
  delivery.senders.clear();
  delivery.isWhole = false;
  for (;;) {
    delivery.turn ??= round.next();
    if (delivery.turn === undefined) {
      delivery.isOver = true;
      throw round.error();
    }
    const { endpoint, asking } = delivery.turn;
    try {
      for await (const chunk of client.getBlob(endpoint, descriptor, asking, offset)) {
        delivery.senders.add(endpoint);
        for (const failed of failures.splice(0)) tellSwitch(failed, endpoint, health, report);
        offset += chunk.length;
        yield chunk;
      }
      round.answered(endpoint);
      delivery.isWhole = true;
      return;
    } catch (error) {
      delivery.turn = undefined;
      const failure = round.failed(endpoint, error);
      // What it has sent so far is worth nothing.
      if (isLie(failure) && delivery.senders.has(endpoint)) throw failure;
      if (!isLie(failure)) failures.push({ endpoint, failure });
    }
  }
}

interface Failed {
  readonly endpoint: Endpoint;
  readonly failure: OciError;
}

/** Once for each endpoint and run: whoever wants all the details reads the error. */
function tellSwitch(
  { endpoint, failure }: Failed,
  next: Endpoint,
  health: EndpointHealth,
  report: Report,
): void {
  if (!health.isNews(endpoint, failure)) return;
  report.warning(wentOnText(endpoint, failure, next));
}
