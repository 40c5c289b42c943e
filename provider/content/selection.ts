/**
 * Which part of an artifact is wanted, layers and entries, and what of it is let pass. Plain data
 * that is stored, compared and hashed; applying it is for plan.ts, select-entries.ts and unpack/.
 */
import type { Kind, KindName } from "./kinds";
import { pathKey } from "./path-rules";

/** What is unpacked: what looks like it, all archives, or nothing. */
export const EXTRACT_RULES = ["auto", "always", "never"] as const;

export type ExtractRule = (typeof EXTRACT_RULES)[number];

/** Layers: one is taken where it satisfies all that are given. */
export interface LayerSelection {
  /** Media types, one of which the layer has. */
  readonly mediaTypes?: readonly string[];
  /** Titles, one of which the layer has. */
  readonly titles?: readonly string[];
  /** Positions in the manifest, from 0. */
  readonly layers?: readonly number[];
}

/** Entries, in the order in which it is applied. */
export interface EntrySelection {
  /** Leading components that are taken off each path. */
  readonly stripComponents?: number;
  /** Folder that becomes the root: "charts/app". */
  readonly subPath?: string;
  /** Globs, one of which a path matches. */
  readonly include?: readonly string[];
  /** Globs, none of which a path matches. */
  readonly exclude?: readonly string[];
}

/** What is an error unless it is allowed; each false by default. */
export interface Allowances {
  /** The same path in two layers: the later one wins. */
  readonly allowOverwrite?: boolean;
  /** Names that differ only in case or Unicode form: both stay. */
  readonly allowNameClashes?: boolean;
  /** Content without a single entry: an empty folder. */
  readonly allowEmpty?: boolean;
}

const ALLOWANCES = ["allowOverwrite", "allowNameClashes", "allowEmpty"] as const;

export interface Selection extends LayerSelection, EntrySelection, Allowances {
  /** Default "auto". */
  readonly extract?: ExtractRule;
  /** What it has to be. Default: what is recognized. */
  readonly kind?: Kind;
  /** Of an OpenTofu provider: `[host/]namespace/type`. Default: by the name of the repository. */
  readonly providerSource?: string;
}

/** As users write it. */
export interface GivenSelection extends Omit<Selection, "kind"> {
  readonly kind?: KindName;
}

/**
 * The selection in the one form that all ways to write it have in common, without anything that
 * selects everything or allows nothing. Other content is another selection; the order of a list is not.
 */
export function selectionOf(given: GivenSelection): Selection {
  const { extract, stripComponents = 0, kind = "auto", providerSource } = given;
  const subPath = pathKey(given.subPath ?? "");
  return Object.freeze({
    ...listed("mediaTypes", given.mediaTypes),
    ...listed("titles", given.titles),
    ...listed("layers", given.layers),
    ...(extract === undefined || extract === "auto" ? {} : { extract }),
    ...(stripComponents === 0 ? {} : { stripComponents }),
    ...(subPath === "" ? {} : { subPath }),
    ...listed("include", given.include),
    ...listed("exclude", given.exclude),
    ...allowancesOf(given),
    ...(kind === "auto" ? {} : { kind }),
    ...(providerSource === undefined ? {} : { providerSource }),
  });
}

/** What a selection allows; what it does not has no key. */
export function allowancesOf(selection: Allowances): Allowances {
  const allowed = ALLOWANCES.filter((name) => selection[name] === true);
  return Object.freeze(Object.fromEntries(allowed.map((name) => [name, true])));
}

/** The part of a canonical selection that is about entries; undefined where it takes them all. */
export function entrySelectionOf(selection: Selection): EntrySelection | undefined {
  const { stripComponents, subPath, include, exclude } = selection;
  const entries = {
    ...(stripComponents === undefined ? {} : { stripComponents }),
    ...(subPath === undefined ? {} : { subPath }),
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
  };
  return Object.keys(entries).length === 0 ? undefined : Object.freeze(entries);
}

/** An empty list is none: whoever wants nothing needs no artifact. */
function listed<Name extends string, Item extends string | number>(
  name: Name,
  items: readonly Item[] | undefined,
): Partial<Record<Name, readonly Item[]>> {
  if (items === undefined || items.length === 0) return {};
  const sorted = [...new Set(items)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { [name]: Object.freeze(sorted) } as Partial<Record<Name, readonly Item[]>>;
}
