/**
 * What can be asked of packing, one shape for each kind of artifact. Types only.
 */
import type { Limits } from "../limits";
import type { Descriptor, Platform } from "../types";
import type { Source, SourceOptions } from "./source";

/** What all kinds have in common. */
export interface CommonRequest {
  /** Annotations of the manifest, or of the index where there is one. Default: none. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The manifest that the artifact is about: it becomes one of its referrers. */
  readonly subject?: Descriptor;
}

/** Kinds whose content is one directory. */
export const TREE_KINDS = ["opentofu-module", "opentofu-argocd", "flux", "argocd"] as const;

export type TreeKind = (typeof TREE_KINDS)[number];

/** "opentofu-argocd" is one artifact that serves both. */
export interface TreeRequest extends CommonRequest {
  readonly kind: TreeKind;
  readonly source: Source;
}

/** One build of an OpenTofu provider. */
export interface ProviderBuild {
  readonly platform: Platform;
  /** Path of the zip archive, which is packed as it is. */
  readonly archive: string;
}

export interface ProviderRequest extends CommonRequest {
  readonly kind: "opentofu-provider";
  readonly builds: readonly ProviderBuild[];
}

/** Reads YAML 1.2 into plain values; throws what it cannot. */
export type ParseYaml = (text: string) => unknown;

export interface ChartRequest extends CommonRequest {
  readonly kind: "helm-chart";
  /** The chart's directory, or the path of an archive by `helm package`, which is packed as it is. */
  readonly chart: Source | string;
  /** Path of the provenance file of an archive. */
  readonly provenance?: string;
  readonly parseYaml: ParseYaml;
}

/** A file or a directory, and what it is called in the artifact. */
export interface FileItem {
  readonly path: string;
  /** Relative, with "/". Default: the last component of `path`. */
  readonly title?: string;
  /** Default: `application/octet-stream`; of a directory the type of a layer, tar+gzip. */
  readonly mediaType?: string;
  /** Of the layer, beside its title. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Which entries of a directory. */
  readonly entries?: Pick<SourceOptions, "include" | "exclude" | "includeGit" | "allowEmpty">;
}

export interface FilesRequest extends CommonRequest {
  readonly kind: "files";
  readonly files: readonly FileItem[];
  /** Default: `application/vnd.unknown.artifact.v1`, as ORAS has it. */
  readonly artifactType?: string;
  /** Path of a file that becomes the config. Default: the empty config. */
  readonly config?: { readonly path: string; readonly mediaType: string };
}

/** One directory, as one layer of any type. */
export interface FolderRequest extends CommonRequest {
  readonly kind: "folder";
  readonly source: Source;
  /** Default: `application/vnd.unknown.artifact.v1`, as ORAS has it. */
  readonly artifactType?: string | undefined;
  /** Of the layer, which is tar+gzip whatever it is called. Default: the type of such a layer. */
  readonly mediaType?: string | undefined;
}

export type PackRequest =
  TreeRequest | ProviderRequest | ChartRequest | FilesRequest | FolderRequest;

/** What packing works with. */
export interface PackContext {
  /**
   * Folder for the bytes of blobs, on a disk with room for all of them. They are read from there when
   * they are pushed, and are the caller's to remove, also after a failure.
   */
  readonly staging: string;
  /** Time of all entries, in whole seconds since 1970, 0 to 2^33 - 1: SOURCE_DATE_EPOCH. Default: 0. */
  readonly seconds?: number;
  readonly limits?: Limits;
  readonly signal?: AbortSignal;
}
