/**
 * The gate to lock files: nothing of them is loaded where no input names one. Decides nothing itself.
 */
import type { Context } from "../context";
import { judgeLockedTag } from "../lock/judge";
import type { PullRequest } from "../pull";
import { type ResolveRooms, tagBeside } from "../resolve";
import type { Reference, Resolved } from "../types";
import type { ReadInputs } from "./read-inputs";

/**
 * The inputs as the lock file that they name says, or as they are.
 *
 * @param directory - Of the program; absolute
 * @throws OciError LOCK_OUTDATED where the file has no entry, INVALID_INPUT, CONFIG
 */
export async function locked(read: ReadInputs, directory: string): Promise<ReadInputs> {
  const { lockFile } = read.inputs;
  if (lockFile === undefined) return read;
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { withLockFile } = require("./with-lock") as typeof import("./with-lock");
  /* eslint-enable @typescript-eslint/no-require-imports */
  return await withLockFile(read, lockFile, directory);
}

/**
 * What a lock file says to those who only look: its digest counts, and that its tag has moved is told.
 *
 * @throws OciError LOCK_OUTDATED instead, where `onTagMove` is "error"
 */
export async function judgeLooked(
  request: PullRequest,
  found: Pick<Resolved, "reference">,
  rooms: ResolveRooms,
  context: Context,
): Promise<void> {
  const { locked, endpoints, onTagMove } = request;
  if (locked === undefined) return;
  const tagDigest = await tagBeside(request, endpoints, rooms, context);
  const { reference } = found;
  const now = tagDigest === undefined ? { reference } : { reference, tagDigest };
  judgeLockedTag(now, locked, onTagMove, context.report);
}

/** What a name may mean, with the tag and the digest of the lock file: it is of each the same. */
export function asLocked(meant: Reference, { locked, reference }: ReadInputs): Reference {
  if (locked === undefined) return meant;
  const { tag, digest } = reference;
  return {
    ...meant,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}
