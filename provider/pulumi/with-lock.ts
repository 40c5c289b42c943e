/**
 * What a lock file says of inputs: their reference with the digest that it was, so that nobody is asked
 * which it is. Reads the lock file, and changes none.
 */
import { resolve } from "node:path";
import { OciError } from "../errors";
import { findEntry } from "../lock/entries";
import { type Locked, outdated } from "../lock/judge";
import type { LockEntry } from "../lock/lock-entry";
import { readLock } from "../lock/read-lock";
import { effectiveTag } from "../reference/format";
import { parseVersionTag } from "../versions/version-tag";
import { lockCommand, lockedInputsOf } from "./lock-inputs";
import { namedDigest, type ReadInputs } from "./read-inputs";

/**
 * The inputs as the lock file that they name says. What names its digest itself needs no entry.
 *
 * @param directory - Of the program; absolute
 * @throws OciError LOCK_OUTDATED where there is no entry, INVALID_INPUT where another digest is given,
 * CONFIG where the file cannot be used
 */
export async function withLockFile(
  read: ReadInputs,
  file: string,
  directory: string,
): Promise<ReadInputs> {
  return withLock(read, file, await readLock(resolve(directory, file), file));
}

/** The same with the entries of the file; undefined where there is none. @throws like withLockFile */
export function withLock(
  read: ReadInputs,
  file: string,
  entries: readonly LockEntry[] | undefined,
): ReadInputs {
  const wanted = { reference: read.inputs.reference, inputs: lockedInputsOf(read.inputs) };
  const renewal = lockCommand(wanted.reference, wanted.inputs, file);
  const given = namedDigest(read);
  const found = findEntry(entries ?? [], wanted);
  if (found.kind === "none") {
    if (given !== undefined) return read;
    const fact = entries === undefined ? `there is no ${file}` : `${file} has no entry for it`;
    throw outdated(wanted.reference, fact, `to lock it: ${renewal}`);
  }
  if (found.kind === "several") {
    const fact = `${file} has it with ${found.digests.length} digests`;
    throw outdated(wanted.reference, fact, `to lock it: ${renewal}`, found.digests);
  }
  const { entry, isSame } = found;
  if (given !== undefined && given !== entry.digest) throw contradiction(read, file, entry, given);
  return pinned(read, entry, {
    file,
    digest: entry.digest,
    isHalf: entry.content?.of !== entry.digest,
    renewal,
    ...chosenOf(read, entry),
    ...(isSame && entry.content?.of === entry.digest
      ? { contentDigest: entry.content.digest }
      : {}),
  });
}

/** As if the reference had been written with the digest; that of a referrer is not the reference's. */
function pinned(read: ReadInputs, { digest, tag }: LockEntry, locked: Locked): ReadInputs {
  const named = tag ?? effectiveTag(read.reference);
  const reference = {
    ...read.reference,
    ...(named === undefined ? {} : { tag: named }),
    ...(read.inputs.referrer === undefined ? { digest } : {}),
  };
  return { ...read, reference: Object.freeze(reference), locked: Object.freeze(locked) };
}

function chosenOf({ inputs }: ReadInputs, { tag }: LockEntry): Pick<Locked, "chosen"> {
  if (tag === undefined) return {};
  const version = parseVersionTag(tag, { tagPrefix: inputs.tagPrefix ?? "" })?.text;
  return { chosen: { tag, ...(version === undefined ? {} : { version }) } };
}

function contradiction(read: ReadInputs, file: string, { digest }: LockEntry, given: string) {
  const isInput = read.inputs.digest !== undefined;
  return new OciError({
    code: "INVALID_INPUT",
    verb: "use",
    subject: isInput ? 'input "digest"' : read.inputs.reference,
    fact: `${isInput ? "it" : "its digest"} is ${given}, and ${file} has ${digest}`,
    hint: isInput
      ? 'take the digest out (ignoreChanges: ["digest"] gives one, too), or use no lock file here'
      : "take the digest out, or use no lock file here",
  });
}
