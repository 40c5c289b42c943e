/**
 * The road for callers that are no provider: the program's class (resolving ahead, restoring
 * content), the plain function, the command line. One world per process and directory.
 */
import { asOciError, errorFacts, OciError } from "../errors";
import { limitsWith } from "../limits";
import { SILENT, type Context, type Report } from "../context";
import type { Inspection } from "../inspect";
import { locate, pull, type Pulled, type PullRequest } from "../pull";
import { formatReference, pinnedReference } from "../reference/format";
import { isOutage } from "../registry/failure";
import { readSettings, type Settings } from "../settings/settings";
import { openConfirmations, type Confirmed } from "../store/confirmations";
import { treeNameOf } from "../tree-key";
import type { Reference } from "../types";
import type { VerifiedReference } from "../verify-reference";
import { openWorld, type World } from "../world";
import { findCliProcess } from "./cli-process";
import { besideOthers, instead } from "./copies";
import { identityOf, withoutChoice } from "./identity";
import type { CheckedInputs } from "./inputs";
import type { Explanation } from "./explain";
import type { Properties } from "./lifecycle";
import { judgeLooked, locked } from "./locked";
import { outputsOf, placedAtOf, type OutputValues } from "./outputs";
import { validInputs } from "./read-inputs";
import { requestOf } from "./request";
import { fingerprintOf, type Ahead } from "./run-options";
import { sameRegistry } from "./same-registry";
import { servedText } from "./served-text";

export interface SessionResult {
  readonly pulled: Pulled;
  /** Where a copy was placed, as the input `destination` says. */
  readonly placedAt?: string;
}

export interface SessionOptions {
  /** The program's directory, where the trees lie; absolute. */
  readonly directory: string;
  readonly report?: Report;
  readonly signal?: AbortSignal;
  /**
   * "copy": a copy goes to the input `destination`. "instead": the content goes there and to no tree
   * of `directory`, and `onLocalChange` is "error" unless it is given. Default: it is left alone.
   */
  readonly destination?: "copy" | "instead";
  /** The tag that content was named by, where the reference is by digest alone. */
  readonly namedTag?: string | undefined;
  /** {@link Context.ownsThread}; a command that pulls one artifact. */
  readonly ownsThread?: true;
  /** {@link Context.onMuchWork}. */
  readonly onMuchWork?: () => void;
}

const worlds = new Map<string, World>();
let settings: Settings | undefined;

/** The one world of this process for the program's directory. */
export function worldOf(options: Pick<SessionOptions, "directory">): World {
  settings ??= readSettings();
  const known = worlds.get(options.directory);
  if (known !== undefined) return known;
  const world = openWorld(settings, options.directory);
  worlds.set(options.directory, world);
  return world;
}

/** Closes all connections of this process, so that it can end; sweeps what killed ones left. */
export async function closeSessions(): Promise<void> {
  const open = [...worlds.values()];
  worlds.clear();
  await Promise.all(open.map((world) => Promise.all([world.sweep(), world.client.close()])));
}

/**
 * Pulls by plain inputs.
 * @throws OciError INVALID_INPUT with a line for each input that is wrong, and what a pull throws.
 */
export async function pullInputs(
  values: Properties,
  options: SessionOptions,
): Promise<SessionResult> {
  const { request, world, context, inputs } = await prepare(values, options);
  const { destination, onLocalChange } = inputs;
  if (destination === undefined || options.destination === undefined) {
    return { pulled: await pull(request, world, context) };
  }
  const { directory } = options;
  if (options.destination === "instead") {
    const trees = instead(destination, onLocalChange, world, directory);
    const pulled = await pull(request, { ...world, trees }, context);
    const served = servedText(pulled, request, world.health);
    if (served !== undefined) context.report.info(served);
    return { pulled, placedAt: destination };
  }
  const caller = `getOciArtifact of ${formatReference(request.reference)}`;
  const { cacheDirectory } = world.settings;
  const plan = { urn: "", caller, directory, cacheDirectory, destination };
  const pulled = await besideOthers(async (placements) => {
    const found = await pull(request, world, context);
    const { key, tree } = found;
    const wanted = { ...plan, key, tree, onLocalChange: onLocalChange ?? "restore" };
    await placements.plan(wanted).place(claimantOf(found.reference), tree, context.report);
    return found;
  });
  return { pulled, placedAt: placedAtOf(pulled.reference, destination) };
}

/** Looks at what a reference names, by plain inputs, without pulling it. @throws like pullInputs. */
export async function inspectInputs(
  values: Properties,
  options: SessionOptions & { readonly referrers?: boolean },
): Promise<{ readonly pinned: string; readonly found: Inspection }> {
  const { request, world, context } = await prepare(values, options);
  const asked = { ...request, withReferrers: options.referrers };
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  const { inspect } = require("../inspect") as typeof import("../inspect");
  const found = await inspect(asked, world, context);
  await judgeLooked(request, found, world, context);
  return { pinned: pinnedReference(found.reference, found.digest), found };
}

/** Where the pull of a reference would go, by plain inputs. @throws like pullInputs. */
export async function explainInputs(
  values: Properties,
  options: SessionOptions & { readonly online: boolean },
): Promise<Explanation> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  const { explain } = require("./explain") as typeof import("./explain");
  const read = await locked(validInputs(values), options.directory);
  return await explain(read, worldOf(options), options);
}

/** Who has signed what a reference names, by plain inputs, `verify` among them. @throws like pullInputs. */
export async function verifyInputs(
  values: Properties,
  options: SessionOptions,
): Promise<VerifiedReference & { readonly pinned: string }> {
  const { request, world, context } = await prepare(values, options);
  const { policy } = request;
  if (policy === undefined || policy.kind === "none") {
    throw new OciError({
      code: "INVALID_INPUT",
      verb: "verify",
      subject: formatReference(request.reference),
      fact: "nothing says who has to have signed it",
      hint: "give verify: the keys or the identities that are trusted",
    });
  }
  /* eslint-disable @typescript-eslint/no-require-imports -- as in registry/client.ts */
  const { verifyReference } =
    require("../verify-reference") as typeof import("../verify-reference");
  /* eslint-enable @typescript-eslint/no-require-imports */
  const found = await verifyReference({ ...request, policy }, world, context);
  await judgeLooked(request, found, world, context);
  return { ...found, pinned: pinnedReference(found.reference, found.digest) };
}

export interface Prepared {
  readonly inputs: CheckedInputs;
  readonly request: PullRequest;
  readonly world: World;
  readonly context: Context;
}

/** What plain inputs ask for, and where it is asked. @throws OciError INVALID_INPUT, CONFIG. */
export async function prepare(
  values: Properties,
  options: SessionOptions,
  beside: Pick<PullRequest, "chosen" | "onResolved"> = {},
): Promise<Prepared> {
  const read = await locked(validInputs(values), options.directory);
  const world = worldOf(options);
  const { directory, report = SILENT } = options;
  const { configuration } = world;
  const { digest } = read.inputs;
  const request: PullRequest = {
    ...(await requestOf(read, digest, { configuration, directory, report })),
    ...beside,
    namedTag: options.namedTag,
  };
  const context: Context = {
    settings: world.settings,
    limits: limitsWith(read.inputs.limits),
    report,
    signal: options.signal ?? new AbortController().signal,
    ...(options.ownsThread === undefined ? {} : { ownsThread: options.ownsThread }),
    ...(options.onMuchWork === undefined ? {} : { onMuchWork: options.onMuchWork }),
  };
  return { inputs: read.inputs, request, world, context };
}

/** The name of a caller without a state. */
function claimantOf(reference: Reference): string {
  return `function ${formatReference(reference)}`;
}

/** Claims the tree of a result for a caller without a state: as long as it is asked for again. */
export async function claimFor(result: SessionResult, options: SessionOptions): Promise<void> {
  const claimant = claimantOf(result.pulled.reference);
  const world = worldOf(options);
  await world.claims.claimInPassing(claimant, treeNameOf(result.pulled.path));
  void world.tidy();
}

/**
 * Resolves and pulls early, so that all resources of a program wait for the network together. What
 * came of it counts only for a check that gets the very same inputs; of failures, only an outage.
 */
export async function pullAhead(
  values: Properties,
  urn: string,
  isPreview: boolean,
  options: SessionOptions,
): Promise<Ahead | undefined> {
  const fingerprint = fingerprintOf(values);
  let settled: Pick<Ahead, "digest" | "chosen"> = {};
  try {
    const confirmed = isPreview ? undefined : await confirmedDigest(values, urn, options);
    const { request, world, context } = await prepare(
      confirmed === undefined ? values : { ...values, digest: confirmed.digest },
      options,
      {
        ...(confirmed?.chosen === undefined ? {} : { chosen: confirmed.chosen }),
        onResolved(digest, chosen) {
          settled = { digest, ...(chosen === undefined ? {} : { chosen }) };
        },
      },
    );
    const mayPull = !isPreview || values["pullOnPreview"] !== false;
    const found = mayPull
      ? await pull(request, world, context)
      : await locate(request, world, context);
    const { tagDigest } = found;
    const served = servedText(found, request, world.health);
    return {
      fingerprint,
      ...settled,
      isJudged: true,
      ...(tagDigest === undefined ? {} : { tagDigest }),
      ...(served === undefined ? {} : { served }),
    };
  } catch (error) {
    // What comes of the tag is settled; fetching the content is for check to try again.
    if (settled.digest !== undefined) return { fingerprint, ...settled };
    if (!(error instanceof OciError) || !isOutage(error)) return undefined;
    return { fingerprint, outage: errorFacts(error) };
  }
}

/**
 * Brings back content that the state knows and this machine does not. Best effort: what stands in
 * its way is returned as text, never thrown.
 */
export async function restore(
  values: Properties,
  pinned: string,
  path: string,
  options: SessionOptions,
): Promise<string | undefined> {
  try {
    const { pulled } = await pullInputs(
      {
        ...withoutChoice(sameRegistry(values, pinned)),
        digest: undefined,
        lockFile: undefined,
        reference: pinned,
      },
      options,
    );
    if (pulled.tree.name === treeNameOf(path)) return undefined;
    return `the content of ${pinned} now lies in ${pulled.path}, and the state names ${path}`;
  } catch (error) {
    return asOciError(error, "restore", path).message;
  }
}

async function confirmedDigest(
  values: Properties,
  urn: string,
  options: SessionOptions,
): Promise<Confirmed | undefined> {
  const cli = findCliProcess();
  if (cli === undefined) return undefined;
  const { cacheDirectory } = worldOf(options).settings;
  return await openConfirmations(cacheDirectory, cli).confirmed(urn, identityOf(values));
}

/** The outputs of a result, as the resource would have them. */
export function outputsOfResult({ pulled, placedAt }: SessionResult): OutputValues {
  return {
    ...outputsOf(pulled.reference, pulled),
    ...(placedAt === undefined ? {} : { placedAt }),
  };
}

/** What a pull threw, in words. */
export function failureOf(error: unknown): OciError {
  return asOciError(error, "pull", "the artifact");
}
