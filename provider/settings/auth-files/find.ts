/**
 * Tells where in a file the credential of a repository may lie, in the order in which these spots are
 * to be asked. Pure: it reads no entry and runs no helper.
 */
import { DOCKER_HUB } from "../../docker-hub";
import type { AuthFile } from "./parse";

/** One spot that may hold the credential. */
export type AuthSpot = HelperSpot | EntrySpot;

export interface HelperSpot {
  readonly kind: "helper";
  /** What names it, for people: `credsStore of /home/x/.docker/config.json`. */
  readonly listed: string;
  /** Of the helper, as it is written. */
  readonly name: unknown;
  /** Names that the server may be stored under, in order. */
  readonly servers: readonly string[];
  /** Where this helper has nothing, the file has nothing. */
  readonly isFinal: boolean;
}

export interface EntrySpot {
  readonly kind: "entry";
  readonly file: string;
  /** Where the file has it, for people: `auths["ghcr.io"]`. */
  readonly listed: string;
  /** Unread. */
  readonly entry: unknown;
}

/** Key that `docker login` files Docker Hub under, in the file and in helpers. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS: readonly string[] = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io"];

/**
 * Where the credential of a repository may lie, in Docker's order: the helper of its host (which
 * is final), the helper of all hosts, the entries. A key with a path beats that of the host.
 */
export function spotsOf(file: AuthFile, registry: string, repository: string): readonly AuthSpot[] {
  const entry = findEntry(file, registry, repository);
  const helper = findHelper(file, registry);
  return [helper, entry].filter((spot) => spot !== undefined);
}

/** The spot of a helper that registries.conf names for all hosts. */
export function globalHelper(name: string, registry: string): HelperSpot {
  const servers = isHub(registry) ? [registry, DOCKER_HUB_KEY] : [registry];
  const listed = "credential-helpers of registries.conf";
  return { kind: "helper", listed, name, servers, isFinal: false };
}

/** The helper is asked under the name that lists it first: tools of one habit find each other. */
function findHelper(file: AuthFile, registry: string): HelperSpot | undefined {
  for (const key of isHub(registry) ? [DOCKER_HUB_KEY, registry] : [registry]) {
    const name = file.credentialHelpers.get(key);
    if (name === undefined) continue;
    const other = key === registry ? DOCKER_HUB_KEY : registry;
    const servers = isHub(registry) ? [key, other] : [key];
    return {
      kind: "helper",
      listed: `credHelpers["${key}"] of ${file.name}`,
      name: name ?? "",
      servers,
      isFinal: true,
    };
  }
  const name = file.credentialStore;
  if (name === undefined || name === null || name === "") return undefined;
  const servers = isHub(registry) ? [DOCKER_HUB_KEY, registry] : [registry];
  return { kind: "helper", listed: `credsStore of ${file.name}`, name, servers, isFinal: false };
}

/** The longest key with a path, then the host, then keys that only mean the host. */
function findEntry(
  { name: file, auths, isLegacy }: AuthFile,
  registry: string,
  repository: string,
): EntrySpot | undefined {
  // The oldest form knows no repositories: a path behind a host is that of an interface.
  const parts = isLegacy ? [] : repository.split("/");
  const exact = parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join("/"));
  // Several keys may mean one host; the shortest is chosen, so that the choice is always the same.
  const loose = [...auths.keys()]
    .filter((key) => isSameHost(hostOfKey(key, isLegacy), registry))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const key = [...exact, registry, ...loose].find((candidate) => auths.has(candidate));
  if (key === undefined) return undefined;
  const listed = `${isLegacy ? "" : "auths"}["${key}"]`;
  return { kind: "entry", file, listed, entry: auths.get(key) };
}

/** URLs, which older Dockers wrote, lose scheme and path; other keys do in the oldest form only. */
function hostOfKey(key: string, isLegacy: boolean): string {
  const bare = key.replace(/^http:\/\//, "").replace(/^https:\/\//, "");
  return isLegacy || bare !== key ? (bare.split("/", 1)[0] ?? "") : key;
}

function isSameHost(one: string, other: string): boolean {
  return one === other || (isHub(one) && isHub(other));
}

function isHub(registry: string): boolean {
  return DOCKER_HUB_HOSTS.includes(registry);
}
