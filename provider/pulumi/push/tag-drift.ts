/**
 * Tags that somebody else has moved or deleted since they were pushed, and what the rule of the user
 * makes of them. It decides; it asks nobody and sets nothing.
 */
import { OciError } from "../../errors";
import type { PlannedPublish } from "../../publish";
import { formatReference } from "../../reference/format";
import { tagExists } from "../../registry/push-manifest";
import type { Properties } from "../lifecycle";
import type { OnTagDrift } from "./push-inputs";
import { MISSING, repositoryIn } from "./push-outputs";

/** A tag that names neither what was pushed nor what is to be. */
export interface Drift {
  readonly tag: string;
  /** Undefined where it is not there. */
  readonly names: string | undefined;
}

/** What becomes of the tags. */
export interface TagPlan {
  /** Tag → what it is to name. */
  readonly tagged: Readonly<Record<string, string>>;
  /** Those that are to be set, in order; the ones that name it already among them. */
  readonly tags: readonly string[];
  /** Those that go back. */
  readonly restored: readonly Drift[];
  /** Those that stay as somebody else has left them. */
  readonly kept: readonly Drift[];
}

/**
 * @param olds - The state, as far as there is one
 * @throws OciError TAG_MOVED where the rule is "error"; TAG_EXISTS where a tag may not be moved
 */
export function planTags(planned: PlannedPublish, olds: Properties, rule: OnTagDrift): TagPlan {
  const { digest, tags, request } = planned;
  const drifted = driftsOf(planned, olds);
  if (rule === "error" && drifted.length > 0) throw moved(planned, drifted);
  const kept = rule === "keep" ? drifted : [];
  const left = new Map(kept.map(({ tag, names }) => [tag, names ?? MISSING]));
  const set = tags.filter((tag) => !left.has(tag));
  if (request.immutableTags === true) refuseMoves(planned, set);
  return Object.freeze({
    tagged: Object.freeze(Object.fromEntries(tags.map((tag) => [tag, left.get(tag) ?? digest]))),
    tags: set,
    restored: rule === "keep" ? [] : drifted,
    kept,
  });
}

/** "the tag 1 names sha256:…", for a row. */
export function driftText({ tag, names }: Drift): string {
  return names === undefined ? `the tag ${tag} is not there` : `the tag ${tag} names ${names}`;
}

/** Of the tags that the state has pushed, in the same repository. */
function driftsOf({ tags, current, digest, request }: PlannedPublish, olds: Properties) {
  const before = olds["digest"];
  if (current === undefined || !repositoryIn(olds, request.reference)) return [];
  const pushed = Object.keys(olds["tagged"] ?? {});
  return tags.flatMap((tag): readonly Drift[] => {
    const names = current.get(tag);
    if (!pushed.includes(tag) || names === digest || names === before) return [];
    return [{ tag, names }];
  });
}

function moved({ request }: PlannedPublish, drifted: readonly Drift[]): OciError {
  return new OciError({
    code: "TAG_MOVED",
    verb: "push",
    subject: formatReference(request.reference),
    fact: "somebody else has moved or deleted what was pushed",
    details: drifted.map(driftText),
    hint: 'look at what is there; then set onTagDrift to "restore" or "keep"',
  });
}

/** In a preview already; the push looks once more. */
function refuseMoves({ current, digest, request }: PlannedPublish, tags: readonly string[]): void {
  const { registry, repository } = request.reference;
  for (const tag of tags) {
    const names = current?.get(tag);
    if (names === undefined || names === digest) continue;
    throw tagExists({ subject: formatReference({ registry, repository, tag }) }, names);
  }
}
