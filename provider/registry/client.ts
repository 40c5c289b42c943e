/**
 * The verbs of the distribution spec that a pull needs, as one client for a process: it keeps
 * connections and tokens. It checks the bytes of manifests; those of blobs are for their reader.
 *
 * Rule: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
 */
import { setTimeout as sleep } from "node:timers/promises";
import { algorithmOf, digestOf, digestProblem, isDigest } from "../digest";
import { OciError } from "../errors";
import { findCredential } from "../settings/credentials";
import type { Settings } from "../settings/settings";
import type { Descriptor, Endpoint } from "../types";
import { createAuthorizer } from "./authorize";
import { readBlob } from "./blob";
import { DEADLINES, type Deadlines } from "./deadlines";
import { type AskContext, isHungUp, type Question, type Reply } from "./exchange";
import { contentError, originOf, statusError } from "./failure";
import { proxyRules } from "./proxy";
import { fallbackTag, readFallback, readReferrers, type ReferrersPage } from "./referrers";
import type { Wait } from "./retry";
import { createSchemeChoice } from "./scheme";
import type { FindCredential } from "./sessions";
import { readTags } from "./tags";
import type { Transport } from "./transport";

export interface ManifestDocument {
  readonly bytes: Buffer;
  /** Of the bytes: sha256, or the algorithm of the digest that was asked for. */
  readonly digest: string;
  /** Content-Type without parameters. */
  readonly mediaType: string | undefined;
}

export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string | undefined;
}

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

/** What tests replace; the defaults are the world. */
export interface ClientOptions {
  readonly findCredential?: FindCredential;
  readonly deadlines?: Partial<Deadlines>;
  readonly wait?: Wait;
}

/** In the order of preference; the last for whatever else there is, so that the error can name it. */
const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "*/*",
].join(", ");

/** The client of a process. Nothing is read or dialled before the first question. */
export function createRegistryClient(
  settings: Settings,
  options: ClientOptions = {},
): RegistryClient {
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const wait = options.wait ?? pause;
  const transport = lazyTransport(settings);
  const lifetime = new AbortController();
  const authorized = createAuthorizer({
    tools: { transport, deadlines, wait, proxyFor: proxyRules(settings.proxy) },
    search: settings.search,
    findCredential: options.findCredential ?? findCredential,
    lifetime: lifetime.signal,
  });
  const ask = createSchemeChoice(authorized);
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
    async close() {
      lifetime.abort();
      await transport.close();
    },
  } satisfies RegistryClient);
}

/** undici takes as long to load as a small pull from the cache, which needs none. */
function lazyTransport(settings: Settings): Transport {
  let transport: Transport | undefined;
  const load = (): Transport => {
    // Node's import() would bring its module loader to life, for a third of the time again.
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
    const room = require("./transport") as typeof import("./transport");
    return room.createTransport(settings);
  };
  return {
    send: async (request) => await (transport ??= load()).send(request),
    close: async () => {
      await transport?.close();
    },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

function manifestQuestion(endpoint: Endpoint, reference: string, method: "GET" | "HEAD"): Question {
  const separator = isDigest(reference) ? "@" : ":";
  return {
    verb: "read the manifest of",
    subject: `${endpoint.registry}/${endpoint.repository}${separator}${reference}`,
    endpoint,
    url: urlOf(endpoint, `manifests/${reference}`),
    method,
    headers: { ...HEADERS, accept: MANIFEST_TYPES },
    reading: "manifestBytes",
  };
}

/** Below the repository; for a proxy of many registries, with the one that is meant. */
function urlOf({ repository, namespaceProxy, ...endpoint }: Endpoint, path: string): URL {
  const url = new URL(`/v2/${repository}/${path}`, originOf(endpoint));
  if (namespaceProxy !== undefined) url.searchParams.set("ns", namespaceProxy);
  return url;
}

/** Never with `n`: registries answer larger ones than they like with an error. */
function listQuestion(endpoint: Endpoint, verb: string, path: string): Question {
  return {
    verb,
    subject: `${endpoint.registry}/${endpoint.repository}`,
    endpoint,
    url: urlOf(endpoint, path),
    method: "GET",
    headers: { ...HEADERS, accept: "application/json, */*" },
    reading: "manifestBytes",
  };
}

/** @throws OciError where the digest is none: it would become a path. */
function refuseOther(digest: string, verb: string, subject: string): void {
  const fact = digestProblem(digest);
  if (fact !== undefined) throw new OciError({ code: "UNSUPPORTED_MANIFEST", verb, subject, fact });
}

function blobQuestion(endpoint: Endpoint, { digest }: Descriptor): Question {
  const verb = "download the blob";
  const subject = `${endpoint.registry}/${endpoint.repository}@${digest}`;
  refuseOther(digest, verb, subject);
  return {
    verb,
    subject,
    endpoint,
    url: urlOf(endpoint, `blobs/${digest}`),
    method: "GET",
    headers: { ...HEADERS, accept: "*/*" },
    reading: "stream",
  };
}

/** Caches refuse HEAD, or hang up at it, or challenge it in no way; and answer GET. */
function isHeadOnly(error: unknown): boolean {
  if (!(error instanceof OciError)) return false;
  return error.code === "FORBIDDEN" || error.code === "UNAUTHORIZED" || isHungUp(error.cause);
}

const HEADERS = { "accept-encoding": "identity", "user-agent": "pulumi-oci-artifact" } as const;

function readHead(reply: Reply, reference: string): ManifestHead | undefined {
  const digest = reply.header("docker-content-digest") ?? "";
  if (reply.status !== 200 || !isDigest(digest)) return undefined;
  if (isDigest(reference) && reference !== digest) return undefined;
  return Object.freeze({ digest, mediaType: mediaTypeOf(reply) });
}

function readManifest(reply: Reply, reference: string): ManifestDocument {
  const { bytes, place, status } = reply;
  if (status !== 200) throw statusError(place, status, bytes);
  const wanted = isDigest(reference) ? reference : undefined;
  const digest = digestOf(bytes, wanted === undefined ? "sha256" : algorithmOf(wanted));
  if (wanted !== undefined && digest !== wanted) {
    throw contentError(place, OTHER_BYTES, `${digest} came where ${wanted} was asked for`);
  }
  for (const announced of reply.headers("docker-content-digest")) {
    const own = isDigest(announced) ? digestOf(bytes, algorithmOf(announced)) : digest;
    if (own !== announced) {
      throw contentError(place, OTHER_BYTES, `${own} came under the header ${announced}`);
    }
  }
  return Object.freeze({ bytes, digest, mediaType: mediaTypeOf(reply) });
}

const OTHER_BYTES = "sends other bytes than it should";

function mediaTypeOf(reply: Reply): string | undefined {
  const type = reply.header("content-type")?.split(";", 1)[0]?.trim() ?? "";
  return type === "" ? undefined : type;
}
