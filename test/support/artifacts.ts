/**
 * Makes artifacts, images and indexes out of layer bytes, deterministically, and puts them into a
 * test registry without HTTP. Never makes an archive: layers come as bytes.
 *
 * Rules: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
 */
import { digestOf, type DigestAlgorithm } from "../../provider/digest";
import type { Platform } from "../../provider/types";
import type { TestRegistry } from "./registry-types";

/** The media types of the image specification and of Docker's schema 2. */
export const MEDIA_TYPES = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  emptyJson: "application/vnd.oci.empty.v1+json",
  imageConfig: "application/vnd.oci.image.config.v1+json",
  tar: "application/vnd.oci.image.layer.v1.tar",
  tarGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  tarZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

/** What ORAS gives an artifact that names no type of its own. */
const UNKNOWN_ARTIFACT = "application/vnd.unknown.artifact.v1";

/** A descriptor as it stands in a manifest. */
export interface DescriptorDocument {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Readonly<Record<string, string>>;
}

/** One layer to be. */
export interface LayerContent {
  readonly bytes: Uint8Array | string;
  readonly mediaType: string;
  /** `org.opencontainers.image.title`: the name of the file. */
  readonly title?: string;
  /** `io.deis.oras.content.unpack`: the layer is a directory, packed by ORAS. */
  readonly unpack?: true;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Common {
  /** Docker's schema 2 (or its list) instead of OCI's. Default `oci`. */
  readonly format?: "oci" | "docker";
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What this one refers to, for the referrers API. */
  readonly subject?: DescriptorDocument;
  /** Leaves `mediaType` out of the document, as older tools do. */
  readonly omitMediaType?: boolean;
  /** Default sha256, for the document and what it names. */
  readonly algorithm?: DigestAlgorithm;
}

/** An artifact or image to be. */
export interface ArtifactContent extends Common {
  readonly layers: readonly LayerContent[];
  /** Default: the empty JSON object, and an `artifactType` that says nothing. */
  readonly config?: { readonly bytes: Uint8Array | string; readonly mediaType: string };
}

/** An index to be. */
export interface IndexContent extends Common {
  readonly manifests: readonly {
    readonly artifact: Artifact;
    readonly platform?: Platform;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

/** A finished document with everything below it. */
export interface Artifact {
  readonly digest: string;
  readonly mediaType: string;
  /** The exact bytes of the manifest or index. */
  readonly manifest: Buffer;
  /** Bytes of the manifest. */
  readonly size: number;
  /** Of an index: empty. */
  readonly layers: readonly DescriptorDocument[];
  /** Names this artifact in an index or as a subject. */
  readonly descriptor: DescriptorDocument;
  /** Config and layers by digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** What an index lists. */
  readonly children: readonly Artifact[];
}

/** Builds the manifest of an artifact or image. */
export function buildArtifact(content: ArtifactContent): Artifact {
  const { algorithm = "sha256", format = "oci" } = content;
  const blobs = new Map<string, Uint8Array>();
  const keep = (bytes: Uint8Array | string, mediaType: string): DescriptorDocument => {
    const descriptor = descriptorOf(bytes, mediaType, algorithm);
    blobs.set(descriptor.digest, Buffer.from(bytes));
    return descriptor;
  };
  const emptyType = format === "docker" ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.emptyJson;
  const config = content.config ?? { bytes: "{}", mediaType: emptyType };
  const isUntyped = config.mediaType === MEDIA_TYPES.emptyJson;
  const artifactType = content.artifactType ?? (isUntyped ? UNKNOWN_ARTIFACT : undefined);
  const configDescriptor = keep(config.bytes, config.mediaType);
  const layers = content.layers.map((layer) => ({
    ...keep(layer.bytes, layer.mediaType),
    ...present("annotations", layerAnnotations(layer)),
  }));
  const mediaType = format === "docker" ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.manifest;
  const document = {
    schemaVersion: 2,
    ...(content.omitMediaType === true ? {} : { mediaType }),
    ...present("artifactType", artifactType),
    config: configDescriptor,
    layers,
    ...present("subject", content.subject),
    ...present("annotations", content.annotations),
  };
  return finish(document, { mediaType, algorithm, artifactType, layers, blobs, children: [] });
}

/** Builds an index over artifacts. */
export function buildIndex(content: IndexContent): Artifact {
  const { algorithm = "sha256", artifactType, format = "oci" } = content;
  const mediaType = format === "docker" ? MEDIA_TYPES.dockerList : MEDIA_TYPES.index;
  const document = {
    schemaVersion: 2,
    ...(content.omitMediaType === true ? {} : { mediaType }),
    ...present("artifactType", artifactType),
    manifests: content.manifests.map(({ annotations, artifact, platform }) => ({
      ...artifact.descriptor,
      ...present("platform", platform === undefined ? undefined : platformDocument(platform)),
      ...present("annotations", annotations),
    })),
    ...present("subject", content.subject),
    ...present("annotations", content.annotations),
  };
  const children = content.manifests.map(({ artifact }) => artifact);
  return finish(document, {
    mediaType,
    algorithm,
    artifactType,
    layers: [],
    blobs: new Map(),
    children,
  });
}

/** The descriptor of bytes. */
export function descriptorOf(
  bytes: Uint8Array | string,
  mediaType: string,
  algorithm: DigestAlgorithm = "sha256",
): DescriptorDocument {
  return { mediaType, digest: digestOf(bytes, algorithm), size: Buffer.byteLength(bytes) };
}

/**
 * Puts an artifact, with everything below it, into a test registry and tags it (without a tag it is
 * known by its digest only). Makes no request: the log of the registry stays as it is.
 */
export function publish(
  registry: Pick<TestRegistry, "repository">,
  repository: string,
  tag: string | undefined,
  content: ArtifactContent | Artifact,
): Artifact {
  const artifact = "blobs" in content ? content : buildArtifact(content);
  const target = registry.repository(repository);
  for (const child of artifact.children) publish(registry, repository, undefined, child);
  for (const [digest, bytes] of artifact.blobs) target.putBlob(bytes, digest);
  const { digest, manifest, mediaType } = artifact;
  target.putManifest(manifest, { digest, mediaType, ...present("tag", tag) });
  return artifact;
}

function finish(
  document: object,
  facts: Pick<Artifact, "mediaType" | "layers" | "blobs" | "children"> & {
    readonly algorithm: DigestAlgorithm;
    readonly artifactType: string | undefined;
  },
): Artifact {
  const { algorithm, artifactType, blobs, children, layers, mediaType } = facts;
  const manifest = Buffer.from(JSON.stringify(document));
  const named = descriptorOf(manifest, mediaType, algorithm);
  const descriptor = { ...named, ...present("artifactType", artifactType) };
  const { digest, size } = descriptor;
  return Object.freeze({ digest, mediaType, manifest, size, layers, descriptor, blobs, children });
}

function layerAnnotations(layer: LayerContent): Readonly<Record<string, string>> | undefined {
  const annotations = {
    ...present("org.opencontainers.image.title", layer.title),
    ...(layer.unpack === true ? { "io.deis.oras.content.unpack": "true" } : {}),
    ...layer.annotations,
  };
  return Object.keys(annotations).length === 0 ? undefined : annotations;
}

function platformDocument(platform: Platform): Readonly<Record<string, string>> {
  const { architecture, os, osVersion, variant } = platform;
  return { architecture, os, ...present("os.version", osVersion), ...present("variant", variant) };
}

/** An object with that one property, or with none where there is no value. */
function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, Value>>);
}
