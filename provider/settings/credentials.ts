/**
 * Finds the credential of a repository on this machine: reads the places that may hold it, and runs
 * the helpers that they name. What is broken is a warning and the rest counts, unless the user has
 * named that very file; and nobody is asked whether a credential is accepted.
 */
import type { Report } from "../context";
import { asOciError, errorFacts, OciError } from "../errors";
import { registerSecret } from "../redact";
import type { Credential } from "../types";
import { readEntry, type Secrets } from "./auth-files/entry";
import { type AuthSpot, globalHelper, spotsOf } from "./auth-files/find";
import type { AuthPlace, AuthPlaces } from "./auth-files/locate";
import { readAuthPlace } from "./auth-files/read";
import { askHelper, helperProgram, locateHelper } from "./credential-helper";
import { AUTH_FILES } from "./registries-conf/tables";

/** Where a credential is looked for. */
export interface CredentialSearch {
  readonly places: AuthPlaces;
  /** PATH that helpers are looked up in. */
  readonly searchPath: string;
  /**
   * `credential-helpers` of registries.conf, in order: names of helpers for all hosts, and
   * `containers-auth.json` for the places. Default there: the places alone.
   */
  readonly helpers: readonly string[];
}

/** Which source would be used, without having asked it. */
export interface CredentialExplanation {
  /** As the credential would name it; undefined where there is none. */
  readonly source?: string;
  /** What was passed over and why, and what only a helper knows. */
  readonly notes: readonly string[];
}

/**
 * The credential that this machine holds for the repository, or undefined. The first place with an
 * answer is believed; reasons to pass over one go to the report, each once.
 *
 * @throws OciError CONFIG, where the user has named the file and it is missing or broken.
 */
export async function findCredential(
  search: CredentialSearch,
  registry: string,
  repository: string,
  report: Report,
): Promise<Credential | undefined> {
  const quest = { search, registry, repository, warn: onceEach(report) };
  return walk(quest, async (spot, place) => {
    const secrets = await secretsAt(spot, search.searchPath);
    if (secrets === undefined) return undefined;
    return credentialFrom(secrets, sourceOf(spot), place?.isGiven === true);
  });
}

/** Where a credential is looked for, in order, as errors name it; no secret is in it. */
export function searchedPlaces({ places, helpers }: CredentialSearch): readonly string[] {
  return helpers.flatMap((helper) =>
    helper === AUTH_FILES ? places.inOrder.map(({ name }) => name) : [helperProgram(helper)],
  );
}

/** Which source would be used for the repository. No helper is run, and nothing is thrown. */
export async function explainCredential(
  search: CredentialSearch,
  registry: string,
  repository: string,
): Promise<CredentialExplanation> {
  const notes: string[] = [];
  const unasked: string[] = [];
  const warn = (message: string): void => void notes.push(message);
  const ask = async (spot: AuthSpot): Promise<string | undefined> => {
    if (spot.kind === "entry") {
      return readEntry(spot.entry, spot.file, spot.listed) && sourceOf(spot);
    }
    await locateHelper(search.searchPath, String(spot.name));
    unasked.push(sourceOf(spot));
    return undefined;
  };
  try {
    const held = await walk({ search, registry, repository, warn }, ask);
    const sources = [...unasked, ...(held === undefined ? [] : [held])];
    const [source] = sources;
    for (const [at, helper] of unasked.entries()) {
      notes.push(`${helper} is not asked here; where it has nothing: ${sources[at + 1] ?? "none"}`);
    }
    return Object.freeze({ ...(source === undefined ? {} : { source }), notes });
  } catch (error) {
    return Object.freeze({ notes: [...notes, asOciError(error, "look for", SUBJECT).message] });
  }
}

/** What is looked for, and who is told. */
interface Quest {
  readonly search: CredentialSearch;
  readonly registry: string;
  readonly repository: string;
  readonly warn: (message: string) => void;
}

/** What a spot has; it is one of the place, unless registries.conf names it. */
type Ask<T> = (spot: AuthSpot, place?: AuthPlace) => Promise<T | undefined>;

/** The first answer of all spots, in order. */
async function walk<T>(quest: Quest, ask: Ask<T>): Promise<T | undefined> {
  const { helpers, places } = quest.search;
  const unread = places.inOrder.find(({ namedBy }) => namedBy !== undefined);
  if (unread?.namedBy !== undefined && !helpers.includes(AUTH_FILES)) {
    const reason = `credential-helpers of registries.conf lists no "${AUTH_FILES}"`;
    quest.warn(`${unread.name}, which ${unread.namedBy} names, is not read: ${reason}`);
  }
  for (const helper of helpers) {
    const answer =
      helper === AUTH_FILES
        ? await walkPlaces(quest, ask)
        : await attempt(() => ask(globalHelper(helper, quest.registry)), quest);
    if (answer !== undefined && answer !== FAILED) return answer;
  }
  return undefined;
}

async function walkPlaces<T>(quest: Quest, ask: Ask<T>): Promise<T | undefined> {
  for (const place of quest.search.places.inOrder) {
    const file = await attempt(() => readAuthPlace(place), quest, place);
    if (file === undefined || file === FAILED) continue;
    for (const spot of spotsOf(file, quest.registry, quest.repository)) {
      const answer = await attempt(() => ask(spot, place), quest, place);
      if (answer === FAILED) continue;
      if (answer !== undefined) return answer;
      if (spot.kind === "helper" && spot.isFinal) break;
    }
  }
  return undefined;
}

async function secretsAt(spot: AuthSpot, searchPath: string): Promise<Secrets | undefined> {
  if (spot.kind === "entry") return readEntry(spot.entry, spot.file, spot.listed);
  for (const server of spot.servers) {
    const secrets = await askHelper(searchPath, String(spot.name), server);
    if (secrets !== undefined) return secrets;
  }
  return undefined;
}

/** Every secret is known to the redaction gate before anybody holds it. */
function credentialFrom(secrets: Secrets, source: string, explicit: boolean): Credential {
  registerSecret(secrets.password);
  registerSecret(secrets.identityToken);
  registerSecret(secrets.registryToken);
  if (secrets.username !== undefined && secrets.password !== undefined) {
    const pair = `${secrets.username}:${secrets.password}`;
    registerSecret(Buffer.from(pair).toString("base64"));
  }
  return Object.freeze({ ...secrets, source, explicit });
}

function sourceOf(spot: AuthSpot): string {
  return spot.kind === "entry"
    ? `${spot.file} (${spot.listed})`
    : `${helperProgram(String(spot.name))} (${spot.listed})`;
}

const SUBJECT = "a credential";
const FAILED = Symbol("failed");

/** What the work gives; where it fails, a warning and FAILED, or the error if the place was named. */
async function attempt<T>(
  work: () => Promise<T>,
  { warn }: Quest,
  place?: AuthPlace,
): Promise<T | typeof FAILED> {
  try {
    return await work();
  } catch (error) {
    const reason = asOciError(error, "look for", SUBJECT);
    if (place?.namedBy !== undefined) {
      const hint = reason.hint ?? `correct ${place.name}, or ${place.namedBy}, which names it`;
      throw new OciError({ ...errorFacts(reason), hint, cause: reason.cause });
    }
    warn(`${reason.message}\ngoing on without it`);
    return FAILED;
  }
}

/** What each report was warned of: the same files are searched for each mirror and repository. */
const warned = new WeakMap<Report, Set<string>>();

function onceEach(report: Report): (message: string) => void {
  const said = warned.get(report) ?? new Set();
  warned.set(report, said);
  return (message) => {
    if (!said.has(message)) report.warning(message);
    said.add(message);
  };
}
