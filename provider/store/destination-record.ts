/**
 * What we know of a destination: a receipt of what was placed there, and for whom. One small file a
 * destination, written whole; a lost one takes the right to replace anything, and nothing else.
 */
import type { TreeEntry } from "../types";
import type { Owner } from "./placing";
import { parseReceipt, type Receipt, type ReceiptEntry } from "./receipt";
import { removeFile } from "./small-steps";
import { readJsonFile, writeFileWhole } from "./write-file";

export interface DestinationRecord extends Receipt {
  /** Who had the content placed there; who goes last has it removed. */
  readonly owners: readonly Owner[];
  /** Folders of the content that others use as well: they had been there, or have gone from ours. */
  readonly shared: readonly string[];
}

/** An entry whose place on the disk is not as it says: it is looked at closely whenever somebody asks. */
export function withoutFacts(entry: TreeEntry): ReceiptEntry {
  const size = entry.type === "symlink" ? Buffer.byteLength(entry.target ?? "") : entry.size;
  return { ...entry, facts: { size, mtimeMs: 0, ctimeMs: 0, inode: 0 } };
}

/** The record in the file; undefined where there is none. One without owners is a plain receipt. */
export async function readRecord(file: string): Promise<DestinationRecord | undefined> {
  return parseRecord(await readJsonFile(file));
}

/** The record in parsed JSON; undefined where it is of another version or damaged. */
export function parseRecord(value: unknown): DestinationRecord | undefined {
  const receipt = parseReceipt(value);
  if (receipt === undefined || !receipt.entries.every(({ path }) => isLegalPath(path)))
    return undefined;
  const { owners, shared } = receipt as Partial<DestinationRecord>;
  return {
    ...receipt,
    owners: Array.isArray(owners) ? owners.filter(isOwner) : [],
    shared: Array.isArray(shared) ? shared.filter((path) => typeof path === "string") : [],
  };
}

/** Of records that are written twice, in a journal and by themselves: a long list takes its time. */
const written = new WeakMap<DestinationRecord, Buffer>();

/** The record as JSON in UTF-8. */
export function recordBytes(record: DestinationRecord): Buffer {
  const bytes = written.get(record) ?? Buffer.from(JSON.stringify(record));
  written.set(record, bytes);
  return bytes;
}

/**
 * Writes the record, or takes it away.
 *
 * @returns What stands in the way, if anything: the content is there all the same.
 */
export async function writeRecord(
  file: string,
  record: DestinationRecord | undefined,
): Promise<Error | undefined> {
  try {
    if (record === undefined) removeFile(file);
    else await writeFileWhole(file, recordBytes(record));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/**
 * The owners, with one more. Who is named already has the new URN; and whoever had this URN is gone:
 * the engine never wrote down that it was created.
 */
export function withOwner(owners: readonly Owner[], owner: Owner): readonly Owner[] {
  const others = owners.filter(
    ({ id, urn }) => id !== owner.id && (urn === "" || urn !== owner.urn),
  );
  return [...others, { id: owner.id, urn: owner.urn }];
}

/** Whether a path stays in the folder: those of records and journals are removed and written. */
export function isLegalPath(path: string): boolean {
  return path.split("/").every((part) => !["", ".", ".."].includes(part));
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== "object" || value === null) return false;
  const { id, urn } = value as Partial<Owner>;
  return typeof id === "string" && typeof urn === "string";
}
