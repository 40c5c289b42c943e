/**
 * Reads environment, home and uid once, and is the only file that touches `process.env`. What it
 * returns is frozen; the files it names are read by the rooms that need them.
 */
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { OciError } from "../errors";
import { locateAuthFiles } from "./auth-files/locate";
import { parseByteSize } from "./byte-size";
import type { CredentialSearch } from "./credentials";
import { AUTH_FILES } from "./registries-conf/tables";

/** What the blobs of the cache may come to, unless OCI_ARTIFACT_CACHE_MAX says otherwise: 10 GiB. */
export const DEFAULT_CACHE_BYTES = 10 * 1024 ** 3;

export interface Settings {
  /** Cache shared by all projects of a user: blobs by digest. Absolute. */
  readonly cacheDirectory: string;
  /** Bytes of all its blobs together; beyond it the least recently used go. Default 10 GiB. */
  readonly cacheMaxBytes: number;
  /** Where blobs go for one run when the cache cannot be written. */
  readonly temporaryDirectory: string;
  /** Where credentials are looked for, unless registries.conf or the user says otherwise. */
  readonly search: CredentialSearch;
  /** Files and folders with certificates of the system, from SSL_CERT_FILE and SSL_CERT_DIR. */
  readonly certificateFile: string | undefined;
  readonly certificateDirectories: readonly string[];
  /** NODE_EXTRA_CA_CERTS: Node forgets it as soon as other authorities are given. */
  readonly extraCertificateFile: string | undefined;
  readonly proxy: ProxySettings;
  /** SOURCE_DATE_EPOCH, as it is written: the time of all that is packed. */
  readonly sourceDateEpoch: string | undefined;
  /** Root under which absolute default files lie; "/" outside tests. */
  readonly root: string;
  /** Whose configuration files count, and where they may lie. */
  readonly user: UserWorld;
}

/** What the places of the configuration files of containers tools depend on. */
export interface UserWorld {
  /** The variables that name such places, and no others. */
  readonly environment: Environment;
  readonly home: string;
  /** Undefined where the system has none. */
  readonly uid: number | undefined;
  readonly root: string;
}

/** Variables that say where configuration lies; DOCKER_AUTH_CONFIG is the configuration itself. */
const PLACE_VARIABLES = [
  "CONTAINERS_REGISTRIES_CONF",
  "CONTAINERS_REGISTRIES_CONF_OVERRIDE",
  "DOCKER_AUTH_CONFIG",
  "DOCKER_CONFIG",
  "REGISTRY_AUTH_FILE",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_RUNTIME_DIR",
] as const;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingsOptions {
  readonly environment?: Environment;
  readonly home?: string;
  readonly root?: string;
  readonly uid?: number;
}

/** Proxies of the environment; how they are read is Go's way, as other tools of the field do it. */
export interface ProxySettings {
  /** For http: URLs. */
  readonly http: string | undefined;
  /** For https: URLs. */
  readonly https: string | undefined;
  /** NO_PROXY, as it is written. */
  readonly none: string;
}

/**
 * The settings of this process, or of a world that a test lays out below `root`.
 * @throws OciError CONFIG for a variable of our own that cannot be read.
 */
export function readSettings(options: SettingsOptions = {}): Settings {
  const environment = options.environment ?? process.env;
  const home = options.home ?? nonEmpty(environment["HOME"]) ?? systemHome();
  const cacheHome = nonEmpty(environment["XDG_CACHE_HOME"]) ?? join(home, ".cache");
  const cacheOverride = nonEmpty(environment["OCI_ARTIFACT_CACHE"]);
  const user: UserWorld = Object.freeze({
    environment: Object.freeze(
      Object.fromEntries(PLACE_VARIABLES.map((name) => [name, environment[name]])),
    ),
    home,
    uid: options.uid ?? process.getuid?.(),
    root: options.root ?? "/",
  });
  return Object.freeze({
    cacheDirectory: resolve(cacheOverride ?? join(cacheHome, "pulumi-oci-artifact")),
    cacheMaxBytes: cacheBound(nonEmpty(environment["OCI_ARTIFACT_CACHE_MAX"])),
    temporaryDirectory: nonEmpty(environment["TMPDIR"]) ?? tmpdir(),
    certificateFile: nonEmpty(environment["SSL_CERT_FILE"]),
    certificateDirectories: Object.freeze(
      (environment["SSL_CERT_DIR"] ?? "").split(":").filter((entry) => entry !== ""),
    ),
    extraCertificateFile: nonEmpty(environment["NODE_EXTRA_CA_CERTS"]),
    proxy: readProxies(environment),
    sourceDateEpoch: nonEmpty(environment["SOURCE_DATE_EPOCH"]),
    root: options.root ?? "/",
    user,
    search: Object.freeze({
      places: locateAuthFiles(user),
      searchPath: environment["PATH"] ?? "",
      helpers: Object.freeze([AUTH_FILES]),
    }),
  });
}

/** The environment of this process but for some variables: of a program that is run. */
export function environmentWithout(names: readonly string[]): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !names.includes(name.toUpperCase())),
  );
}

function cacheBound(text: string | undefined): number {
  const bytes = text === undefined ? DEFAULT_CACHE_BYTES : parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new OciError({
    code: "CONFIG",
    verb: "read",
    subject: "the environment variable OCI_ARTIFACT_CACHE_MAX",
    fact: `${JSON.stringify(text)} is no size`,
    hint: "set it to a number of bytes, or to a size such as 500MiB or 20GiB",
  });
}

/** Below a web server HTTP_PROXY may be a header of whoever asks. */
function readProxies(environment: Environment): ProxySettings {
  const either = (name: string): string | undefined =>
    nonEmpty(environment[name]) ?? nonEmpty(environment[name.toLowerCase()]);
  const isBelowServer = nonEmpty(environment["REQUEST_METHOD"]) !== undefined;
  return Object.freeze({
    http: isBelowServer ? nonEmpty(environment["http_proxy"]) : either("HTTP_PROXY"),
    https: either("HTTPS_PROXY"),
    none: either("NO_PROXY") ?? "",
  });
}

/** Where HOME names none: Node takes an empty one for the working directory, and throws for a user without name. */
function systemHome(): string {
  try {
    return nonEmpty(homedir()) ?? userInfo().homedir;
  } catch {
    return "/";
  }
}

/** An empty variable counts as unset, as the XDG base directory rules ask. */
function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
