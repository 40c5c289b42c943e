/**
 * The text of one registries.conf → its tables, checked. Pure. It never lets a value pass that it
 * does not understand; of keys that it does not know it only warns, because newer files have more.
 *
 * Rule: containers-registries.conf(5), version 2
 */
import { aliasProblem, deadAliasReason, searchRegistryProblem, trimmedLocation } from "./names";
import { parseRegistries, REGISTRY_KEYS } from "./parse-registries";
import { refusal } from "./refusal";
import { type ConfFile, type ConfText, type ShortNameMode, shownLocation } from "./tables";
import {
  isTable,
  type OpenTable,
  openTable,
  parseToml,
  type RawTable,
  rawField,
  tableRefusal,
  tablesOf,
  textOf,
  textsOf,
  typeName,
} from "./toml";

/** What stands before all tables, or begins one. */
const FILE_KEYS = [
  "unqualified-search-registries",
  "credential-helpers",
  "short-name-mode",
  "registry",
  "aliases",
] as const;

/** Known, and nothing to us: it is checked, and no more. */
const OTHERS_KEY = "additional-layer-store-auth-helper";

const SHORT_NAME_MODES: readonly ShortNameMode[] = ["enforcing", "permissive", "disabled"];

/** Lists of version 1: `[registries.search] registries = [...]`. */
const VERSION_1_TABLES = ["search", "insecure", "block"];

/**
 * Parses and checks a whole file.
 *
 * @throws OciError CONFIG, naming the file, the table and the key.
 */
export function parseRegistriesConf({ file, text }: ConfText): ConfFile {
  const document = parseToml(text, file);
  refuseVersion1(document, file);
  const table = openTable(document, file, "", [...FILE_KEYS, OTHERS_KEY]);
  textOf(table, OTHERS_KEY);
  const unqualifiedSearch = searchRegistries(table);
  const credentialHelpers = textsOf(table, "credential-helpers");
  const shortNameMode = modeOf(table);
  const { registries, warnings } = parseRegistries(
    file,
    tablesOf(table, "registry", "[[registry]]"),
    FILE_KEYS,
  );
  return Object.freeze({
    file,
    registries,
    aliases: aliasesOf(table),
    ...(unqualifiedSearch === undefined ? {} : { unqualifiedSearch }),
    ...(credentialHelpers === undefined ? {} : { credentialHelpers }),
    ...(shortNameMode === undefined ? {} : { shortNameMode }),
    warnings: Object.freeze([...unknownKeys(table), ...idleAliases(table), ...warnings]),
  });
}

/**
 * The aliases of a file that has nothing else: those that podman remembers.
 *
 * @throws OciError CONFIG, naming the file and the alias.
 */
export function parseAliases({ file, text }: ConfText): ReadonlyMap<string, string> {
  return aliasesOf(openTable(parseToml(text, file), file, "", ["aliases"]));
}

function refuseVersion1(document: RawTable, file: string): void {
  const registries = rawField(document, "registries");
  if (registries === undefined) return;
  if (!isTable(registries)) {
    throw refusal(file, "registries is not a key of version 2", "begin each with [[registry]]");
  }
  const found = VERSION_1_TABLES.find((name) => {
    const table = rawField(registries, name) ?? {};
    return !isTable(table) || rawField(table, "registries") !== undefined;
  });
  if (found === undefined) return;
  throw refusal(
    file,
    `[registries.${found}] is of version 1 of registries.conf, which is not read any more`,
    VERSION_1_HINTS[found],
  );
}

const VERSION_1_HINTS: Readonly<Record<string, string>> = {
  search: 'write it in version 2: unqualified-search-registries = ["quay.io"]',
  insecure: 'write it in version 2: [[registry]] with location = "host" and insecure = true',
  block: 'write it in version 2: [[registry]] with location = "host" and blocked = true',
};

function searchRegistries(table: OpenTable): readonly string[] | undefined {
  const registries = textsOf(table, "unqualified-search-registries")?.map(trimmedLocation);
  for (const registry of registries ?? []) {
    const problem = searchRegistryProblem(registry);
    if (problem === undefined) continue;
    throw tableRefusal(table, `unqualified-search-registries: ${problem.fact}`, problem.hint);
  }
  return registries && Object.freeze(registries);
}

/** An empty mode counts as none. */
function modeOf(table: OpenTable): ShortNameMode | undefined {
  const text = textOf(table, "short-name-mode");
  const mode = SHORT_NAME_MODES.find((known) => known === text);
  if (mode !== undefined || text === "") return mode;
  throw tableRefusal(
    table,
    `short-name-mode is ${JSON.stringify(text)}`,
    `short-name-mode takes ${SHORT_NAME_MODES.map((known) => `"${known}"`).join(", ")}`,
  );
}

function aliasesOf(table: OpenTable): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  const written = table.fields.get("aliases");
  for (const [short, name] of Object.entries(isTable(written) ? written : {})) {
    const problem =
      typeof name === "string"
        ? aliasProblem(short, name)
        : { fact: "it is not a text in quotes", hint: 'write "short/name" = "registry/name"' };
    if (problem !== undefined) {
      const hint = isFileKey(short) ? `write ${short} before the first table` : problem.hint;
      const shown = shownLocation(short);
      throw tableRefusal(table, `alias "${shown}" of [aliases]: ${problem.fact}`, hint);
    }
    aliases.set(short, String(name));
  }
  return aliases;
}

/** Aliases that do nothing. In any form but a table they are as good as absent to other readers, too. */
function idleAliases({ file, fields }: OpenTable): readonly string[] {
  const written = fields.get("aliases") ?? {};
  if (isTable(written)) {
    return Object.keys(written).flatMap((short) => {
      const dead = deadAliasReason(short);
      return dead === undefined
        ? []
        : [`${file}: alias "${short}" of [aliases] matches no reference: ${dead}`];
    });
  }
  return [`${file}: aliases is ${typeName(written)}, it does nothing; it takes a table: [aliases]`];
}

function unknownKeys({ file, unknown }: OpenTable): readonly string[] {
  return unknown.map((key) => {
    const advice = REGISTRY_KEYS.includes(key) ? "; it belongs behind [[registry]]" : "";
    return `${file}: nobody knows the key ${key}, it does nothing${advice}`;
  });
}

function isFileKey(key: string): boolean {
  return FILE_KEYS.some((known) => known === key);
}
