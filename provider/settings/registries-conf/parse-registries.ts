/**
 * The `[[registry]]` tables of one file and their mirrors, checked one by one and against each
 * other. Pure. Whether a location makes a legal name shows only when a reference is rewritten.
 */
import type { OciError } from "../../errors";
import { deadPrefixReason, locationProblem, trimmedLocation, wildcardProblem } from "./names";
import type { LocationFacts, MirrorTable, MirrorUse, RegistryTable } from "./tables";
import { shownLocation } from "./tables";
import {
  flagOf,
  type OpenTable,
  openTable,
  type RawTable,
  rawField,
  tableRefusal,
  tablesOf,
  textOf,
} from "./toml";

const MIRROR_KEYS: readonly string[] = [
  "location",
  "insecure",
  "pull-from-mirror",
  "namespace-proxy",
];

/** Keys of `[[registry]]`. `pull-from-mirror` is known so that it can be refused. */
export const REGISTRY_KEYS: readonly string[] = [
  ...MIRROR_KEYS,
  "prefix",
  "blocked",
  "mirror-by-digest-only",
  "mirror",
];

const MIRROR_USES: readonly MirrorUse[] = ["all", "digest-only", "tag-only"];

/** The tables, and what in them has no effect. */
export interface ParsedRegistries {
  /** One table a prefix: the first. */
  readonly registries: readonly RegistryTable[];
  readonly warnings: readonly string[];
}

/**
 * Parses the tables of a file. `fileKeys` are those that belong before all tables.
 *
 * @throws OciError CONFIG, naming the file, the table and the key.
 */
export function parseRegistries(
  file: string,
  tables: readonly RawTable[],
  fileKeys: readonly string[],
): ParsedRegistries {
  const parsed = tables.map((raw, at) => parseRegistry(file, raw, at + 1));
  refuseContradictions(parsed);
  const registries = new Map<string, RegistryTable>();
  const warnings: string[] = [];
  for (const { table, mirrors, registry } of parsed) {
    warnings.push(...registryWarnings(table, registry.prefix, fileKeys));
    warnings.push(...mirrors.flatMap((mirror) => mirrorWarnings(mirror, fileKeys)));
    if (!registries.has(registry.prefix)) registries.set(registry.prefix, registry);
    else warnings.push(`${file}: a second ${table.label} does nothing; the first one counts`);
  }
  return { registries: Object.freeze([...registries.values()]), warnings };
}

/** A table as it was written, and what it comes to. */
interface ParsedRegistry {
  readonly table: OpenTable;
  readonly mirrors: readonly OpenTable[];
  readonly registry: RegistryTable;
}

function parseRegistry(file: string, raw: RawTable, index: number): ParsedRegistry {
  const table = openTable(raw, file, labelOf("[[registry]]", raw, index), REGISTRY_KEYS);
  const mirrorByDigestOnly = flagOf(table, "mirror-by-digest-only");
  const facts = locationFacts(table);
  const prefix = prefixOf(table, facts.location);
  if (textOf(table, "pull-from-mirror") !== "") {
    const hint = "write it behind [[registry.mirror]]";
    throw tableRefusal(table, "pull-from-mirror is not a key of registries", hint);
  }
  const mirrors = tablesOf(table, "mirror", "[[registry.mirror]]").map((mirror, at) => {
    const label = `${labelOf("[[registry.mirror]]", mirror, at + 1)} of ${table.label}`;
    return openTable(mirror, file, label, MIRROR_KEYS);
  });
  const registry = Object.freeze({
    ...facts,
    prefix,
    blocked: flagOf(table, "blocked"),
    mirrorByDigestOnly,
    mirrors: Object.freeze(mirrors.map((mirror) => parseMirror(mirror, mirrorByDigestOnly))),
    origin: Object.freeze({ file, index, prefix }),
  });
  return { table, mirrors, registry };
}

function parseMirror(table: OpenTable, mirrorByDigestOnly: boolean): MirrorTable {
  const facts = locationFacts(table);
  if (facts.location === "") {
    throw tableRefusal(table, "it has no location", 'write location = "host/path"');
  }
  const text = textOf(table, "pull-from-mirror");
  const pullFromMirror = text === "" ? "all" : MIRROR_USES.find((use) => use === text);
  if (pullFromMirror === undefined) {
    throw tableRefusal(
      table,
      `pull-from-mirror is ${JSON.stringify(text)}`,
      `pull-from-mirror takes ${MIRROR_USES.map((use) => `"${use}"`).join(", ")}`,
    );
  }
  if (text !== "" && mirrorByDigestOnly) {
    throw tableRefusal(
      table,
      "pull-from-mirror contradicts mirror-by-digest-only of its registry",
      "take one of them out",
    );
  }
  return Object.freeze({ ...facts, pullFromMirror });
}

function locationFacts(table: OpenTable): LocationFacts {
  const location = placeOf(table, "location");
  const namespaceProxy = textOf(table, "namespace-proxy");
  return {
    location,
    insecure: flagOf(table, "insecure"),
    ...(namespaceProxy === "" ? {} : { namespaceProxy }),
  };
}

/** The prefix is the location where there is none. */
function prefixOf(table: OpenTable, location: string): string {
  const prefix = placeOf(table, "prefix");
  if (prefix === "" && location === "") {
    throw tableRefusal(table, "it has neither location nor prefix", LOCATION_HINT);
  }
  if (location === "" && !prefix.startsWith("*.")) {
    const hint = `write location = "${shownLocation(prefix)}", which is the prefix, too`;
    throw tableRefusal(table, "it has a prefix and no location", hint);
  }
  // One of slashes alone is written, and chooses nothing.
  const chosenBy = textOf(table, "prefix") === "" ? location : prefix;
  const problem = wildcardProblem(chosenBy);
  if (problem !== undefined) throw tableRefusal(table, problem.fact, problem.hint);
  return chosenBy;
}

const LOCATION_HINT = 'write location = "host[:port][/path]"';

function placeOf(table: OpenTable, key: "location" | "prefix"): string {
  const place = trimmedLocation(textOf(table, key));
  const problem = locationProblem(key, place);
  if (problem === undefined) return place;
  throw tableRefusal(table, problem.fact, problem.hint);
}

/** Tables of one location, under different prefixes, say the same of it. */
function refuseContradictions(parsed: readonly ParsedRegistry[]): void {
  const earlier = new Map<string, RegistryTable>();
  for (const { table, registry } of parsed) {
    const place = registry.location === "" ? registry.prefix : registry.location;
    const other = earlier.get(place) ?? registry;
    for (const key of ["insecure", "blocked"] as const) {
      if (other[key] !== registry[key]) throw contradiction(table, key, other, registry);
    }
    earlier.set(place, registry);
  }
}

function contradiction(
  table: OpenTable,
  key: "insecure" | "blocked",
  earlier: RegistryTable,
  later: RegistryTable,
): OciError {
  const other = `[[registry]] ${earlier.origin.index} "${shownLocation(earlier.prefix)}"`;
  return tableRefusal(
    table,
    `${key} is ${later[key]}, and ${earlier[key]} in ${other} of the same location`,
    `give ${key} the same value in both`,
  );
}

/** `[[registry]] "example.com"`; by its position where it has no name. */
function labelOf(header: string, raw: RawTable, position: number): string {
  const name = [rawField(raw, "prefix"), rawField(raw, "location")].find(
    (value) => typeof value === "string" && value !== "",
  );
  return `${header} ${typeof name === "string" ? `"${shownLocation(name)}"` : position}`;
}

function registryWarnings(
  table: OpenTable,
  prefix: string,
  fileKeys: readonly string[],
): readonly string[] {
  const dead = deadPrefixReason(prefix);
  return [
    ...table.unknown.map((key) => unknownKey(table, key, fileKeys.includes(key) && FILE_ADVICE)),
    ...(dead === undefined ? [] : [`${table.file}: ${table.label} matches no reference: ${dead}`]),
  ];
}

function mirrorWarnings(mirror: OpenTable, fileKeys: readonly string[]): readonly string[] {
  return mirror.unknown.map((key) => {
    if (fileKeys.includes(key)) return unknownKey(mirror, key, FILE_ADVICE);
    return unknownKey(mirror, key, REGISTRY_KEYS.includes(key) && REGISTRY_ADVICE);
  });
}

/** In TOML, what is written behind the header of a table belongs to that table. */
const FILE_ADVICE = "it belongs before the first table";
const REGISTRY_ADVICE = "it belongs to the registry: write it before the first [[registry.mirror]]";

function unknownKey(table: OpenTable, key: string, advice: string | false): string {
  const fact = `${table.file}: nobody knows the key ${key} of ${table.label}, it does nothing`;
  return advice === false ? fact : `${fact}; ${advice}`;
}
