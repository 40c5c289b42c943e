/**
 * The nouns of the road, one type each. Stages take the noun on their left and return the one on
 * their right as a new, frozen value. Words are those of the OCI specs.
 */
import type { Allowances, EntrySelection } from "./content/selection";
import type { OciError } from "./errors";
import type { CredentialSearch } from "./settings/credentials";

/** What the user wrote, taken apart. `registry` is normalized: Docker Hub is "docker.io". */
export interface Reference {
  /** Host and optional port, as written: "localhost:5000", "[::1]:5000", "docker.io". */
  readonly registry: string;
  /** Path of the repository: "team/manifests", "library/busybox". */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  /**
   * Path of an OCI image layout, a folder or a tar file, as it was written: `oci-layout://path`. Then
   * `registry` is "oci-layout" and `repository` is this path.
   */
  readonly layout?: string;
  /** Directory inside the content, of the form `oci://host/repo//sub/dir`. */
  readonly subPath?: string;
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly platform?: Platform;
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md, and Docker's schema 2. */
export interface ImageManifest {
  readonly kind: "manifest";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md, and Docker's list. */
export interface ImageIndex {
  readonly kind: "index";
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** User name and password, or an identity token; and where they came from, for errors. */
export interface Credential {
  readonly username?: string;
  readonly password?: string;
  /** OAuth2 refresh token ("identitytoken" of Docker's file, "<token>" of a helper). */
  readonly identityToken?: string;
  /** Bearer token that is sent as it is ("registrytoken" of Docker's file). */
  readonly registryToken?: string;
  /** "the input credentials", "/home/x/.docker/config.json (auths)", "helper osxkeychain". */
  readonly source: string;
  /** Given by the user for this pull (refusal is final), or found on the machine. */
  readonly explicit: boolean;
}

export interface TlsOptions {
  /** Certificates are not checked. */
  readonly skipVerify: boolean;
  /** PEM texts that are trusted beside the system's. */
  readonly certificateAuthorities: readonly string[];
  /** What lies among them without effect, for whoever is not trusted. */
  readonly notes?: readonly string[];
}

/** What a client shows of itself in a TLS handshake. PEM texts. */
export interface ClientCertificate {
  /** The certificate, and behind it those that lead to its authority. */
  readonly certificate: string;
  readonly key: string;
  /** Of an encrypted key. */
  readonly passphrase?: string;
}

/** Bounds of a request that were given; the others are those of registry/deadlines.ts. Milliseconds. */
export interface Timeouts {
  /** Name, TCP and TLS handshake together. */
  readonly connect?: number;
  /** Without a byte: before an answer, or in the middle of one. */
  readonly stall?: number;
}

/** One place to ask: the origin, or a mirror of it. */
export interface Endpoint {
  readonly role: "origin" | "mirror";
  /** Host and optional port that is dialled: "registry-1.docker.io" where `registry` is "docker.io". */
  readonly host: string;
  /** Name under which credentials and certificates are filed. */
  readonly registry: string;
  readonly repository: string;
  readonly plainHttp: boolean;
  /** Plain HTTP to the same host is allowed where no TLS connection can be made. Default false. */
  readonly fallsBackToHttp?: boolean;
  readonly tls: TlsOptions;
  /** Shown to exactly this host and port, and to nobody that a redirect or a challenge names. */
  readonly clientCertificate?: ClientCertificate;
  /** In place of the environment's proxies; for all that is asked on the way, except this machine. */
  readonly proxy?: URL | "none";
  readonly timeouts?: Timeouts;
  /** Where a credential is looked for; default: where the settings say. */
  readonly search?: CredentialSearch;
  /** Given for exactly this endpoint; undefined means: look for one on this machine. */
  readonly credential?: Credential;
  /** Value of `?ns=` in each request to the registry, those for tokens excepted. */
  readonly namespaceProxy?: string;
  /** What names it, for people: `mirrors[0]`, `[[registry]] "ghcr.io" of /etc/containers/registries.conf`. */
  readonly namedBy?: string;
  /** Of a mirror, as the configuration names it: `host[:port][/path]`. All that it serves lies below. */
  readonly location?: string;
  /** Of an image layout: its folder or tar file, absolute. Then nothing is dialled. */
  readonly layout?: string;
  /** Why nobody can be asked there; told when its turn comes. */
  readonly unusable?: OciError;
}

/** The reference bound to a digest, with the documents that prove the way to the layers. */
export interface Resolved {
  readonly reference: Reference;
  /** Digest of what the reference names: for an index, the index's. */
  readonly digest: string;
  /** Digest of the manifest whose layers are the content; equal to `digest` where there is no index. */
  readonly manifestDigest: string;
  readonly manifest: ImageManifest;
  /** Media type of what the reference names. */
  readonly mediaType: string;
  /** What the tag of a `tag@digest` points to now, where the registry could be asked. */
  readonly tagDigest?: string;
  /** Of the artifact that this one refers to, where a referrer of it was wanted. */
  readonly subjectDigest?: string;
  /** Endpoint that answered, or undefined where the cache did. */
  readonly servedBy?: Endpoint;
  /** Endpoints to fetch from, in order. */
  readonly endpoints: readonly Endpoint[];
}

declare const verified: unique symbol;

/** A Resolved that a policy has let pass. Only `verify` makes one; only these are fetched. */
export type Verified = Resolved & {
  /** The kind of the policy that let it pass: "none". */
  readonly policy: string;
  readonly signers: readonly string[];
  readonly [verified]: true;
};

/** How one layer becomes files. */
export type LayerForm =
  /** Unpack at `directory` ("" is the root); entries that begin with it are not doubled. */
  | { readonly kind: "archive"; readonly directory: string }
  /** Store the bytes as the file `name`. */
  | { readonly kind: "file"; readonly name: string }
  /** Unpack at the root where the first bytes are an archive's, else store as the file `name`. */
  | { readonly kind: "detect"; readonly name: string };

export interface PlannedLayer {
  readonly descriptor: Descriptor;
  /** Position in the manifest, from 0; for errors. */
  readonly index: number;
  readonly form: LayerForm;
}

/** The layers that were chosen and what becomes of each. */
export interface Plan {
  readonly layers: readonly PlannedLayer[];
  /** Whiteouts and overriding hold, because the config is an image's. */
  readonly isImage: boolean;
  /** Which entries of the whole are wanted; absent for all. */
  readonly entries?: EntrySelection;
  /** What of it is no error; absent for nothing. */
  readonly allowances?: Allowances;
  /** What its kind makes of it other than the layers alone would: a part of the tree's key. */
  readonly layout?: string;
}

/** One entry of a tree, as the archive declared it and the guard let it pass. */
export interface TreeEntry {
  /** Relative, with "/", never "." or "..": "charts/app/values.yaml". */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** Permission bits, 0 to 0o777. */
  readonly mode: number;
  /** Bytes of a file, 0 otherwise. */
  readonly size: number;
  /** Hex of a file's content. */
  readonly sha256?: string;
  /** Target of a symlink, as it stands in the tree. */
  readonly target?: string;
}

/** Unpacked, complete content at a path. */
export interface Tree {
  /** Absolute. */
  readonly directory: string;
  /** Last component of `directory`: "manifests-0123456789abcdef". */
  readonly name: string;
  readonly entries: readonly TreeEntry[];
  /** Digest of the sorted list of entries; the same on every machine. */
  readonly contentDigest: string;
  /** Number of entries that are no directories. */
  readonly fileCount: number;
  /** Bytes of all files. */
  readonly size: number;
}
