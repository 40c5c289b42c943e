/**
 * Brings the blobs of a plan into the store: each once, a few at a time, checked by the store as
 * they come. What the store has is not asked for. Unpacks nothing.
 */
import type { Context } from "./context";
import { fetchBlob, type FetchRooms } from "./fetch-blob";
import { openFetchProgress, type FetchProgress } from "./fetch-progress";
import { createSlots } from "./slots";
import type { ReadAlong } from "./store/fill-draft";
import type { Descriptor, Plan, Verified } from "./types";

export type { FetchRooms } from "./fetch-blob";

/** Registries answer a handful of streams well; more only share the same line. */
const PARALLEL_BLOBS = 4;

/**
 * Of all pulls of this process together: fewer than there are connections to a registry
 * (registry/transport.ts), or manifests and tokens would wait behind blobs until their time is over.
 */
const ALL_PARALLEL_BLOBS = 24;

const slots = createSlots(ALL_PARALLEL_BLOBS);

/**
 * After this, every blob of the plan is in the store.
 *
 * @param readAlong - Reads a blob while it is fetched, where it is the only one that is missing.
 */
export async function fetchBlobs(
  verified: Verified,
  plan: Plan,
  rooms: FetchRooms,
  context: Context,
  readAlong?: ReadAlong,
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
  const progress = openFetchProgress(missing, context.report);
  const next = missing.values();
  const along = missing.length === 1 ? readAlong : undefined;
  const work = async (): Promise<void> => {
    try {
      for (const descriptor of next) {
        await fetchOne(descriptor, verified, rooms, { ...context, signal }, progress, along);
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
  progress: FetchProgress,
  readAlong: ReadAlong | undefined,
): Promise<void> {
  const file = rooms.blobs.file(descriptor.digest);
  const other = underWay.get(file);
  if (other !== undefined) {
    // Its failure may be its own (another credential, cancelled): then this one tries for itself.
    await endOf(other, context.signal);
    if (await rooms.blobs.has(descriptor)) {
      progress.reached(descriptor, descriptor.size);
      return;
    }
  }
  const blob = { ...verified, descriptor };
  const tell = (bytes: number): void => {
    progress.reached(descriptor, bytes);
  };
  const download = slots.run(
    () => fetchBlob(blob, rooms, context, tell, readAlong),
    context.signal,
  );
  underWay.set(file, download);
  try {
    await download;
  } finally {
    if (underWay.get(file) === download) underWay.delete(file);
  }
}

/** When the work has ended, either way, or nobody wants to wait for it any more. */
async function endOf(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const over = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    const wake = (): void => {
      resolve();
    };
    signal.addEventListener("abort", wake, { once: true, signal: over.signal });
  });
  await Promise.race([work.catch(() => undefined), aborted]);
  over.abort();
}
