/**
 * What can be asked of publishing: what is packed, where it goes, and what has to hold. Types only.
 */
import type { FileItem, ProviderBuild, TreeKind } from "../pack/request";
import type { Origin } from "../registry/writer";
import type { Endpoint, Platform, Reference } from "../types";

/** One folder or one file. */
export interface PathSource {
  readonly from: "path";
  /** "files": one layer, of whatever type is given. */
  readonly kind: TreeKind | "helm-chart" | "files";
  /** Absolute. A folder; with "files" also a file, and of a chart also its archive. */
  readonly path: string;
  /** Which entries of a folder; globs. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** With "files". Default: `application/vnd.unknown.artifact.v1`, as ORAS has it. */
  readonly artifactType?: string;
  /** Of the layer, with "files". */
  readonly mediaType?: string;
}

/** Several, each one layer under its title. */
export interface FilesSource {
  readonly from: "files";
  /** Their paths are absolute. */
  readonly files: readonly FileItem[];
  readonly artifactType?: string;
}

/** The zips of an OpenTofu provider. */
export interface BuildsSource {
  readonly from: "builds";
  /** Their paths are absolute. */
  readonly builds: readonly ProviderBuild[];
}

/** An artifact that there is already: it goes as it is, byte for byte. */
export interface ExistingSource {
  readonly from: "artifact";
  readonly reference: Reference;
  /** Who is asked for it, in order; mirrors among them. */
  readonly endpoints: readonly Endpoint[];
  /** Of an index: this manifest alone. Default: the index with all that it names. */
  readonly platform?: Platform;
}

export type PublishSource = PathSource | FilesSource | BuildsSource | ExistingSource;

export interface PublishRequest {
  readonly source: PublishSource;
  /** Where it goes. Its tag is set first; it names no digest. */
  readonly reference: Reference;
  /** More tags, in this order. */
  readonly tags?: readonly string[];
  /** The registry itself, as it is reached for writing. */
  readonly endpoint: Origin;
  /** Of the manifest, or of the index. Not of an artifact that there is already. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether the git repository of the source adds annotations; those that are given win. */
  readonly git?: boolean;
  /** A tag or a digest of the same repository, which the artifact is to refer to. */
  readonly subject?: string;
  /** A tag that names other content is an error, and is left alone. */
  readonly immutableTags?: boolean;
  /** Time of all entries, in whole seconds since 1970. Default: 0. */
  readonly seconds?: number;
  /** Milliseconds for planning, and once more for pushing. Default: no bound. */
  readonly totalTimeout?: number | undefined;
}
