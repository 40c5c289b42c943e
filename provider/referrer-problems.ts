/**
 * The errors of a wanted referrer: there is none, there are several, or it is not what it should be.
 * Pure; it chooses nothing.
 */
import type { ReferrerRequest, SeenReferrer } from "./choose-referrer";
import { OciError } from "./errors";
import { formatReference } from "./reference/format";
import { exactBytes } from "./settings/byte-size";
import type { Descriptor, Reference } from "./types";

/** By the image spec, when something was made. */
const CREATED = "org.opencontainers.image.created";

const verb = "find the referrer of";

/** @param types - Of what there is. */
export function noReferrer(
  { reference, referrerType }: ReferrerRequest,
  subject: string,
  types: readonly (string | undefined)[],
  unanswered: readonly OciError[],
): OciError {
  const counts = new Map<string, number>();
  for (const type of types) {
    const name = type ?? "(of no known type)";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const lines = [...counts].map(([name, count]) => `there is ${name}${times(count)}`);
  return new OciError({
    code: "NOT_FOUND",
    verb,
    subject: nameOf(reference, subject),
    fact: `nothing of the artifact type ${referrerType} refers to it`,
    details: [
      ...(lines.length === 0 ? ["nothing refers to it at all"] : lines),
      ...unanswered.flatMap(({ details }) => details),
    ],
    hint: "give one of the types there are as referrer.artifactType, or have it attached: `oras attach`",
  });
}

function times(count: number): string {
  return count === 1 ? "" : `, ${count} times`;
}

/** The entries all have the wanted type. */
export function ambiguousReferrer(
  { reference, referrerType }: ReferrerRequest,
  subject: string,
  entries: readonly Descriptor[],
): OciError {
  return new OciError({
    code: "AMBIGUOUS_REFERRER",
    verb,
    subject: nameOf(reference, subject),
    fact: `${entries.length} of the artifact type ${referrerType} refer to it`,
    details: entries.map(({ digest, annotations }) => {
      const created = annotations[CREATED];
      return created === undefined ? digest : `${digest}, created ${created}`;
    }),
    hint: 'choose one: give its digest as the input "digest", or in the reference, without referrer',
  });
}

/** A digest was given or kept, and it is of something else. */
export function notThisReferrer(
  { reference, referrerType }: ReferrerRequest,
  digest: string,
  { type, subject }: SeenReferrer,
): OciError {
  const about = subject === undefined ? "refers to nothing" : `refers to ${subject}`;
  return new OciError({
    code: "INVALID_INPUT",
    verb: "take as referrer",
    subject: nameOf(reference, digest),
    fact: `it ${about}, and its artifact type is ${type ?? "not known"}`,
    details: [
      `wanted is the artifact type ${referrerType}`,
      ...(reference.digest === undefined ? [] : [`that refers to ${reference.digest}`]),
    ],
    hint: 'with referrer, the input "digest" is of what refers to it: correct it, or leave out one of them',
  });
}

/** The list says one thing, and the referrer another. */
export function wrongList(
  { reference, referrerType }: ReferrerRequest,
  subject: string,
  entry: Descriptor,
  found: SeenReferrer,
): OciError {
  const details = [
    ...(found.type === referrerType
      ? []
      : [`listed as ${referrerType}, and is ${found.type ?? "of no known type"}`]),
    ...(found.subject === subject
      ? []
      : [`listed for ${subject}, and refers to ${found.subject ?? "nothing"}`]),
    ...(found.size === entry.size
      ? []
      : [`listed with ${exactBytes(entry.size)}, and has ${found.size}`]),
  ];
  return new OciError({
    code: "REGISTRY",
    verb,
    subject: nameOf(reference, subject),
    fact: `the list of referrers is wrong about ${entry.digest}`,
    details,
    hint: "tell the people who run the registry, or have the referrer attached again",
  });
}

function nameOf(reference: Reference, digest: string): string {
  return formatReference({ ...reference, digest });
}
