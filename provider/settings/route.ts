/**
 * Where a reference is asked for, in order: the mirrors that the user names, those of registries.conf,
 * and last the registry itself. Pure: it decides by names alone, and says of each place that is
 * passed over why.
 */
import { normalizedRegistry } from "../docker-hub";
import { OciError } from "../errors";
import {
  blockedReason,
  findSources,
  type Source,
  type SourceReference,
  unfitReason,
} from "./registries-conf/find-sources";
import { trimmedLocation } from "./registries-conf/names";
import { splitName } from "./registries-conf/rewrite";
import { type MirrorUse, type RegistriesConf, tableName } from "./registries-conf/tables";

/** A mirror that the user names for this pull. */
export interface NamedMirror {
  /** As errors call it: `mirrors[0]`. */
  readonly name: string;
  /** `host[:port][/path]`: stands in the place of the reference's registry. */
  readonly location: string;
  /** Default "all". */
  readonly pullFromMirror?: MirrorUse | undefined;
}

/** What sends a reference somewhere. */
export interface RouteRules {
  readonly conf: RegistriesConf;
  /** Asked before those of registries.conf, in order. */
  readonly mirrors: readonly NamedMirror[];
  /** Whether the registry itself may be asked. */
  readonly fallback: boolean;
}

/** One place on the way of a reference. */
export interface Stop extends Source {
  /** What names it, for people; absent for the reference's own registry, as it is written. */
  readonly namedBy?: string;
  /** Position among the mirrors that the user names; absent for all other places. */
  readonly mirror?: number;
}

/**
 * All places of a reference, in order, also those that are passed over (`skipped`). Never empty; the
 * origin is last.
 *
 * @throws OciError CONFIG where a location of registries.conf makes no name that can be asked for.
 */
export function routeOf(
  reference: SourceReference,
  { conf, mirrors, fallback }: RouteRules,
): readonly Stop[] {
  const named = mirrors.map((mirror, position) => namedStop(mirror, position, reference, conf));
  const found = findSources(reference, conf).map((source): Stop => {
    const { table, role } = source;
    const isOut = role === "origin" && !fallback && source.skipped === undefined;
    return Object.freeze({
      ...source,
      ...(table === undefined ? {} : { namedBy: tableName(table) }),
      ...(isOut ? { skipped: NO_FALLBACK } : {}),
    });
  });
  return Object.freeze([...named, ...found]);
}

/**
 * The places that are asked; never empty.
 *
 * @throws OciError BLOCKED where all are passed over, with the reason of each.
 */
export function usableStops(subject: string, route: readonly Stop[]): readonly Stop[] {
  const usable = route.filter(({ skipped }) => skipped === undefined);
  if (usable.length > 0) return Object.freeze(usable);
  const isAlone = route.some(({ skipped }) => skipped === NO_FALLBACK);
  throw new OciError({
    code: "BLOCKED",
    verb: "pull",
    subject,
    fact: isAlone
      ? "no mirror serves it, and its own registry is left out by fallback: false"
      : "registries.conf blocks it",
    details: route.map(
      ({ registry, repository, skipped }) => `${registry}/${repository}: ${skipped ?? "skipped"}`,
    ),
    hint: isAlone
      ? "name a mirror that serves it in mirrors, or drop fallback: false"
      : "use another registry, or take blocked = true out of the table, if that is yours to decide",
  });
}

const NO_FALLBACK = "left out by fallback: false";

function namedStop(
  { name, location, pullFromMirror = "all" }: NamedMirror,
  mirror: number,
  { repository, digest }: SourceReference,
  conf: RegistriesConf,
): Stop {
  const trimmed = trimmedLocation(location);
  const place = splitName(`${trimmed}/${repository}`);
  const registry = normalizedRegistry(place.registry);
  const rules = { pullFromMirror, mirrorByDigestOnly: false };
  const skipped =
    unfitReason(rules, digest !== undefined) ?? blockedReason({ ...place, registry }, conf);
  return Object.freeze({
    role: "mirror",
    registry,
    repository: place.repository,
    insecure: false,
    location: trimmed,
    namedBy: name,
    mirror,
    ...(skipped === undefined ? {} : { skipped }),
  });
}
