/**
 * All files of registries.conf → what they say together. Pure. A later file replaces whole tables of
 * an earlier one and never a part of them; contradictions across files are none.
 */
import { parseRegistriesConf } from "./parse";
import {
  type Alias,
  AUTH_FILES,
  type ConfFile,
  type ConfText,
  type RegistriesConf,
} from "./tables";

/**
 * Parses the texts and merges them: main file, drop-ins, override, in this order.
 *
 * @throws OciError CONFIG for the first file that cannot be used.
 */
export function mergeRegistriesConf(texts: readonly ConfText[]): RegistriesConf {
  const files = texts.map(parseRegistriesConf);
  const helpers = last(files, (file) => file.credentialHelpers) ?? [];
  return Object.freeze({
    registries: Object.freeze(mergedRegistries(files)),
    unqualifiedSearch: last(files, (file) => file.unqualifiedSearch) ?? Object.freeze([]),
    aliases: mergedAliases(files),
    shortNameMode: last(files, (file) => file.shortNameMode) ?? "permissive",
    credentialHelpers: helpers.length === 0 ? Object.freeze([AUTH_FILES]) : helpers,
    files: Object.freeze(files.map(({ file }) => file)),
    warnings: Object.freeze(files.flatMap(({ warnings }) => warnings)),
  });
}

function mergedRegistries(files: readonly ConfFile[]): RegistriesConf["registries"] {
  const tables = files.flatMap(({ registries }) => registries);
  return [...new Map(tables.map((table) => [table.prefix, table])).values()];
}

function mergedAliases(files: readonly ConfFile[]): ReadonlyMap<string, Alias> {
  const aliases = new Map<string, Alias>();
  for (const { file, aliases: said } of files) {
    for (const [short, name] of said) {
      if (name === "") aliases.delete(short);
      else aliases.set(short, Object.freeze({ name, file }));
    }
  }
  return aliases;
}

/** What the last file says that mentions it; an empty list is a mention. */
function last<T>(files: readonly ConfFile[], of: (file: ConfFile) => T | undefined): T | undefined {
  return files.map(of).findLast((value) => value !== undefined);
}
