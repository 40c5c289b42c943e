/**
 * The whole road, and the only file that knows it: a reference is resolved over endpoints to a
 * digest, verified against a policy, fetched into the store, unpacked to a tree and placed.
 */
import { planContent } from "./content/plan";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { digestOf, hexOf } from "./digest";
import { OciError } from "./errors";
import { extract } from "./extract";
import { formatReference, lastSegment } from "./reference/format";
import { resolve, type ResolveRequest } from "./resolve";
import { endpointsOf, type TransportOptions } from "./settings/endpoints";
import { TREES_FOLDER, type TreeKey } from "./store/trees";
import { judgeTagMove, type TagMoveRule } from "./tag-moves";
import type { Endpoint, ImageManifest, Reference, Tree } from "./types";
import { NO_POLICY, verify } from "./verify/verify";
import { withinTotal } from "./within-total";
import type { PullRooms } from "./world";

/** Repositories may be longer than a file name may; the digest in the name tells trees apart. */
const LONGEST_SEGMENT = 100;

/** How many folders an error names. */
const SHOWN_FOLDERS = 10;

export interface PullRequest extends ResolveRequest, TagMoveRule {
  /** Told as soon as the digest is known, before its content is. */
  readonly onResolved?: ((digest: string) => void) | undefined;
  /** Which part of the content; canonical, as `selectionOf` makes it. Default: all. */
  readonly selection?: Selection | undefined;
  readonly transport: TransportOptions;
}

/** What a pull came to: facts of the digest, and where its content lies. */
export interface Pulled {
  readonly digest: string;
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  readonly mediaType: string;
  readonly tree: Tree;
  /** Of the tree, or of the reference's `//folder` in it; relative to the program's directory. */
  readonly path: string;
  /** What the tag of a `tag@digest` points to now, where the registry could be asked. */
  readonly tagDigest?: string;
  /** Who answered; undefined where the cache did. */
  readonly servedBy?: Endpoint;
}

/** Brings the content of the reference to a tree beside the program, within `timeouts.total`. */
export async function pull(
  request: PullRequest,
  rooms: PullRooms,
  context: Context,
): Promise<Pulled> {
  const subject = formatReference(request.reference);
  const { timeouts } = request.transport;
  return await withinTotal(timeouts?.total, subject, context, (bounded) =>
    follow(request, rooms, bounded),
  );
}

/** The road, from end to end. */
async function follow(request: PullRequest, rooms: PullRooms, context: Context): Promise<Pulled> {
  const subject = formatReference(request.reference);
  const endpoints = endpointsOf(request.reference, request.transport);
  const resolved = await resolve(request, endpoints, rooms, context);
  request.onResolved?.(resolved.digest);
  judgeTagMove(resolved, request, context.report);
  const verified = verify(resolved, NO_POLICY);
  const plan = planContent(verified.manifest, subject, context.limits, request.selection);
  const key = treeKey(lastSegment(request.reference), verified.manifestDigest, request.selection);
  const tree = await rooms.trees.ensure(
    key,
    (staging) => extract(verified, plan, staging, rooms, context, subject),
    context.report,
  );
  return Object.freeze({
    digest: verified.digest,
    manifestDigest: verified.manifestDigest,
    manifest: verified.manifest,
    mediaType: verified.mediaType,
    tree,
    ...(verified.tagDigest === undefined ? {} : { tagDigest: verified.tagDigest }),
    path: contentPath(request.reference, tree),
    ...(verified.servedBy === undefined ? {} : { servedBy: verified.servedBy }),
  });
}

/** The `path` output: the tree, or the folder in it that the reference names. The same everywhere. */
function contentPath(reference: Reference, tree: Tree): string {
  const { subPath } = reference;
  const root = `${TREES_FOLDER}/${tree.name}`;
  if (subPath === undefined) return root;
  const folders = tree.entries.filter(({ type }) => type === "directory").map(({ path }) => path);
  if (folders.includes(subPath)) return `${root}/${subPath}`;
  const shown = folders.slice(0, SHOWN_FOLDERS).map((path) => `//${path}`);
  throw new OciError({
    code: "NOT_FOUND",
    verb: "use",
    subject: `//${subPath} of ${formatReference(reference)}`,
    fact: "the content has no such folder",
    details: shown.length === 0 ? ["it has no folders at all"] : shown,
    hint: "correct the part of the reference behind //",
  });
}

/**
 * The key of a tree: all that decides its content. Its name holds 16 hex digits: of the manifest's
 * digest, so that a person finds it, or of the whole key where options choose other content from it.
 */
export function treeKey(
  segment: string,
  manifestDigest: string,
  selection: Selection = {},
): TreeKey {
  const isPlain = Object.keys(selection).length === 0;
  const key = isPlain ? manifestDigest : `${manifestDigest} ${JSON.stringify(selection)}`;
  const hex = hexOf(isPlain ? manifestDigest : digestOf(key));
  return { name: `${segment.slice(0, LONGEST_SEGMENT)}-${hex.slice(0, 16)}`, key };
}

/** The name of the tree that a `path` output leads to. */
export function treeNameOf(path: string): string {
  return path.split("/")[1] ?? "";
}
