/**
 * What a moved tag means: `onTagMove`. For a tag, "keep" holds the recorded digest and "error"
 * refuses another one, and another tag for a range; for `tag@digest` the digest always wins, and a tag
 * that points elsewhere is a warning, or with "error" a failure. Pure but for what it reports.
 */
import { type Report, SILENT } from "./context";
import { OciError } from "./errors";
import { judgeLockedTag, type Locked } from "./lock/judge";
import { formatReference } from "./reference/format";
import type { Resolved } from "./types";
import type { ChosenTag } from "./versions/chosen-tag";
import type { WantedVersion } from "./versions/wanted-version";

export const TAG_MOVES = ["update", "keep", "error"] as const;

/** What to do when a tag points to another digest than before, or than the reference says. */
export type OnTagMove = (typeof TAG_MOVES)[number];

/** What a moved tag is judged by. */
export interface TagMoveRule {
  /** Default "update". */
  readonly onTagMove?: OnTagMove | undefined;
  /** What this very reference resolved to before. */
  readonly known?: string | undefined;
  /** The range that the tag was chosen by. */
  readonly version?: WantedVersion | undefined;
  /** What it came to with `known`. */
  readonly recorded?: ChosenTag | undefined;
  /** What a lock file says, where the digest is from there. */
  readonly locked?: Locked | undefined;
  /** It was judged for the same inputs, and what there is to say was said; errors are errors again. */
  readonly isJudged?: boolean | undefined;
}

/** The digest that "keep" holds on to: then the tag is not asked for. */
export function keptDigest({ onTagMove, known }: TagMoveRule): string | undefined {
  return onTagMove === "keep" ? known : undefined;
}

/** @throws OciError TAG_MOVED, LOCK_OUTDATED where the rule is "error" and the tag has moved. */
export function judgeTagMove(resolved: Resolved, rule: TagMoveRule, aloud: Report): void {
  const { digest, reference, tagDigest, subjectDigest = digest } = resolved;
  const { onTagMove = "update", known, version, recorded } = rule;
  const report = rule.isJudged === true ? SILENT : aloud;
  if (rule.locked !== undefined) {
    judgeLockedTag(resolved, rule.locked, onTagMove, report);
    return;
  }
  if (tagDigest !== undefined && tagDigest !== subjectDigest) {
    const fact = `the tag ${String(reference.tag)} points to ${tagDigest}, and the reference names ${subjectDigest}`;
    if (onTagMove === "error") throw moved(resolved, fact, "the tag");
    report.warning(`${fact}; the digest is taken`);
    return;
  }
  if (onTagMove !== "error" || known === undefined) return;
  if (version === undefined || reference.tag === undefined || recorded?.tag === reference.tag) {
    if (known === digest) return;
    if (resolved.subjectDigest !== undefined) {
      throw moved(resolved, `what refers to it was ${known}, and is ${digest} now`, "it");
    }
    throw moved(resolved, `its tag has moved from ${known} to ${digest}`, "the tag");
  }
  // The same content under another tag is another version all the same.
  if (known === digest && recorded === undefined) return;
  const before = recorded === undefined ? known : `${recorded.tag} (${known})`;
  const fact = `semver "${version.range.text}" now chooses ${reference.tag} (${digest}), and ${before} was recorded`;
  throw moved(resolved, fact, "the range");
}

function moved({ reference }: Resolved, fact: string, followed: string): OciError {
  return new OciError({
    code: "TAG_MOVED",
    verb: "use",
    subject: formatReference(reference),
    fact,
    hint: `look at what changed; then pin the new digest, or set onTagMove: "update" to follow ${followed}`,
  });
}
