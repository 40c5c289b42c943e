/**
 * Says where this user's credentials may lie, in the order in which they count. Pure: it looks at no
 * disk, and into no text that may hold a secret.
 *
 * Rules: https://github.com/containers/image/blob/v5.36.2/docs/containers-auth.json.5.md for podman
 * and its like, https://docs.docker.com/reference/cli/docker/ for Docker. Where a machine has files
 * of both, those of containers come first, as they do for podman.
 */
import { basename, join } from "node:path";
import type { Environment } from "../settings";

/** Names the only file; no other place counts then. */
const FILE_VARIABLE = "REGISTRY_AUTH_FILE";

/** Holds the text of a config.json. */
const TEXT_VARIABLE = "DOCKER_AUTH_CONFIG";

/** Where containers' tools log in to, for the time of a session. */
const RUNTIME_VARIABLE = "XDG_RUNTIME_DIR";

/** The name of the oldest form of Docker's file, wherever it lies. */
const LEGACY_NAME = ".dockercfg";

/** The world that the places depend on. */
export interface AuthWorld {
  readonly environment: Environment;
  readonly home: string;
  /** Of the user; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Below which absolute default files lie; "/" outside tests. */
  readonly root: string;
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform;
  /** The only file, which the user names for this pull; it beats the environment's. */
  readonly authFile?: string | undefined;
}

/** One place that may hold credentials: a file, or a text of the environment. */
export interface AuthPlace {
  /** For people: the path of the file, or what else it is. */
  readonly name: string;
  /** What it says, where it is no file. A secret. */
  readonly text?: string;
  /** Hosts stand at its top, as in `.dockercfg`. Default: as in auth.json and config.json. */
  readonly isLegacy?: boolean;
  /** What names it, so that it has to be there and to be whole; absent for default places. */
  readonly namedBy?: string;
  /** It was named for this pull, so that what it holds is meant, and a refusal of it final. */
  readonly isGiven?: boolean;
  /** A folder above it that a variable promises. */
  readonly promised?: { readonly folder: string; readonly variable: string };
}

/** Where to look. */
export interface AuthPlaces {
  /** The first that has an answer is believed. */
  readonly inOrder: readonly AuthPlace[];
}

/** The places for a user and an environment. An empty variable counts as unset. */
export function locateAuthFiles(world: AuthWorld): AuthPlaces {
  const only = onlyPlace(world);
  const places =
    only === undefined
      ? [...textOf(world), ...containersFiles(world), ...dockerFiles(world)]
      : [only];
  return Object.freeze({ inOrder: Object.freeze(places.map((place) => Object.freeze(place))) });
}

function onlyPlace({ environment, authFile }: AuthWorld): AuthPlace | undefined {
  if (authFile !== undefined) {
    return { ...fileAt(authFile), namedBy: "the option authFile", isGiven: true };
  }
  const file = nonEmpty(environment[FILE_VARIABLE]);
  return file === undefined
    ? undefined
    : { ...fileAt(file), namedBy: `the environment variable ${FILE_VARIABLE}` };
}

function textOf({ environment }: AuthWorld): readonly AuthPlace[] {
  const text = nonEmpty(environment[TEXT_VARIABLE]);
  return text === undefined ? [] : [{ name: `the environment variable ${TEXT_VARIABLE}`, text }];
}

/** That of the session, then that of the user; where there are no sessions, they may be one. */
function containersFiles(world: AuthWorld): readonly AuthPlace[] {
  const { environment, home } = world;
  const config = nonEmpty(environment["XDG_CONFIG_HOME"]) ?? join(home, ".config");
  const lasting = fileAt(join(config, "containers/auth.json"));
  const session = sessionFile(world);
  return session === undefined || session.name === lasting.name ? [lasting] : [session, lasting];
}

function sessionFile(world: AuthWorld): AuthPlace | undefined {
  const { environment, home, root, uid, platform = process.platform } = world;
  if (platform !== "linux") return fileAt(join(home, ".config/containers/auth.json"));
  const folder = nonEmpty(environment[RUNTIME_VARIABLE]);
  if (folder !== undefined) {
    const promised = { folder, variable: RUNTIME_VARIABLE };
    return { ...fileAt(join(folder, "containers/auth.json")), promised };
  }
  return uid === undefined ? undefined : fileAt(join(root, `run/containers/${uid}/auth.json`));
}

function dockerFiles({ environment, home }: AuthWorld): readonly AuthPlace[] {
  const folder = nonEmpty(environment["DOCKER_CONFIG"]) ?? join(home, ".docker");
  return [fileAt(join(folder, "config.json")), fileAt(join(home, LEGACY_NAME))];
}

function fileAt(file: string): AuthPlace {
  return { name: file, ...(basename(file) === LEGACY_NAME ? { isLegacy: true } : {}) };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
