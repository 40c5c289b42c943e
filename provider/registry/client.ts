/**
 * The verbs of the distribution spec that a pull needs, as one client for a process: it keeps
 * connections and tokens. It checks the bytes of manifests; those of blobs are for their reader.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
import { OciError } from "../errors";
import type { Settings } from "../settings/settings";
import type { Descriptor, Endpoint } from "../types";
import { type Asking, type ClientOptions, openAsking } from "./asking";
import { readBlob } from "./blob";
import { type AskContext, isHungUp } from "./exchange";
import { statusError } from "./failure";
import { type ManifestDocument, type ManifestHead, readHead, readManifest } from "./manifest-reply";
import { blobQuestion, listQuestion, manifestQuestion, refuseOther } from "./questions";
import { fallbackTag, readFallback, readReferrers, type ReferrersPage } from "./referrers";
import { readTags } from "./tags";

export type { ClientOptions } from "./asking";
export type { ManifestDocument, ManifestHead } from "./manifest-reply";

export interface RegistryClient {
  /**
   * What the registry says of a manifest without sending it, or undefined where it answers HEAD in
   * no usable way: no digest, another status than 200, not at all. GET then tells more.
   * @param reference - Tag or digest.
   * @throws OciError where nobody can be reached.
   */
  headManifest(
    endpoint: Endpoint,
    reference: string,
    context: AskContext,
  ): Promise<ManifestHead | undefined>;
  /**
   * The manifest or index, checked against the digest that was asked for or announced.
   * @param reference - Tag or digest.
   * @throws OciError NOT_FOUND, UNAUTHORIZED, DIGEST_MISMATCH, LIMIT_EXCEEDED and all of transport.
   */
  getManifest(
    endpoint: Endpoint,
    reference: string,
    context: AskContext,
  ): Promise<ManifestDocument>;
  /**
   * The blob from byte `start` (default 0), in order, resumed where a connection breaks, never beyond
   * the descriptor's size. Not verified: whoever reads it hashes it.
   */
  getBlob(
    endpoint: Endpoint,
    descriptor: Descriptor,
    context: AskContext,
    start?: number,
  ): AsyncIterable<Buffer>;
  /**
   * All tags of the repository, each once, in the registry's order; at most `limits.tagPages` pages.
   * @throws OciError NOT_FOUND, UNAUTHORIZED, LIMIT_EXCEEDED and all of transport.
   */
  listTags(endpoint: Endpoint, context: AskContext): Promise<readonly string[]>;
  /**
   * The indexes that list who refers to the manifest, by the referrers API or else by the fallback
   * tag; empty where nobody does. What they list is not proven to be there.
   * @param digest - Of the manifest that is referred to.
   */
  getReferrers(
    endpoint: Endpoint,
    digest: string,
    context: AskContext,
  ): Promise<readonly ReferrersPage[]>;
  /** Ends all connections, also those at work. */
  close(): Promise<void>;
}

/** The client of a process. Nothing is read or dialled before the first question. */
export function createRegistryClient(
  settings: Settings,
  options: ClientOptions = {},
): RegistryClient {
  return clientOf(openAsking(settings, options));
}

/** The client of that way to ask, which others may share. Closing it closes the way. */
export function clientOf({ ask, wait, close }: Asking): RegistryClient {
  const getManifest: RegistryClient["getManifest"] = async (endpoint, reference, context) =>
    readManifest(await ask(context, manifestQuestion(endpoint, reference, "GET")), reference);
  return Object.freeze({
    getManifest,
    async headManifest(endpoint, reference, context) {
      const question = manifestQuestion(endpoint, reference, "HEAD");
      try {
        const reply = await ask(context, question);
        // All patience is spent by now, and a GET in its place would count as a pull.
        if (reply.status === 429) throw statusError(reply.place, 429, reply.bytes);
        return readHead(reply, reference);
      } catch (error) {
        if (isHeadOnly(error)) return undefined;
        throw error;
      }
    },
    getBlob(endpoint, descriptor, context, start = 0) {
      const question = blobQuestion(endpoint, descriptor);
      return readBlob({ wait, ask }, context, question, { start, size: descriptor.size });
    },
    listTags: (endpoint, context) =>
      readTags(ask, context, listQuestion(endpoint, "list the tags of", "tags/list")),
    async getReferrers(endpoint, digest, context) {
      const question = listQuestion(endpoint, "list the referrers in", `referrers/${digest}`);
      refuseOther(digest, question.verb, question.subject);
      return (
        (await readReferrers(ask, context, question)) ??
        (await readFallback(() => getManifest(endpoint, fallbackTag(digest), context)))
      );
    },
    close,
  } satisfies RegistryClient);
}

/** Caches refuse HEAD, or hang up at it, or challenge it in no way; and answer GET. */
function isHeadOnly(error: unknown): boolean {
  if (!(error instanceof OciError)) return false;
  return error.code === "FORBIDDEN" || error.code === "UNAUTHORIZED" || isHungUp(error.cause);
}
