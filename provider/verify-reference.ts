/**
 * Who has signed what a reference names, without its content: for people who ask just that. An index is
 * as good as a manifest here.
 */
import type { Context } from "./context";
import { firstMeaning, type Meanings } from "./meanings";
import { prove, type ProveRooms } from "./prove";
import { formatReference } from "./reference/format";
import { findNamed, type ResolveRequest } from "./resolve";
import type { Endpoint, Reference } from "./types";
import type { Policy } from "./verify/verify";
import { withinTotal } from "./within-total";

export interface VerifyRequest extends Meanings, ResolveRequest {
  readonly policy: Exclude<Policy, { readonly kind: "none" }>;
  /** Milliseconds for all of it. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}

export interface VerifiedReference {
  /** In full: what a name without a registry came to. */
  readonly reference: Reference;
  readonly digest: string;
  readonly signers: readonly string[];
  readonly servedBy?: Endpoint;
}

/** @throws OciError of the registry, and what `prove` throws. */
export async function verifyReference(
  request: VerifyRequest,
  rooms: ProveRooms,
  context: Context,
): Promise<VerifiedReference> {
  const subject = formatReference(request.reference);
  return await withinTotal(request.totalTimeout, subject, context, async (bounded) => {
    const { meant, digest, servedBy } = await firstMeaning(request, rooms, async (meaning) => {
      const found = await findNamed(meaning, meaning.endpoints, rooms, bounded);
      return { meant: meaning, digest: found.document.digest, servedBy: found.servedBy };
    });
    const signers = await prove(
      { ...meant, digest, isCached: servedBy === undefined },
      request.policy,
      rooms,
      bounded,
    );
    return Object.freeze({
      reference: meant.reference,
      digest,
      signers,
      ...(servedBy === undefined ? {} : { servedBy }),
    });
  });
}
