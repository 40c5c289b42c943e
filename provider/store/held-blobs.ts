/**
 * Which blobs are at work in some process, so that no other one evicts them: each piece of work
 * leaves a note with its digests, named after its process, before it looks for the blobs, and takes
 * it away in the end. Notes of dead processes count for nothing. There is no lock: who has read the
 * notes just before one came may still remove a blob, and its user fetches it again.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readBytes, removeFile, writeNewFile } from "./small-steps";
import { stagingPath, sweepStaging } from "./staging";

/** Takes the note away. */
export type Release = () => Promise<void>;

function notesOf(cacheDirectory: string): string {
  return join(cacheDirectory, "in-use");
}

/** Notes that these blobs are at work. A cache that takes no note has nobody evicting from it here. */
export async function holdBlobs(
  cacheDirectory: string,
  digests: readonly string[],
): Promise<Release> {
  let note: string;
  try {
    note = stagingPath(notesOf(cacheDirectory));
  } catch {
    return () => Promise.resolve();
  }
  const release = (): Promise<void> => {
    try {
      removeFile(note);
    } catch {
      // It counts for nothing when this process is gone.
    }
    return Promise.resolve();
  };
  try {
    await writeNewFile(note, digests.join("\n"));
    return release;
  } catch {
    // A part of it may be there.
    await release();
    return () => Promise.resolve();
  }
}

/** Removes the notes of dead processes. Best effort. */
export async function sweepNotes(cacheDirectory: string): Promise<void> {
  await sweepStaging(notesOf(cacheDirectory));
}

/** The blobs that are at work in living processes. */
export async function heldBlobs(cacheDirectory: string): Promise<ReadonlySet<string>> {
  const folder = notesOf(cacheDirectory);
  await sweepNotes(cacheDirectory);
  const names = await readdir(folder).catch(() => []);
  const notes = await Promise.all(
    names.map(async (name) => (await readBytes(join(folder, name)))?.toString() ?? ""),
  );
  return new Set(notes.flatMap((note) => note.split("\n")));
}
