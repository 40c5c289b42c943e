/**
 * Brings the blobs of a plan into the store: each once, a few at a time, checked by the store as
 * they come. What the store has is not asked for. Unpacks nothing.
 */
import { askInOrder } from "./ask";
import type { Context } from "./context";
import { formatReference } from "./reference/format";
import type { RegistryClient } from "./registry/client";
import type { BlobStore } from "./store/blobs";
import type { Descriptor, Plan, Verified } from "./types";

/** Registries answer a handful of streams well; more only share the same line. */
const PARALLEL_BLOBS = 4;

export interface FetchRooms {
  readonly client: RegistryClient;
  readonly blobs: BlobStore;
}

/** After this, every blob of the plan is in the store. */
export async function fetchBlobs(
  verified: Verified,
  plan: Plan,
  rooms: FetchRooms,
  context: Context,
): Promise<void> {
  const wanted = new Map(plan.layers.map(({ descriptor }) => [descriptor.digest, descriptor]));
  const missing: Descriptor[] = [];
  for (const descriptor of wanted.values()) {
    if (!(await rooms.blobs.has(descriptor))) missing.push(descriptor);
  }
  if (missing.length === 0) return;
  // The first failure ends the others: nobody waits for a download that serves nothing any more.
  const failure = new AbortController();
  const signal = AbortSignal.any([context.signal, failure.signal]);
  let first: { readonly error: unknown } | undefined;
  let done = 0;
  const next = missing.values();
  const work = async (): Promise<void> => {
    try {
      for (const descriptor of next) {
        await fetchOne(descriptor, verified, rooms, { ...context, signal });
        done += 1;
        context.report.status(`fetched ${done} of ${missing.length} blobs`);
      }
    } catch (error) {
      first ??= { error };
      failure.abort();
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_BLOBS, missing.length) }, work));
  throwFirst(first);
}

function throwFirst(first: { readonly error: unknown } | undefined): void {
  if (first !== undefined) throw first.error;
}

/** Downloads under way in this process, so that two resources with one digest share one. */
const underWay = new Map<string, Promise<void>>();

async function fetchOne(
  descriptor: Descriptor,
  verified: Verified,
  rooms: FetchRooms,
  context: Context,
): Promise<void> {
  const file = rooms.blobs.file(descriptor.digest);
  const other = underWay.get(file);
  if (other !== undefined) {
    // Its failure may be its own (another credential, cancelled): then this one tries for itself.
    await untilEither(other, context.signal);
    if (context.signal.aborted) throw cancelled(verified);
    if (await rooms.blobs.has(descriptor)) return;
  }
  const download = askInOrder(
    verified.endpoints,
    formatReference(verified.reference),
    async (endpoint) => {
      const body = rooms.client.getBlob(endpoint, descriptor, context);
      await rooms.blobs.write(descriptor, body, formatReference(verified.reference));
    },
  ).then(() => undefined);
  underWay.set(file, download);
  try {
    await download;
  } finally {
    if (underWay.get(file) === download) underWay.delete(file);
  }
}
