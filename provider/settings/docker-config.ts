/**
 * Reads the text of Docker's config.json and tells where in it the credential of a repository may
 * lie, in the order in which the places are to be asked. It never opens a file or runs a helper.
 *
 * Rules: https://docs.docker.com/reference/cli/docker/login/#credential-stores and, for keys with
 * a path, https://github.com/containers/image/blob/v5.36.2/docs/containers-auth.json.5.md
 */
import { OciError } from "../errors";
import { DOCKER_HUB } from "../docker-hub";
import type { Credential } from "../types";

/** The secrets of a credential, without where they came from. */
export type Secrets = Omit<Credential, "source" | "explicit">;

/** The parts of config.json that say something about credentials. */
export interface DockerConfig {
  /** Key ("ghcr.io", "ghcr.io/team", "https://index.docker.io/v1/") to entry, unread. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** Host to the name of its helper. */
  readonly credentialHelpers: ReadonlyMap<string, unknown>;
  /** Name of the helper of all other hosts. */
  readonly credentialStore: unknown;
}

/** One place that may hold the credential. `listed` is where the file names it, for people. */
export type CredentialPlace =
  | {
      readonly kind: "helper";
      readonly listed: string;
      readonly name: unknown;
      /** Names that the server may be stored under, in order. */
      readonly servers: readonly string[];
      /** Where this helper has nothing, the file has nothing. */
      readonly isFinal: boolean;
    }
  | { readonly kind: "entry"; readonly listed: string; readonly entry: unknown };

/** Key that `docker login` files Docker Hub under, in the file and in helpers. */
const DOCKER_HUB_KEY = "https://index.docker.io/v1/";
const DOCKER_HUB_HOSTS: readonly string[] = [DOCKER_HUB, "index.docker.io", "registry-1.docker.io"];

/**
 * Parses the text of a config.json. Names of fields count without regard to case, as in Go.
 *
 * @throws OciError CONFIG. It never quotes the text, which may hold secrets.
 */
export function parseDockerConfig(text: string, file: string): DockerConfig {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw broken(file, "it is not valid JSON");
  }
  if (!isRecord(document)) throw broken(file, "it is not a JSON object");
  return Object.freeze({
    auths: mapField(document, "auths", file),
    credentialHelpers: mapField(document, "credHelpers", file),
    credentialStore: field(document, "credsStore"),
  });
}

/**
 * Where the credential of a repository may lie, in Docker's order: the helper of its host (which
 * is final), the helper of all hosts, the entries. A key with a path beats that of the host.
 */
export function credentialPlaces(
  config: DockerConfig,
  registry: string,
  repository: string,
): readonly CredentialPlace[] {
  const entry = findEntry(config.auths, registry, repository);
  const helper = findHelper(config, registry);
  return [helper, entry].filter((place) => place !== undefined);
}

/** The helper is asked under the name that lists it first: tools of one habit find each other. */
function findHelper(config: DockerConfig, registry: string): CredentialPlace | undefined {
  const isHub = DOCKER_HUB_HOSTS.includes(registry);
  for (const key of isHub ? [DOCKER_HUB_KEY, registry] : [registry]) {
    const name = config.credentialHelpers.get(key);
    if (name === undefined) continue;
    const servers = isHub ? [key, key === registry ? DOCKER_HUB_KEY : registry] : [key];
    return { kind: "helper", listed: `credHelpers["${key}"]`, name, servers, isFinal: true };
  }
  const name = config.credentialStore;
  if (name === undefined || name === null || name === "") return undefined;
  const servers = isHub ? [DOCKER_HUB_KEY, registry] : [registry];
  return { kind: "helper", listed: "credsStore", name, servers, isFinal: false };
}

/** The longest key with a path, then the host, then keys that only mean the host. */
function findEntry(
  auths: ReadonlyMap<string, unknown>,
  registry: string,
  repository: string,
): CredentialPlace | undefined {
  const parts = repository.split("/");
  const exact = parts.map((_, at) => [registry, ...parts.slice(0, parts.length - at)].join("/"));
  // Several keys may mean one host; the shortest is chosen, so that the choice is always the same.
  const loose = [...auths.keys()]
    .filter((key) => sameHost(hostOfKey(key), registry))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const key = [...exact, registry, ...loose].find((candidate) => auths.has(candidate));
  if (key === undefined) return undefined;
  return { kind: "entry", listed: `auths["${key}"]`, entry: auths.get(key) };
}

/** URLs, which older Dockers wrote, lose scheme and path; other keys stay as they are. */
function hostOfKey(key: string): string {
  return /^https?:\/\/([^/]*)/.exec(key)?.[1] ?? key;
}

function sameHost(one: string, other: string): boolean {
  return one === other || (DOCKER_HUB_HOSTS.includes(one) && DOCKER_HUB_HOSTS.includes(other));
}

/**
 * The secrets of one entry of `auths`, or undefined where it holds none ("{}" marks a host whose
 * secrets a helper keeps). `auth` beats `username` and `password`.
 *
 * @throws OciError CONFIG for an entry that cannot be read. It never quotes the entry.
 */
export function readEntry(entry: unknown, file: string, listed: string): Secrets | undefined {
  if (!isRecord(entry)) throw broken(file, `${listed} is not an object`);
  const text = (name: string): string | undefined => {
    const value = field(entry, name) ?? "";
    if (typeof value !== "string") throw broken(file, `${name} of ${listed} is not a text`);
    return value === "" ? undefined : value;
  };
  const auth = text("auth");
  const [username, password] =
    auth === undefined
      ? [text("username"), text("password")]
      : userAndPassword(decodeBase64(auth, file, listed));
  const identityToken = text("identitytoken");
  const registryToken = text("registrytoken");
  const secrets: Secrets = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
  return Object.keys(secrets).length === 0 ? undefined : secrets;
}

/** Splits at the first colon; a text without one is no pair, and Docker passes over it, too. */
function userAndPassword(pair: string): readonly [string | undefined, string | undefined] {
  const colon = pair.indexOf(":");
  const username = pair.slice(0, Math.max(colon, 0));
  // Some writers pad the password with NULs.
  const password = pair.slice(colon + 1).replace(/^\u0000+|\u0000+$/g, "");
  return colon < 0 || username + password === "" ? [undefined, undefined] : [username, password];
}

/** Base64 with its padding, as Docker writes it; Buffer alone would read anything. */
function decodeBase64(auth: string, file: string, listed: string): string {
  const text = auth.replace(/[\r\n]/g, "");
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw broken(file, `auth of ${listed} is not valid base64`);
  }
  return Buffer.from(text, "base64").toString("utf8");
}

function mapField(
  document: Readonly<Record<string, unknown>>,
  name: string,
  file: string,
): ReadonlyMap<string, unknown> {
  const value = field(document, name) ?? {};
  if (!isRecord(value)) throw broken(file, `${name} is not an object`);
  return new Map(Object.entries(value));
}

/** The last field of that name, whatever its case. */
export function field(record: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = Object.keys(record).findLast((it) => it.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : record[key];
}

/** Whether a parsed JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function broken(file: string, fact: string): OciError {
  return new OciError({ code: "CONFIG", verb: "read the credentials in", subject: file, fact });
}
