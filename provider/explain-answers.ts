/**
 * Asks each endpoint of a way for the manifest, all at once, to compare what they say. Keeps nothing:
 * no document, no digest of a tag, and nothing against an endpoint that fails.
 */
import { parseManifest } from "./content/manifest";
import type { Context } from "./context";
import { OciError } from "./errors";
import type { ExplainedEndpoint } from "./explain-endpoint";
import type { ManifestHead, RegistryClient } from "./registry/client";
import type { Endpoint } from "./types";
import { withinTotal } from "./within-total";

/** What is asked for. */
export interface Asked {
  /** What errors call it: the reference. */
  readonly subject: string;
  /** Tag or digest. */
  readonly name: string;
  /** Milliseconds for each endpoint. Default: no bound. */
  readonly totalTimeout: number | undefined;
}

/** Codes of what is none of an endpoint's doing: the user's signal, and defects of ours. */
const NOT_THEIRS: ReadonlySet<string> = new Set(["CANCELLED", "STORE"]);

/**
 * What the endpoint says of the manifest, or why it says nothing. One quick look: what heals at once
 * gets a second try, as in a pull that has somewhere else to go.
 *
 * @throws OciError CANCELLED, STORE.
 */
export async function answerOf(
  endpoint: Endpoint,
  { subject, name, totalTimeout }: Asked,
  client: RegistryClient,
  context: Context,
): Promise<ManifestHead | OciError> {
  if (endpoint.unusable !== undefined) return endpoint.unusable;
  try {
    return await withinTotal(totalTimeout, subject, context, async (bounded) => {
      const asking = { ...bounded, patience: "short" } as const;
      const head = await client.headManifest(endpoint, name, asking);
      if (head !== undefined) return head;
      const { bytes, digest, mediaType } = await client.getManifest(endpoint, name, asking);
      // Not everything that comes with 200 is one.
      const document = parseManifest(bytes, mediaType, subject, context.limits);
      return Object.freeze({ digest, mediaType: document.mediaType });
    });
  } catch (error) {
    if (!(error instanceof OciError) || NOT_THEIRS.has(error.code)) throw error;
    return error;
  }
}

/** A digest, and who answered it. */
export interface Said {
  readonly digest: string;
  /** Places in the list, from 1. */
  readonly by: readonly number[];
}

/**
 * What was answered, for each meaning of the name on its own: what a name may mean are different
 * things. Meanings that nobody knows are left out.
 */
export function answersOf(endpoints: readonly ExplainedEndpoint[]): readonly (readonly Said[])[] {
  const meanings = new Map<string | undefined, Map<string, readonly number[]>>();
  endpoints.forEach((endpoint, position) => {
    const digest = digestFrom(endpoint);
    if (digest === undefined) return;
    const said = meanings.get(endpoint.meaning) ?? new Map<string, readonly number[]>();
    meanings.set(endpoint.meaning, said);
    said.set(digest, [...(said.get(digest) ?? []), position + 1]);
  });
  return [...meanings.values()].map((said) => [...said].map(([digest, by]) => ({ digest, by })));
}

/** Whether all who answered say the same; undefined where there are no two to compare. */
export function agreementOf(endpoints: readonly ExplainedEndpoint[]): boolean | undefined {
  const meanings = answersOf(endpoints);
  if (meanings.every((said) => said.flatMap(({ by }) => by).length < 2)) return undefined;
  return meanings.every(({ length }) => length === 1);
}

function digestFrom(endpoint: ExplainedEndpoint): string | undefined {
  const answer = endpoint.skipped === undefined ? endpoint.answer : undefined;
  return answer === undefined || answer instanceof OciError ? undefined : answer.digest;
}
