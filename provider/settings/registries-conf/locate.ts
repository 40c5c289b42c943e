/**
 * Says where registries.conf and its drop-ins may lie. Pure: it looks at no disk, and whether a
 * file is there decides who reads.
 *
 * Rule: containers/image 5.40 and newer; earlier versions knew neither XDG_CONFIG_HOME, nor
 * /usr/share, nor drop-ins that mask each other.
 */
import { join } from "node:path";

/** Names the only main file; no drop-in is read then. */
const MAIN_VARIABLE = "CONTAINERS_REGISTRIES_CONF";

/** Names a file that is read after all others. */
export const OVERRIDE_VARIABLE = "CONTAINERS_REGISTRIES_CONF_OVERRIDE";

/** The world that the places depend on. */
export interface ConfWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Of the user; undefined where the system has none. */
  readonly uid: number | undefined;
  /** Below which absolute default files lie; "/" outside tests. */
  readonly root: string;
  /** A main file that the user names; it beats the environment's. */
  readonly registriesConf?: string | undefined;
}

/** What to read, in order: the main file, the drop-ins, the override. */
export interface ConfPlaces {
  /** The first that exists is read, the others are not. */
  readonly main: readonly string[];
  /** What names the main file, so that its absence is an error; undefined for default places. */
  readonly mainNamedBy: string | undefined;
  /** The most important first: of two files with one name only the first one's is read. */
  readonly dropIns: readonly string[];
  /** Read last; its absence is an error. */
  readonly override: string | undefined;
  /** Where podman remembers which registry a short name has meant. */
  readonly rememberedAliases: string;
}

/** The places for a user and an environment. An empty variable counts as unset. */
export function locateRegistriesConf(world: ConfWorld): ConfPlaces {
  const { environment, registriesConf } = world;
  const variable = nonEmpty(environment[MAIN_VARIABLE]);
  const named = registriesConf ?? variable;
  const directories = configDirectories(world);
  // A file that the user names for this pull is one more opinion; the variable stands for all.
  const hasDropIns = registriesConf !== undefined || variable === undefined;
  return Object.freeze({
    main: Object.freeze(
      named === undefined
        ? directories.map((directory) => join(directory, "registries.conf"))
        : [named],
    ),
    mainNamedBy:
      registriesConf !== undefined
        ? "the option registriesConf"
        : variable && environmentVariable(MAIN_VARIABLE),
    dropIns: Object.freeze(hasDropIns ? dropInDirectories(directories, world.uid) : []),
    override: nonEmpty(environment[OVERRIDE_VARIABLE]),
    rememberedAliases: rememberedAliases(world),
  });
}

type ConfigDirectories = readonly [user: string, administrator: string, vendor: string];

function configDirectories({ environment, home, root }: ConfWorld): ConfigDirectories {
  const configHome = nonEmpty(environment["XDG_CONFIG_HOME"]) ?? join(home, ".config");
  return [
    join(configHome, "containers"),
    join(root, "etc/containers"),
    join(root, "usr/share/containers"),
  ];
}

/** The user's own; then, in each directory of the system, those for such users before those for all. */
function dropInDirectories(
  [user, ...system]: ConfigDirectories,
  uid: number | undefined,
): readonly string[] {
  return [
    join(user, "registries.conf.d"),
    ...system.flatMap((directory) =>
      [...dropInsFor(uid), "registries.conf.d"].map((name) => join(directory, name)),
    ),
  ];
}

function dropInsFor(uid: number | undefined): readonly string[] {
  if (uid === undefined) return [];
  if (uid === 0) return ["registries.rootful.conf.d"];
  return [`registries.rootless.conf.d/${uid}`, "registries.rootless.conf.d"];
}

function rememberedAliases({ environment, home, uid, root }: ConfWorld): string {
  const cacheHome = nonEmpty(environment["XDG_CACHE_HOME"]) ?? join(home, ".cache");
  const directory = uid === 0 ? join(root, "var/cache/containers") : join(cacheHome, "containers");
  return join(directory, "short-name-aliases.conf");
}

/** A variable of the environment, as an error calls it. */
export function environmentVariable(name: string): string {
  return `the environment variable ${name}`;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === "" ? undefined : value;
}
