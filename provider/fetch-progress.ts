/**
 * How far several blobs are on their way, down or up, as their report is told. A blob that is begun
 * anew counts from its beginning again. Moves nothing.
 */
import type { Report } from "./context";
import { formatByteSize } from "./settings/byte-size";
import type { Descriptor } from "./types";

/** How often it is told, at most; a line for each piece of a socket would cost more than its hash. */
const TOLD_STEPS = 200;

export interface FetchProgress {
  /** So many bytes of the blob are there now. */
  reached(blob: Descriptor, bytes: number): void;
}

/** Of these blobs; nothing of them is there yet. `done` is what the report calls it. */
export function openFetchProgress(
  blobs: readonly Descriptor[],
  report: Report,
  done: "fetched" | "pushed" = "fetched",
): FetchProgress {
  const totalBytes = blobs.reduce((sum, { size }) => sum + size, 0);
  const reached = new Map<string, number>();
  let [doneBytes, toldBytes] = [0, 0];
  return {
    reached({ digest, size }, bytes) {
      // A registry may send more than it should; that is found elsewhere.
      const position = Math.min(bytes, size);
      doneBytes += position - (reached.get(digest) ?? 0);
      reached.set(digest, position);
      const isNews = Math.abs(doneBytes - toldBytes) >= totalBytes / TOLD_STEPS;
      if (!isNews && doneBytes !== totalBytes) return;
      toldBytes = doneBytes;
      const amount = `${formatByteSize(doneBytes)} of ${formatByteSize(totalBytes)}`;
      report.status(`${done} ${amount}`, { doneBytes, totalBytes });
    },
  };
}
