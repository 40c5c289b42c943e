/**
 * An entry of a lock file as it would be now: resolves its reference anew and looks at the content.
 * Says what has changed since; writes nothing.
 */
import { SILENT } from "../context";
import type { LockEntry } from "../lock/lock-entry";
import type { Properties } from "./lifecycle";
import { validInputsOfEntry } from "./lock-inputs";
import { type Looked, lookAt } from "./look";
import { changedFiles, filesOf } from "./outputs";
import type { SessionOptions } from "./session";

/** What is wanted in the lock file, and what is there. */
export interface Target {
  readonly wanted: Pick<LockEntry, "reference" | "inputs" | "destination">;
  readonly before: LockEntry | undefined;
}

/**
 * "moved": another digest, or another tag of a range; "content": another content of the same digest;
 * "completed": its content was not on record.
 */
export type Change = "added" | "moved" | "content" | "completed" | "same";

export interface Renewed {
  /** As it is now. */
  readonly entry: LockEntry;
  readonly before: LockEntry | undefined;
  readonly change: Change;
  /** Files that differ from before; absent where nothing moved, or what was there cannot be had. */
  readonly changedFiles?: number;
}

/** Whether the lock file says something else than what there is now. */
export function isOutdated({ change }: Renewed): boolean {
  return change !== "same" && change !== "completed";
}

/**
 * The entry as it is now.
 *
 * @param transport - Inputs that say how the registry is reached
 * @param file - What messages call the lock file
 * @throws OciError what a pull throws
 */
export async function renewEntry(
  { wanted, before }: Target,
  transport: Properties,
  file: string,
  options: SessionOptions,
): Promise<Renewed> {
  const { reference, inputs, destination } = wanted;
  const values = { ...transport, ...validInputsOfEntry(wanted, file) };
  const looked = await lookAt(values, options);
  const { digest, tag, contentDigest } = looked;
  const entry: LockEntry = Object.freeze({
    reference,
    ...(tag === undefined ? {} : { tag }),
    digest,
    content: { of: digest, digest: contentDigest },
    inputs,
    ...(destination === undefined ? {} : { destination }),
  });
  const change = changeOf(entry, before);
  const isCounted = before !== undefined && before.digest !== digest;
  const count = isCounted ? await filesChanged(before, looked, values, options) : undefined;
  return { entry, before, change, ...(count === undefined ? {} : { changedFiles: count }) };
}

function changeOf(now: LockEntry, before: LockEntry | undefined): Change {
  if (before === undefined) return "added";
  if (before.digest !== now.digest || before.tag !== now.tag) return "moved";
  if (before.content?.of !== now.digest) return "completed";
  return before.content.digest === now.content?.digest ? "same" : "content";
}

/** Best effort: registries let go of what no tag names any more. */
async function filesChanged(
  { digest }: LockEntry,
  { entries }: Looked,
  values: Properties,
  options: SessionOptions,
): Promise<number | undefined> {
  const quietly = { ...options, report: SILENT };
  const before = await lookAt({ ...values, digest }, quietly).catch(() => undefined);
  return before && changedFiles(filesOf(before.entries), filesOf(entries)).length;
}
