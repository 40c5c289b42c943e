/**
 * The types of what registries.conf says: one file's share, and all of them together. And how its
 * tables are called to people. It reads nothing and checks nothing.
 *
 * Rule: containers-registries.conf(5), version 2
 */

/** A file that was read. */
export interface ConfText {
  /** As an error names it. */
  readonly file: string;
  readonly text: string;
}

/** For which references a mirror is asked. */
export type MirrorUse = "all" | "digest-only" | "tag-only";

/** What to do where several registries may be meant; nobody can be asked here. */
export type ShortNameMode = "enforcing" | "permissive" | "disabled";

/** What both a registry and its mirrors have. */
export interface LocationFacts {
  /** `host[:port][/path]`, without a slash at its end; "" where a wildcard has none. */
  readonly location: string;
  /** TLS without verification, and where none can be had plain HTTP. Of this location alone. */
  readonly insecure: boolean;
  /** Value of `?ns=` for a proxy that serves many registries. */
  readonly namespaceProxy?: string;
}

/** One `[[registry.mirror]]`. Its location is never empty. */
export interface MirrorTable extends LocationFacts {
  readonly pullFromMirror: MirrorUse;
}

/** One `[[registry]]`. */
export interface RegistryTable extends LocationFacts {
  /** What it is chosen by: `host[:port][/path]`, or `*.host`. Never empty. */
  readonly prefix: string;
  readonly blocked: boolean;
  /** Mirrors are asked for references with a digest only. */
  readonly mirrorByDigestOnly: boolean;
  /** In the order of the file. */
  readonly mirrors: readonly MirrorTable[];
  readonly origin: TableOrigin;
}

/** Where a table stands. */
export interface TableOrigin {
  readonly file: string;
  /** Position among the `[[registry]]` of its file, from 1. */
  readonly index: number;
  readonly prefix: string;
}

/** What one file says; absent is what it does not mention. */
export interface ConfFile {
  readonly file: string;
  readonly registries: readonly RegistryTable[];
  readonly unqualifiedSearch?: readonly string[];
  /** Short name to full name; "" takes back what an earlier file says. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly shortNameMode?: ShortNameMode;
  readonly credentialHelpers?: readonly string[];
  readonly warnings: readonly string[];
}

/** What all files say together. */
export interface RegistriesConf {
  /** One table a prefix. */
  readonly registries: readonly RegistryTable[];
  /** Registries that short names are looked for in, in order. Default: none. */
  readonly unqualifiedSearch: readonly string[];
  /** Short name to full name and the file that says so. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /** Default "permissive". */
  readonly shortNameMode: ShortNameMode;
  /** Where credentials come from, in order. Default: {@link AUTH_FILES} alone. */
  readonly credentialHelpers: readonly string[];
  /** What was read, in order. */
  readonly files: readonly string[];
  /** What the files say without effect, one sentence each. */
  readonly warnings: readonly string[];
}

export interface Alias {
  /** `host/repository`. */
  readonly name: string;
  readonly file: string;
}

/** The credential helper that stands for the auth files. */
export const AUTH_FILES = "containers-auth.json";

/** The table as an error names it: `[[registry]] "example.com" of /etc/containers/registries.conf`. */
export function tableName({ prefix, file }: TableOrigin): string {
  return `[[registry]] "${shownLocation(prefix)}" of ${file}`;
}

/** A location as a person may read it: without what may be a password, which may hold anything. */
export function shownLocation(location: string): string {
  return location.replace(/^.*@(?!\w+:[0-9a-f]{32,}$)/s, "[hidden]@");
}
