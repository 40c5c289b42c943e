/**
 * Chooses the table of registries.conf for a name: the one with the longest prefix, compared byte
 * by byte. Pure. Tags and digests take no part in it.
 */
import type { RegistriesConf, RegistryTable } from "./tables";

/** The table of a name, and what stands behind its prefix. */
export interface TableMatch {
  readonly table: RegistryTable;
  /** Rest of the name, to be put behind a location: "/team/image", ":5000/image", or "". */
  readonly rest: string;
}

/** The table that counts for `host[:port]/repository`, or undefined where none matches. */
export function findTable(name: string, conf: RegistriesConf): TableMatch | undefined {
  let best: TableMatch | undefined;
  for (const table of conf.registries) {
    const rest = restBehind(table.prefix, name);
    if (rest === undefined || (best !== undefined && !isCloser(table, best.table))) continue;
    best = { table, rest };
  }
  return best;
}

/** The longer prefix; of two that are equally long, the one that names the host in full. */
function isCloser(table: RegistryTable, other: RegistryTable): boolean {
  const difference = table.prefix.length - other.prefix.length;
  return difference > 0 || (difference === 0 && isWildcard(other.prefix));
}

function restBehind(prefix: string, name: string): string | undefined {
  if (isWildcard(prefix)) {
    const host = /^[^:/]*/.exec(name)?.[0] ?? "";
    return host.endsWith(prefix.slice(1)) ? name.slice(host.length) : undefined;
  }
  if (!name.startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  // A prefix without a port is meant for all ports of its host: "localhost" is used that way.
  return /^[/:]|^$/.test(rest) ? rest : undefined;
}

function isWildcard(prefix: string): boolean {
  return prefix.startsWith("*.");
}
