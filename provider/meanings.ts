/**
 * A name without a registry may mean several references, by the search list of registries.conf. They
 * are tried in order; a name that means one thing costs nothing. Which of them had a digest is
 * remembered: the cache has no registries, and would say yes to the first.
 */
import { errorFacts, OciError } from "./errors";
import { pinnedReference } from "./reference/format";
import type { TagMemory } from "./store/tag-memory";
import type { Endpoint, Reference } from "./types";

/** A reference in full, and where it is asked for. */
export interface Meaning {
  readonly reference: Reference;
  /** In order; never empty. */
  readonly endpoints: readonly Endpoint[];
  /** Where its tag is asked for, where a digest is wanted. Default: `endpoints`. */
  readonly tagEndpoints?: readonly Endpoint[];
}

/** What may be meant, the first choice beside the others. */
export interface Meanings extends Meaning {
  readonly others?: readonly Meaning[];
  /** Exactly this digest is wanted: whichever meaning had it, is meant. */
  readonly digest?: string | undefined;
  /** What the name came to before: nothing for a meaning that had it not. */
  readonly known?: string | undefined;
}

/** What was found, if it was content. */
interface WithDigest {
  readonly digest: string | undefined;
}

export interface MeaningRooms {
  readonly tags: TagMemory;
}

/**
 * What the work comes to with the first meaning that serves.
 *
 * @throws OciError of the last one, with a line for each that was tried before; CANCELLED at once.
 */
export async function firstMeaning<R extends Meanings, T extends WithDigest>(
  request: R,
  { tags }: MeaningRooms,
  work: (request: R) => Promise<T>,
): Promise<T> {
  const { others = [], known } = request;
  if (others.length === 0) return await work(request);
  const hadKnown = known === undefined ? undefined : await whoHad(known, request, tags);
  const failures: OciError[] = [];
  for (const meaning of await inOrder(request, tags)) {
    const own = { ...request, ...meaning, known: meaning === hadKnown ? known : undefined };
    try {
      const result = await work(own);
      const { digest } = result;
      if (digest !== undefined) {
        await tags.remember(pinnedReference(meaning.reference, digest), digest);
      }
      return result;
    } catch (error) {
      if (!(error instanceof OciError) || error.code === "CANCELLED") throw error;
      failures.push(error);
    }
  }
  const last = failures.at(-1);
  if (last === undefined) throw new TypeError("a name means nothing");
  const before = failures.slice(0, -1).map(({ subject, fact }) => `${subject}: ${fact}`);
  throw new OciError({ ...errorFacts(last), details: [...before, ...last.details], cause: last });
}

/** As the configuration has them; but whoever had the wanted digest comes first. */
async function inOrder(request: Meanings, tags: TagMemory): Promise<readonly Meaning[]> {
  const all = meaningsOf(request);
  const wanted = request.digest ?? request.reference.digest;
  const had = wanted === undefined ? undefined : await whoHad(wanted, request, tags);
  return had === undefined ? all : [had, ...all.filter((meaning) => meaning !== had)];
}

function meaningsOf(request: Meanings): readonly Meaning[] {
  return [request, ...(request.others ?? [])];
}

async function whoHad(
  digest: string,
  request: Meanings,
  tags: TagMemory,
): Promise<Meaning | undefined> {
  for (const meaning of meaningsOf(request)) {
    if ((await tags.recall(pinnedReference(meaning.reference, digest))) === digest) return meaning;
  }
  return undefined;
}
