/**
 * The whole road, and the only file that knows it: a reference is resolved over endpoints to a
 * digest, verified against a policy, fetched into the store, unpacked to a tree and placed.
 */
import { planContent } from "./content/plan";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { extract } from "./extract";
import { firstMeaning, type Meanings } from "./meanings";
import { formatReference, lastSegment } from "./reference/format";
import { resolve, type ResolveRequest } from "./resolve";
import type { TreeKey } from "./store/trees";
import { judgeTagMove, type TagMoveRule } from "./tag-moves";
import { contentPath, treeKey } from "./tree-key";
import type { Endpoint, ImageManifest, Plan, Reference, Tree, Verified } from "./types";
import { NO_POLICY, type Policy, verify } from "./verify/verify";
import { withinTotal } from "./within-total";
import type { PullRooms, World } from "./world";

export interface PullRequest extends Meanings, ResolveRequest, TagMoveRule {
  /** Told as soon as the digest is known, before its content is. */
  readonly onResolved?: ((digest: string) => void) | undefined;
  /** Which part of the content; canonical, as `selectionOf` makes it. Default: all. */
  readonly selection?: Selection | undefined;
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
    const tree = await rooms.trees.ensure(
      located.key,
      (staging) => extract(verified, plan, staging, rooms, bounded, subject),
      bounded.report,
    );
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
  const { request, resolved } = await firstMeaning(asked, rooms, async (meant) => {
    const found = await resolve(meant, meant.endpoints, rooms, context);
    return { request: meant, resolved: found, digest: found.digest };
  });
  const subject = formatReference(request.reference);
  request.onResolved?.(resolved.digest);
  judgeTagMove(resolved, request, context.report);
  const { policy = NO_POLICY } = request;
  const verified = await verify(resolved, policy, (asked) => {
    const isCached = resolved.servedBy === undefined;
    const claim = { ...request, digest: resolved.digest, isCached };
    return loadProof()(claim, asked, rooms, context);
  });
  const plan = planContent(verified.manifest, subject, context.limits, request.selection);
  const { digest, manifestDigest, manifest, mediaType, tagDigest, servedBy, signers } = verified;
  const located = Object.freeze({
    reference: request.reference,
    digest,
    manifestDigest,
    manifest,
    mediaType,
    signers,
    key: treeKey(lastSegment(request.reference), manifestDigest, request.selection),
    ...(tagDigest === undefined ? {} : { tagDigest }),
    ...(servedBy === undefined ? {} : { servedBy }),
  });
  return { located, verified, plan, subject };
}

function pulled(located: Located, tree: Tree): Pulled {
  return Object.freeze({ ...located, tree, path: contentPath(located.reference, tree) });
}

/** Who asks for no signature does not wait for its code. */
function loadProof(): typeof import("./prove").prove {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return (require("./prove") as typeof import("./prove")).prove;
}
