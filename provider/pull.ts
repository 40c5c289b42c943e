/**
 * The whole road, and the only file that knows it: a reference is resolved over endpoints to a
 * digest, verified against a policy, fetched into the store, unpacked to a tree and placed.
 */
import { resolveReferrer, wantsReferrer } from "./choose-referrer";
import { chooseVersion } from "./choose-version";
import type { ChartFacts } from "./content/chart";
import { planContent } from "./content/plan";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { extract } from "./extract";
import { withLockedContent } from "./lock/judge";
import { firstMeaning, type Meanings } from "./meanings";
import { readChart } from "./read-chart";
import { effectiveTag, formatReference, lastSegment } from "./reference/format";
import { resolve, type ResolveRequest } from "./resolve";
import type { TreeKey } from "./store/trees";
import { judgeTagMove, type TagMoveRule } from "./tag-moves";
import { contentPath, treeKey, withNamedFolder } from "./tree-key";
import type { Endpoint, ImageManifest, Plan, Reference, Tree, Verified } from "./types";
import { NO_POLICY, type Policy, verify } from "./verify/verify";
import type { ChosenTag } from "./versions/chosen-tag";
import { withinTotal } from "./within-total";
import type { PullRooms, World } from "./world";

export interface PullRequest extends Meanings, ResolveRequest, TagMoveRule {
  /** Told as soon as the digest is known, before its content is. */
  readonly onResolved?: ((digest: string, chosen?: ChosenTag) => void) | undefined;
  /** Which part of the content; canonical, as `selectionOf` makes it. Default: all. */
  readonly selection?: Selection | undefined;
  /** The tag that it was named by, where the reference no longer holds it. */
  readonly namedTag?: string | undefined;
  /** Who has to have signed it. Default: nobody. */
  readonly policy?: Policy | undefined;
  /** Milliseconds for all of it. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}

/** What a reference names: facts of the digest. */
export interface Located {
  /** In full: what a name without a registry came to. */
  readonly reference: Reference;
  readonly digest: string;
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  readonly mediaType: string;
  /** What a range of versions has come to, where that is known of the digest. */
  readonly chosen?: ChosenTag;
  /** Of the artifact that it refers to, where a referrer was wanted. */
  readonly subjectDigest?: string;
  /** What the config of a chart tells. */
  readonly chart?: ChartFacts;
  /** Who has signed it, where the policy asks; empty where there is none. */
  readonly signers: readonly string[];
  /** Of the tree that its content makes. */
  readonly key: TreeKey;
  /** What the tag of a `tag@digest` points to now, where the registry could be asked. */
  readonly tagDigest?: string;
  /** Who answered; undefined where the cache did. */
  readonly servedBy?: Endpoint;
}

/** What a pull came to, and where its content lies. */
export interface Pulled extends Located {
  readonly tree: Tree;
  /** Of the tree, or of the reference's `//folder` in it; relative to the program's directory. */
  readonly path: string;
}

/** Brings the content of the reference to a tree beside the program, within `timeouts.total`. */
export async function pull(
  request: PullRequest,
  rooms: PullRooms,
  context: Context,
): Promise<Pulled> {
  return await within(request, context, async (bounded) => {
    const { located, verified, plan, subject } = await find(request, rooms, bounded);
    const { reference } = located;
    const tree = await rooms.trees.ensure(
      located.key,
      async (staging) => {
        const entries = await extract(verified, plan, staging, rooms, bounded, subject);
        return withLockedContent(withNamedFolder(entries, reference), request.locked, subject);
      },
      bounded.report,
    );
    withLockedContent(tree.entries, request.locked, subject);
    return pulled(located, tree);
  });
}

/** The same without fetching content: with a tree only where one is there already. */
export async function locate(
  request: PullRequest,
  rooms: Omit<PullRooms, "trees"> & Pick<World, "trees">,
  context: Context,
): Promise<Located | Pulled> {
  return await within(request, context, async (bounded) => {
    const { located } = await find(request, rooms, bounded);
    const tree = await rooms.trees.find(located.key);
    return tree === undefined ? located : pulled(located, tree);
  });
}

async function within<T>(
  { reference, totalTimeout }: PullRequest,
  context: Context,
  work: (bounded: Context) => Promise<T>,
): Promise<T> {
  return await withinTotal(totalTimeout, formatReference(reference), context, work);
}

interface Found {
  readonly located: Located;
  readonly verified: Verified;
  readonly plan: Plan;
  /** What errors call the content. */
  readonly subject: string;
}

/** The first half of the road: all that is decided before content is fetched. */
async function find(
  asked: PullRequest,
  rooms: Omit<PullRooms, "trees">,
  context: Context,
): Promise<Found> {
  const { request, chosen, resolved } = await firstMeaning(asked, rooms, (meant) =>
    chooseVersion(meant, rooms, context, async (wanted, choice) => {
      const found = await (wantsReferrer(wanted)
        ? resolveReferrer(wanted, wanted.endpoints, rooms, context)
        : resolve(wanted, wanted.endpoints, rooms, context));
      // What was recorded is judged, whichever tag that was of, and whatever the name meant then.
      const judged = { ...wanted, known: asked.known };
      return { request: judged, chosen: choice, resolved: found, digest: found.digest };
    }),
  );
  const subject = formatReference(request.reference);
  request.onResolved?.(resolved.digest, chosen);
  judgeTagMove(resolved, request, context.report);
  const { policy = NO_POLICY } = request;
  const verified = await verify(resolved, policy, (asked) => {
    const isCached = resolved.servedBy === undefined;
    const claim = { ...request, digest: resolved.digest, isCached };
    return loadProof()(claim, asked, rooms, context);
  });
  const { plan, ...planned } = await planOf(verified, request, rooms, context);
  const { digest, manifestDigest, manifest, mediaType, tagDigest, servedBy, signers } = verified;
  const { subjectDigest } = verified;
  const located = Object.freeze({
    reference: request.reference,
    digest,
    manifestDigest,
    manifest,
    mediaType,
    signers,
    ...(chosen === undefined ? {} : { chosen }),
    ...(subjectDigest === undefined ? {} : { subjectDigest }),
    ...planned,
    ...(tagDigest === undefined ? {} : { tagDigest }),
    ...(servedBy === undefined ? {} : { servedBy }),
  });
  return { located, verified, plan, subject };
}

/** What becomes of the content, by the manifest and by what a chart says of itself. */
async function planOf(
  verified: Verified,
  { reference, selection = {}, namedTag }: PullRequest,
  rooms: Omit<PullRooms, "trees">,
  context: Context,
): Promise<Pick<Located, "chart" | "key"> & Pick<Found, "plan">> {
  const { manifest, manifestDigest } = verified;
  const chart = await readChart(verified, selection, rooms, context);
  const told = { reference, tag: namedTag ?? effectiveTag(reference), chart };
  const subject = formatReference(reference);
  const plan = planContent(manifest, subject, context.limits, selection, told);
  const key = treeKey(lastSegment(reference), manifestDigest, selection, plan.layout);
  return { plan, key, ...(chart === undefined ? {} : { chart }) };
}

function pulled(located: Located, tree: Tree): Pulled {
  return Object.freeze({ ...located, tree, path: contentPath(located.reference, tree) });
}

/** Who asks for no signature does not wait for its code. */
function loadProof(): typeof import("./prove").prove {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return (require("./prove") as typeof import("./prove")).prove;
}
