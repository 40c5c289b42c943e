/**
 * What media types tell about a manifest or a layer, in tables. It judges names only; what the
 * bytes really are is for the unpack room to find out.
 */

/** Types of manifests, and the shape that each must have. */
export const MANIFEST_SHAPES: Readonly<Record<string, "manifest" | "index">> = Object.freeze({
  "application/vnd.oci.image.manifest.v1+json": "manifest",
  "application/vnd.oci.image.index.v1+json": "index",
  "application/vnd.docker.distribution.manifest.v2+json": "manifest",
  "application/vnd.docker.distribution.manifest.list.v2+json": "index",
});

/** Types that registries still serve and nobody should use: each with the name people know. */
export const RETIRED_MANIFESTS: ReadonlyMap<string, string> = new Map([
  ["application/vnd.docker.distribution.manifest.v1+json", "a Docker schema 1 manifest"],
  ["application/vnd.docker.distribution.manifest.v1+prettyjws", "a Docker schema 1 manifest"],
  ["application/vnd.oci.artifact.manifest.v1+json", "an OCI artifact manifest (withdrawn)"],
]);

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor */
export const EMPTY_MEDIA_TYPE = "application/vnd.oci.empty.v1+json";

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
]);

/** Endings of media types with a file name extension that says the same. */
const EXTENSIONS: readonly (readonly [RegExp, string])[] = [
  [/[/+.]json$/, ".json"],
  [/[/+.](x-)?ya?ml$/, ".yaml"],
  [/[/+.]xml$/, ".xml"],
  [/[/+.]toml$/, ".toml"],
  [/[/+.]wasm$/, ".wasm"],
  [/[/+.]cedar$/, ".cedar"],
  [/[/+.]rego$/, ".rego"],
  [/\.prov$/, ".prov"],
  [/([/+.-]tar[+.](x-)?gzip|[/+.-]tgz)$/, ".tar.gz"],
  [/[/+.-]tar[+.]zstd$/, ".tar.zst"],
  [/[/+.-]tar$/, ".tar"],
  [/[/+.]zip$/, ".zip"],
  [/[/+.](x-)?gzip$/, ".gz"],
  [/^text\/markdown$/, ".md"],
  [/^text\/plain$/, ".txt"],
];

/** The type without its parameters, in lower case: "application/json; charset=utf-8" is JSON. */
export function bareMediaType(text: string): string {
  return (text.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** Whether the config makes the manifest a container image, with whiteouts and overriding. */
export function isImageConfig(mediaType: string | undefined): boolean {
  return mediaType !== undefined && IMAGE_CONFIGS.has(bareMediaType(mediaType));
}

/** Whether it is the type of an index, not of a manifest. */
export function isIndexType(mediaType: string): boolean {
  return Object.hasOwn(MANIFEST_SHAPES, mediaType) && MANIFEST_SHAPES[mediaType] === "index";
}

/** Whether the layer calls itself an archive: "…layer.v1.tar+gzip", "application/x-tar", "archive/zip". */
export function isArchiveType(mediaType: string): boolean {
  return /(^|[/.+-])(tar($|[.+-])|(tgz|zip)$)/.test(bareMediaType(mediaType));
}

/** Whether the layer may be kept outside the registry, at a place of its publisher's choice. */
export function isForeignType(mediaType: string): boolean {
  return /\.nondistributable\.|\.foreign\./.test(bareMediaType(mediaType));
}

/** ".json" for "application/vnd.example+json"; "" where the type suggests none. */
export function extensionOf(mediaType: string): string {
  const bare = bareMediaType(mediaType);
  return EXTENSIONS.find(([pattern]) => pattern.test(bare))?.[1] ?? "";
}
