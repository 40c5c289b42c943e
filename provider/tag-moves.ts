/**
 * What a moved tag means: `onTagMove`. For a tag, "keep" holds the recorded digest and "error"
 * refuses another one; for `tag@digest` the digest always wins, and a tag that points elsewhere is
 * a warning, or with "error" a failure. Pure but for what it reports.
 */
import type { Report } from "./context";
import { OciError } from "./errors";
import { formatReference } from "./reference/format";
import type { Resolved } from "./types";

export const TAG_MOVES = ["update", "keep", "error"] as const;

/** What to do when a tag points to another digest than before, or than the reference says. */
export type OnTagMove = (typeof TAG_MOVES)[number];

/** What a moved tag is judged by. */
export interface TagMoveRule {
  /** Default "update". */
  readonly onTagMove?: OnTagMove | undefined;
  /** What this very reference resolved to before. */
  readonly known?: string | undefined;
}

/** The digest that "keep" holds on to: then the tag is not asked for. */
export function keptDigest({ onTagMove, known }: TagMoveRule): string | undefined {
  return onTagMove === "keep" ? known : undefined;
}

/** @throws OciError TAG_MOVED where the rule is "error" and the tag has moved. */
export function judgeTagMove(resolved: Resolved, rule: TagMoveRule, report: Report): void {
  const { digest, reference, tagDigest } = resolved;
  const { onTagMove = "update", known } = rule;
  if (tagDigest !== undefined && tagDigest !== digest) {
    const fact = `the tag ${String(reference.tag)} points to ${tagDigest}, and the reference names ${digest}`;
    if (onTagMove === "error") throw moved(resolved, fact);
    report.warning(`${fact}; the digest is taken`);
    return;
  }
  if (onTagMove !== "error" || known === undefined || known === digest) return;
  throw moved(resolved, `its tag has moved from ${known} to ${digest}`);
}

function moved({ reference }: Resolved, fact: string): OciError {
  return new OciError({
    code: "TAG_MOVED",
    verb: "use",
    subject: formatReference(reference),
    fact,
    hint: 'look at what changed; then pin the new digest, or set onTagMove: "update" to follow the tag',
  });
}
