/**
 * What is said where the world has moved on from a lock file: a tag that points elsewhere, content
 * that is another one for the same digest. Decides by what it is told; asks nobody.
 */
import { contentDigest } from "../content-digest";
import type { Report } from "../context";
import { OciError } from "../errors";
import { formatReference } from "../reference/format";
import type { Resolved, TreeEntry } from "../types";
import type { ChosenTag } from "../versions/chosen-tag";

/** What a lock file says of an artifact that is pulled. */
export interface Locked {
  /** What messages call the lock file. */
  readonly file: string;
  readonly digest: string;
  /** What a range of versions had come to. */
  readonly chosen?: ChosenTag;
  /** Of the very content that is pulled; absent where the lock file does not know it. */
  readonly contentDigest?: string;
  /** The digest was changed since its content was looked at. */
  readonly isHalf: boolean;
  /** The command that renews the entry. */
  readonly renewal: string;
}

/**
 * The digest of a lock file always counts; that its tag points elsewhere is a warning.
 *
 * @throws OciError LOCK_OUTDATED instead, where `onTagMove` is "error"
 */
export function judgeLockedTag(
  { reference, tagDigest }: Pick<Resolved, "reference" | "tagDigest">,
  { file, digest, isHalf, renewal }: Locked,
  onTagMove: "update" | "keep" | "error" | undefined,
  report: Report,
): void {
  if (tagDigest !== undefined && tagDigest !== digest) {
    const fact = `the tag ${String(reference.tag)} points to ${tagDigest}, and ${file} has ${digest}`;
    const hint = `look at what changed, and renew the lock file: ${renewal}`;
    if (onTagMove === "error") throw outdated(formatReference(reference), fact, hint);
    report.warning(`${fact}, which is taken: the lock file is outdated\nhint: ${hint}`);
  } else if (isHalf) {
    report.info(`${file} does not know the content of ${digest} yet; to add it: ${renewal}`);
  }
}

/**
 * The entries, where they are the content that the lock file knows.
 *
 * @throws OciError LOCK_OUTDATED where they are not
 */
export function withLockedContent<Entry extends TreeEntry>(
  entries: readonly Entry[],
  locked: Locked | undefined,
  subject: string,
): readonly Entry[] {
  if (locked?.contentDigest === undefined) return entries;
  const found = contentDigest(entries);
  if (found === locked.contentDigest) return entries;
  const { file, digest, renewal } = locked;
  throw outdated(
    subject,
    `the content of ${digest} is ${found}, and ${file} has ${locked.contentDigest}`,
    `the digest is the same, so the file was edited, or another version of this package unpacks otherwise; renew it: ${renewal}`,
  );
}

/** The one error of a lock file that does not say what is wanted of it. */
export function outdated(
  subject: string,
  fact: string,
  hint: string,
  details: readonly string[] = [],
): OciError {
  return new OciError({ code: "LOCK_OUTDATED", verb: "use", subject, fact, details, hint });
}
