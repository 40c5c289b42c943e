/**
 * Who has signed what a reference names, without its content: for people who ask just that. An index is
 * as good as a manifest here.
 */
import { findReferrer, wantsReferrer } from "./choose-referrer";
import { chooseVersion } from "./choose-version";
import type { Context } from "./context";
import { firstMeaning, type Meanings } from "./meanings";
import { prove, type ProveRooms } from "./prove";
import { formatReference } from "./reference/format";
import { findNamed, type ResolveRequest } from "./resolve";
import type { Endpoint, Reference } from "./types";
import type { Policy } from "./verify/verify";
import type { ChosenTag } from "./versions/chosen-tag";
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
  /** What a range of versions has come to. */
  readonly chosen?: ChosenTag;
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
    const { meant, chosen, digest, servedBy } = await firstMeaning(request, rooms, (meaning) =>
      chooseVersion(meaning, rooms, bounded, async (wanted, choice) => {
        const { digest, servedBy } = await digestOf(wanted, rooms, bounded);
        return { meant: wanted, chosen: choice, digest, servedBy };
      }),
    );
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
      ...(chosen === undefined ? {} : { chosen }),
      ...(servedBy === undefined ? {} : { servedBy }),
    });
  });
}

/** What has to be signed: what the reference names; or where a referrer of it is wanted, that. */
async function digestOf(
  request: VerifyRequest,
  rooms: ProveRooms,
  context: Context,
): Promise<{ readonly digest: string; readonly servedBy?: Endpoint }> {
  const { endpoints } = request;
  if (wantsReferrer(request)) return await findReferrer(request, endpoints, rooms, context);
  const { document, ...found } = await findNamed(request, endpoints, rooms, context);
  return { digest: document.digest, ...found };
}
