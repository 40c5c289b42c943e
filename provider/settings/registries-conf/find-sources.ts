/**
 * Where registries.conf sends a reference: its mirrors in the order of the file, and last its own
 * location. Pure. It decides by names alone: who can be reached, and with which credential, is
 * not known here.
 *
 * One table counts, the one with the longest prefix; what a shorter one says of mirrors, `insecure`
 * and `blocked` does not hold beside it.
 */
import type { Reference } from "../../types";
import { findTable } from "./find-table";
import { type RepositoryName, rewrite, splitName } from "./rewrite";
import {
  type LocationFacts,
  type MirrorTable,
  type RegistriesConf,
  type RegistryTable,
  type TableOrigin,
  tableName,
} from "./tables";

/** What of a reference chooses its sources. With a tag and a digest, the digest counts. */
export type SourceReference = Pick<Reference, "registry" | "repository" | "digest">;

/** One place that may be asked. */
export interface Source {
  readonly role: "mirror" | "origin";
  /** Host and optional port; Docker Hub is "docker.io". Unchecked where `skipped` is set. */
  readonly registry: string;
  readonly repository: string;
  /** TLS without verification, and where none can be had plain HTTP. */
  readonly insecure: boolean;
  /** Of a mirror, as the table names it. */
  readonly location?: string;
  /** Value of `?ns=` in each request to the registry, those for tokens excepted. */
  readonly namespaceProxy?: string;
  /** The table that says so; absent where none matches and the reference is asked as it is. */
  readonly table?: TableOrigin;
  /** Why it is not asked, one clause; absent for those that are. */
  readonly skipped?: string;
}

/**
 * All sources of a reference, in order, also those that are skipped, for people. Never empty, the
 * origin is last.
 *
 * @throws OciError CONFIG where a location does not make a name that can be asked for.
 */
export function findSources(reference: SourceReference, conf: RegistriesConf): readonly Source[] {
  const { registry, repository } = reference;
  const match = findTable(`${registry}/${repository}`, conf);
  if (match === undefined) {
    const asWritten: Source = { role: "origin", registry, repository, insecure: false };
    return Object.freeze([Object.freeze(asWritten)]);
  }
  const { table, rest } = match;
  const mirrors = table.mirrors.map((mirror): Source => {
    const { mirrorByDigestOnly } = table;
    const rules = { pullFromMirror: mirror.pullFromMirror, mirrorByDigestOnly };
    const unfit = unfitReason(rules, reference.digest !== undefined);
    // What is not asked need not make a name.
    const name =
      unfit === undefined ? rewrite(mirror, rest, table.origin) : splitName(mirror.location + rest);
    return source("mirror", mirror, table, name, unfit ?? blockedReason(name, conf));
  });
  // A wildcard without a location leaves the name as it is.
  const name =
    table.location === "" ? { registry, repository } : rewrite(table, rest, table.origin);
  // What is blocked is blocked under each name: a location that leads elsewhere opens nothing.
  const blocked = table.blocked ? blockedBy(table) : blockedReason(name, conf);
  return Object.freeze([...mirrors, source("origin", table, table, name, blocked)]);
}

function source(
  role: Source["role"],
  { insecure, location, namespaceProxy }: LocationFacts,
  table: RegistryTable,
  name: RepositoryName,
  skipped: string | undefined,
): Source {
  return Object.freeze({
    role,
    ...name,
    insecure,
    ...(role === "origin" ? {} : { location }),
    ...(namespaceProxy === undefined ? {} : { namespaceProxy }),
    table: table.origin,
    ...(skipped === undefined ? {} : { skipped }),
  });
}

/** Why a mirror is not for such a reference, if so. */
export function unfitReason(
  {
    pullFromMirror,
    mirrorByDigestOnly,
  }: Pick<MirrorTable, "pullFromMirror"> & Pick<RegistryTable, "mirrorByDigestOnly">,
  hasDigest: boolean,
): string | undefined {
  if (pullFromMirror === "tag-only") {
    return hasDigest ? 'it is for tags only (pull-from-mirror = "tag-only")' : undefined;
  }
  if (hasDigest) return undefined;
  if (mirrorByDigestOnly) return "it is for digests only (mirror-by-digest-only = true)";
  return pullFromMirror === "digest-only"
    ? 'it is for digests only (pull-from-mirror = "digest-only")'
    : undefined;
}

/**
 * Why nobody may be asked for the name, if so: the table that it falls under decides, for mirrors and
 * for the origin.
 */
export function blockedReason(
  { registry, repository }: RepositoryName,
  conf: RegistriesConf,
): string | undefined {
  const table = findTable(`${registry}/${repository}`, conf)?.table;
  return table?.blocked === true ? blockedBy(table) : undefined;
}

function blockedBy(table: RegistryTable): string {
  return `blocked by ${tableName(table.origin)}`;
}
