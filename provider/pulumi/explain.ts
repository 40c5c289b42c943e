/**
 * Where the pull of a reference would go, and with what: each place in order, also those that are
 * passed over. Reads the files that a pull reads; asks nobody, unless it is told to, runs no helper of
 * credentials before that, and never shows a secret.
 */
import { SILENT, type Context, type Report } from "../context";
import { agreementOf, answerOf } from "../explain-answers";
import { diallingOf, type ExplainedCredential, type ExplainedEndpoint } from "../explain-endpoint";
import { limitsWith } from "../limits";
import { effectiveTag, formatReference } from "../reference/format";
import type { HostCertificates } from "../settings/certs-d/read";
import { explainCredential, searchedPlaces } from "../settings/credentials";
import { isShortName } from "../settings/registries-conf/is-short-name";
import { shownLocation } from "../settings/registries-conf/tables";
import type { Stop } from "../settings/route";
import type { Endpoint, Reference } from "../types";
import type { World } from "../world";
import { explainLayout } from "./explain-layout";
import type { ReadInputs } from "./read-inputs";
import { confOf } from "./request";
import { prepared, type RouteWorld, searchOf, stopsFor } from "./routes";
import { type Meant, meantBy } from "./short-name";
import { registerSecrets, totalTimeout } from "./transport";

export interface Explanation {
  /** In full; a name without a registry as it was written. */
  readonly reference: string;
  /** Of a name without a registry: what it may mean, in the order in which a pull tries. */
  readonly meanings?: readonly ExplainedMeaning[];
  /** The files of registries.conf that were read, in order. */
  readonly files: readonly string[];
  /** In the order in which a pull asks them. Never empty. */
  readonly endpoints: readonly ExplainedEndpoint[];
  /** Whether all who answered say the same; absent where no two did. */
  readonly agree?: boolean;
}

export interface ExplainedMeaning {
  /** In full. */
  readonly reference: string;
  /** What says so; absent where nothing does, and Docker Hub is meant as everywhere. */
  readonly namedBy?: string;
}

export interface ExplainOptions {
  /** Of the program; absolute. */
  readonly directory: string;
  readonly report?: Report;
  readonly signal?: AbortSignal;
  /** Whether each place is asked for the manifest. */
  readonly online: boolean;
}

/** What of a world is looked at. */
type ExplainWorld = Pick<World, "settings" | "configuration" | "client">;

/** What explaining one meaning takes. */
interface Explaining extends RouteWorld {
  readonly read: ReadInputs;
  readonly world: ExplainWorld;
  /** To ask in; undefined where nobody is asked. */
  readonly context: Context | undefined;
  /** Whether the name may mean several references. */
  readonly isAmbiguous: boolean;
}

/**
 * The way of a reference, by checked inputs. Where all places are passed over, that is the answer and
 * no error.
 *
 * @throws OciError CONFIG where a file cannot be used, INVALID_REFERENCE where a name without a
 * registry means nothing, CANCELLED.
 */
export async function explain(
  read: ReadInputs,
  world: ExplainWorld,
  options: ExplainOptions,
): Promise<Explanation> {
  const { inputs } = read;
  const { configuration, settings } = world;
  const { directory, report = SILENT, signal = new AbortController().signal } = options;
  registerSecrets(inputs);
  if (read.reference.layout !== undefined) return await explainOne(read, world, options);
  const conf = await confOf(read, { configuration, directory, report });
  const meant = await meantBy(read, conf, configuration);
  const { references } = meant;
  const context = { settings, limits: limitsWith(inputs.limits), report, signal };
  const explaining: Explaining = {
    inputs,
    directory,
    configuration,
    conf,
    search: await searchOf({ inputs, directory, configuration, conf }),
    read,
    world,
    context: options.online ? context : undefined,
    isAmbiguous: references.length > 1,
  };
  const ways = references.map((reference) => wayOf(reference, explaining));
  const endpoints = (await Promise.all(ways)).flat();
  const agree = agreementOf(endpoints);
  const isShort = isShortName(inputs.reference);
  return Object.freeze({
    reference: isShort ? inputs.reference : formatReference(pinned(references[0], read)),
    ...(isShort ? { meanings: meaningsOf(meant, read) } : {}),
    files: conf.files,
    endpoints: Object.freeze(endpoints),
    ...(agree === undefined ? {} : { agree }),
  });
}

/** Of a layout. */
async function explainOne(
  read: ReadInputs,
  { settings, client }: ExplainWorld,
  { directory, online, report = SILENT, signal = new AbortController().signal }: ExplainOptions,
): Promise<Explanation> {
  const { inputs } = read;
  const reference = pinned(read.reference, read);
  const context = { settings, limits: limitsWith(inputs.limits), report, signal };
  const endpoint = await explainLayout(reference, {
    directory,
    client,
    context: online ? context : undefined,
    totalTimeout: totalTimeout(inputs, reference.registry),
  });
  return Object.freeze({
    reference: formatReference(reference),
    files: Object.freeze([]),
    endpoints: Object.freeze([endpoint]),
  });
}

/** The reference with the digest that is wanted, if one is: it decides which mirrors serve. */
function pinned(reference: Reference, { inputs }: ReadInputs): Reference {
  return inputs.digest === undefined ? reference : { ...reference, digest: inputs.digest };
}

function meaningsOf({ references, namedBy }: Meant, read: ReadInputs): readonly ExplainedMeaning[] {
  return references.map((reference) => ({
    reference: formatReference(pinned(reference, read)),
    ...(namedBy === undefined ? {} : { namedBy }),
  }));
}

/** The places of one meaning. */
async function wayOf(
  meaning: Reference,
  explaining: Explaining,
): Promise<readonly ExplainedEndpoint[]> {
  const reference = pinned(meaning, explaining.read);
  const { digest, ...byTag } = reference;
  const hasBoth = digest !== undefined && byTag.tag !== undefined;
  // The places are the same; who is passed over is not.
  const tagStops = hasBoth ? stopsFor(byTag, explaining) : [];
  return await Promise.all(
    stopsFor(reference, explaining).map(async (stop, position) => {
      return Object.freeze({
        ...placeOf(stop),
        ...(explaining.isAmbiguous ? { meaning: formatReference(reference) } : {}),
        ...(hasBoth ? { tag: skippedOf(tagStops[position]) } : {}),
        ...(stop.skipped === undefined
          ? await dialled(stop, reference, explaining)
          : { skipped: stop.skipped }),
      });
    }),
  );
}

/** What is passed over was not checked: its location may hold a password. */
function placeOf({ role, registry, repository, namedBy }: Stop) {
  return {
    role,
    location: shownLocation(`${registry}/${repository}`),
    ...(namedBy === undefined ? {} : { namedBy }),
  };
}

function skippedOf(stop: Stop | undefined): { readonly skipped?: string } {
  return stop?.skipped === undefined ? {} : { skipped: stop.skipped };
}

async function dialled(stop: Stop, reference: Reference, explaining: Explaining) {
  const { context, inputs, world } = explaining;
  const { settings, client } = world;
  const endpoint = await prepared(stop, reference, explaining);
  const certificates = await certificatesOf(endpoint, explaining);
  const { credential, notes } = await loginOf(endpoint, explaining);
  const name = reference.digest ?? effectiveTag(reference) ?? "latest";
  const asked = {
    subject: formatReference(reference),
    name,
    totalTimeout: totalTimeout(inputs, reference.registry),
  };
  const all = [...notes, ...(certificates?.notes ?? [])];
  return {
    ...diallingOf(endpoint, name, certificates, settings.proxy),
    credential,
    ...(all.length === 0 ? {} : { notes: all }),
    ...(context === undefined ? {} : { answer: await answerOf(endpoint, asked, client, context) }),
  };
}

/** What certs.d has for the host. What is wrong with it, the endpoint says. */
async function certificatesOf(
  { plainHttp, registry }: Endpoint,
  { configuration }: Explaining,
): Promise<HostCertificates | undefined> {
  if (plainHttp) return undefined;
  return await configuration.hostCertificates(registry).catch(() => undefined);
}

/** Given, found, or looked for in vain. */
async function loginOf(
  { credential, registry, repository }: Endpoint,
  { search }: Explaining,
): Promise<{ readonly credential: ExplainedCredential; readonly notes: readonly string[] }> {
  if (credential !== undefined) return { credential: { source: credential.source }, notes: [] };
  const { source, notes } = await explainCredential(search, registry, repository);
  return {
    credential: source === undefined ? { searched: searchedPlaces(search) } : { source },
    notes,
  };
}
