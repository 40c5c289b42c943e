/**
 * The trusted root of a TUF repository, by @sigstore/tuf, which is loaded here and nowhere else, and
 * need not be installed. Its files lie in the user's cache and are trusted there: the folder is the
 * user's alone. Each run works on a copy and publishes it whole, so parallel runs never meet.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../context";
import { digestOf, hexOf } from "../digest";
import { OciError, systemCode } from "../errors";
import type { TufOptions } from "./policy";
import type { Freshness } from "./trust";
import { copyNewest, newestText, openDraft, publish, type TufDraft } from "./tuf-cache";

type Library = typeof import("@sigstore/tuf");

/** What tests replace; the defaults are the world. */
export interface TufTools {
  readonly load: () => Library;
}

const WORLD: TufTools = {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- it need not be there, and takes 130 ms
  load: () => require("@sigstore/tuf") as Library,
};

/** One at a time for each repository: all resources of a program want the same. */
const underWay = new Map<string, { readonly work: Promise<string>; readonly since: number }>();

/** A process may live for months, and what its repository says may change: what is older is asked for anew. */
const LIFETIME_MS = 60 * 60 * 1000;

/**
 * The text of the repository's trusted_root.json. Nothing is dialled while its terms are not over.
 * @param repository - One of the user's own; undefined for Sigstore's public-good instance.
 * @throws OciError TRUSTED_ROOT, CANCELLED
 */
export async function tufTrustedRoot(
  repository: TufOptions | undefined,
  freshness: Freshness,
  context: Context,
  tools: TufTools = WORLD,
): Promise<string> {
  const key = hexOf(digestOf(JSON.stringify([repository?.mirror, repository?.root])));
  const folder = join(context.settings.cacheDirectory, "tuf", key.slice(0, 16));
  const name = `${folder} ${freshness}`;
  const before = underWay.get(name);
  const isYoung = before !== undefined && Date.now() - before.since < LIFETIME_MS;
  const asked = isYoung
    ? before
    : { work: load(folder, repository, freshness, context, tools), since: Date.now() };
  underWay.set(name, asked);
  asked.work.catch(() => {
    if (underWay.get(name) === asked) underWay.delete(name);
  });
  return await unlessCancelled(asked.work, context.signal, nameOf(repository));
}

async function load(
  folder: string,
  repository: TufOptions | undefined,
  freshness: Freshness,
  context: Context,
  tools: TufTools,
): Promise<string> {
  const subject = nameOf(repository);
  try {
    const library = installed(tools, subject);
    return await askWithin(folder, library, repository, context.settings.temporaryDirectory);
  } catch (error) {
    const known = freshness === "known" ? await newestText(folder) : undefined;
    if (known === undefined) throw unusable(error, subject);
    context.report.warning(
      `${subject} cannot be used; going on with the trusted root that it gave before\n${reasonOf(error)}`,
    );
    return known;
  }
}

async function askWithin(
  folder: string,
  library: Library,
  repository: TufOptions | undefined,
  temporary: string,
): Promise<string> {
  const draft = await openDraft(folder, temporary);
  try {
    const text = await ask(library, repository, draft);
    await publish(draft, text);
    return text;
  } finally {
    await rm(draft.path, { recursive: true, force: true }).catch(() => undefined);
  }
}

async function ask(
  library: Library,
  repository: TufOptions | undefined,
  draft: TufDraft,
): Promise<string> {
  const rootPath = await copyNewest(draft, repository?.root);
  const client = await library.initTUF({
    cachePath: draft.path,
    // Until its metadata expires, what is there is as good as what would come.
    forceCache: true,
    retry: { retries: 1 },
    ...(repository === undefined
      ? {}
      : { mirrorURL: repository.mirror.replace(/(?<!\/)\/+$/, "") }),
    ...(rootPath === undefined ? {} : { rootPath }),
  });
  return await client.getTarget("trusted_root.json");
}

function installed(tools: TufTools, subject: string): Library {
  try {
    return tools.load();
  } catch (error) {
    if (systemCode(error) !== "MODULE_NOT_FOUND") throw error;
    throw new OciError({
      code: "TRUSTED_ROOT",
      verb: "use",
      subject,
      fact: "the package @sigstore/tuf is not installed",
      hint: "install it (npm install @sigstore/tuf), or give verify.trustedRoot, which needs no repository",
      cause: error,
    });
  }
}

function unusable(error: unknown, subject: string): OciError {
  if (error instanceof OciError) return error;
  return new OciError({
    code: "TRUSTED_ROOT",
    verb: "use",
    subject,
    fact: reasonOf(error),
    hint: "let the network reach it (proxies of the environment are used), or give verify.trustedRoot; for signatures by keys without a log, set verify.ignoreTlog",
    cause: error,
  });
}

/** The library wraps what has happened, twice or more; what is innermost tells. */
function reasonOf(error: unknown): string {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner instanceof Error ? inner.message : String(inner);
}

function nameOf(repository: TufOptions | undefined): string {
  const place = repository?.mirror ?? "of Sigstore's public-good instance";
  return `the TUF repository ${place}`;
}

/** The library cannot be cancelled; its own bounds end it soon. */
async function unlessCancelled<T>(work: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  const over = new AbortController();
  const cancelled = new Promise<never>((_, reject) => {
    const end = (): void => {
      reject(new OciError({ code: "CANCELLED", verb: "use", subject: what, fact: CANCELLED }));
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { signal: over.signal });
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    over.abort();
  }
}

const CANCELLED = "it was cancelled";
