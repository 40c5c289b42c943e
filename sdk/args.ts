/**
 * The types that a Pulumi program writes its artifacts in.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { ChartFacts } from "../provider/content/chart";
import type { KindName } from "../provider/content/kinds";
import type { Limits } from "../provider/limits";

/** Which referrer of an artifact is wanted. */
export interface ReferrerArgs {
  /** Its artifact type: `application/spdx+json`. */
  readonly artifactType: pulumi.Input<string>;
}

/** Login for the reference's host: `username` and `password`, or `identityToken`. */
export interface CredentialsArgs {
  readonly username?: pulumi.Input<string>;
  /** Password or access token. */
  readonly password?: pulumi.Input<string>;
  /** OAuth2 refresh token, instead of user name and password. */
  readonly identityToken?: pulumi.Input<string>;
}

/** Client certificate for the reference's host and port. */
export interface ClientCertificateArgs {
  /** Certificate and the authorities between: a PEM text or the path of a PEM file. */
  readonly certificate: pulumi.Input<string>;
  /** Its private key: a PEM text or the path of a PEM file. */
  readonly key: pulumi.Input<string>;
  /** Of an encrypted key. */
  readonly passphrase?: pulumi.Input<string | undefined>;
}

/** Seconds that may pass: above 0, at most a day. */
export interface TimeoutsArgs {
  /** For a connection, its TLS handshake included. Default 10. */
  readonly connect?: pulumi.Input<number | undefined>;
  /** Without a byte, before an answer or in the middle of one. Default 30. */
  readonly stall?: pulumi.Input<number | undefined>;
  /** For the whole pull. Default: no bound. */
  readonly total?: pulumi.Input<number | undefined>;
}

/**
 * Other bounds than the defaults, by name: `{ entries: 500_000, blobBytes: 32 * 1024 ** 3 }`. Whole
 * numbers; docs/errors.md lists all names with their defaults.
 */
export type LimitsArgs = {
  readonly [Name in keyof Limits]?: pulumi.Input<number | undefined>;
};

/** One signer that is trusted: whom the certificate names, and who vouches for that; both are needed. */
export interface VerifyIdentityArgs {
  /** A mail address, or the URL of a workflow. */
  readonly certificateIdentity?: pulumi.Input<string | undefined>;
  /** The same by a regular expression (RE2), which matches anywhere in it. */
  readonly certificateIdentityRegexp?: pulumi.Input<string | undefined>;
  /** A URL: `https://token.actions.githubusercontent.com`. */
  readonly certificateOidcIssuer?: pulumi.Input<string | undefined>;
  /** The same by a regular expression (RE2), which matches anywhere in it. */
  readonly certificateOidcIssuerRegexp?: pulumi.Input<string | undefined>;
}

/** A TUF repository with the trusted root. */
export interface TufArgs {
  /** Its URL. */
  readonly mirror: pulumi.Input<string>;
  /** Its root.json to begin with: text, or path relative to the program's directory. */
  readonly root: pulumi.Input<string>;
}

/** Who has to have signed, by `keys` or by `identities`; docs/signatures.md says it all. */
export interface VerifyArgs {
  /** Public keys, one of which has to have signed: PEM texts, or paths of PEM files. */
  readonly keys?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Identities, one of which has to have signed. */
  readonly identities?: pulumi.Input<pulumi.Input<VerifyIdentityArgs>[] | undefined>;
  /** The trusted_root.json of a Sigstore instance: text or path. Then no TUF repository is asked. */
  readonly trustedRoot?: pulumi.Input<string | undefined>;
  /** Where the trusted root comes from. Default: the public-good instance of Sigstore. */
  readonly tuf?: pulumi.Input<TufArgs | undefined>;
  /** Signatures need not be in a transparency log. Default `false`. */
  readonly ignoreTlog?: pulumi.Input<boolean | undefined>;
  /** Certificates need not be in a log of certificates. Default `false`. */
  readonly ignoreSct?: pulumi.Input<boolean | undefined>;
  /** There has to be a signed timestamp. Default `false`. */
  readonly requireTimestamp?: pulumi.Input<boolean | undefined>;
  /** Any attestation by the signer counts as a signature. Default `false`. */
  readonly allowAttestations?: pulumi.Input<boolean | undefined>;
  /** What has to be in the signed payload, beside whatever else. */
  readonly annotations?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>> | undefined>;
}

/** How one host is reached. */
export interface HostArgs {
  /** Speak plain HTTP to the reference's host. Default `false`. Never stored, never a diff. */
  readonly plainHttp?: pulumi.Input<boolean | undefined>;
  /** Do not check the certificate of the reference's host. Default `false`. Never stored, never a diff. */
  readonly skipTlsVerify?: pulumi.Input<boolean | undefined>;
  /**
   * As in registries.conf: do not check the certificate of the reference's host, and where no TLS
   * connection can be made with it, speak plain HTTP to it. Credentials then go there unencrypted,
   * with a warning. Default `false`. Never stored, never a diff.
   */
  readonly insecure?: pulumi.Input<boolean | undefined>;
  /**
   * Certificate authorities to trust beside the system's, each a PEM text or the path of a PEM
   * file, relative to the program's directory. Never stored, never a diff.
   */
  readonly caCertificates?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Login for the reference's host. Default: the auth files and helpers of
   * this machine. Always secret;
   * never stored, never a diff.
   */
  readonly credentials?: pulumi.Input<CredentialsArgs | undefined>;
  /**
   * Client certificate for the reference's host and port; shown to no other server. Paths are
   * relative to the program's directory. Always secret; never stored, never a diff.
   */
  readonly clientCertificate?: pulumi.Input<ClientCertificateArgs | undefined>;
}

/** A place that is asked before the reference's registry; each option is for this host alone. */
export interface MirrorArgs extends HostArgs {
  /**
   * What stands in the place of the registry's name: `registry.corp.example:5000/ghcr` makes
   * `registry.corp.example:5000/ghcr/team/app` of `ghcr.io/team/app`.
   */
  readonly location: pulumi.Input<string>;
  /** Which references it serves. Default `"all"`. */
  readonly pullFromMirror?: pulumi.Input<"all" | "digest-only" | "tag-only" | undefined>;
}

/** How one registry is reached: by itself the reference's own, in `registries` the one of that name. */
export interface RegistryArgs extends HostArgs {
  /**
   * Proxy for all requests of this reference, those to token services and storage included:
   * `http://user:password@proxy.example:3128`, or `none` for no proxy. Default: `HTTPS_PROXY`,
   * `HTTP_PROXY` and `NO_PROXY`, which have no say where this is given; this machine itself is never
   * asked through a proxy. Always secret; never stored, never a diff.
   */
  readonly proxy?: pulumi.Input<string | undefined>;
  /** Seconds that may pass. Never stored, never a diff. */
  readonly timeouts?: pulumi.Input<TimeoutsArgs | undefined>;
  /**
   * Places to ask before the reference's registry, in order: each a location, or an object with
   * options of its own. Those of registries.conf come behind them. Default: none. Always secret;
   * never stored, never a diff.
   */
  readonly mirrors?: pulumi.Input<pulumi.Input<string | MirrorArgs>[] | undefined>;
  /**
   * Whether the reference's own registry is asked where no mirror serves. Default `true`. Never
   * stored, never a diff.
   */
  readonly fallback?: pulumi.Input<boolean | undefined>;
}

/** Inputs of {@link OciArtifact}. All of them may be outputs of other resources. */
export interface OciArtifactArgs extends RegistryArgs {
  /**
   * The artifact: `registry/repository:tag`, `…@sha256:…`, `…:tag@sha256:…`,
   * `oci://registry/repository?tag=…`, or `oci-layout://path:tag` for an image layout on this machine.
   * Without a tag and a digest, `latest`.
   */
  readonly reference: pulumi.Input<string>;
  /**
   * The highest version in this range, of the repository's tags: `"^1.2"`, as Helm, Flux and Argo CD
   * read it. Goes without a tag and a digest in `reference`. Default: none.
   */
  readonly semver?: pulumi.Input<string | undefined>;
  /** With `semver`: what stands before the version in the tags: `"app-"` of `app-1.2.3`. */
  readonly tagPrefix?: pulumi.Input<string | undefined>;
  /** With `semver`: a regular expression (RE2) that a tag has to match somewhere. Default: all. */
  readonly semverFilter?: pulumi.Input<string | undefined>;
  /** With `semver`: whether the range takes prereleases that it does not name. Default `false`. */
  readonly prereleases?: pulumi.Input<boolean | undefined>;
  /** A pin: exactly this digest is taken, and the tag is not asked for. */
  readonly digest?: pulumi.Input<string | undefined>;
  /**
   * Which manifest of an index: `os/architecture` or `os/architecture/variant`. Without it, an index
   * with several is an error, except an OpenTofu provider's, of which all are taken; it is never guessed
   * from the machine.
   */
  readonly platform?: pulumi.Input<string | undefined>;
  /**
   * Not the artifact itself, but the one thing that refers to it (an SBOM, an attestation, a document)
   * with this artifact type. `digest` is then the referrer's. Default: none.
   */
  readonly referrer?: pulumi.Input<ReferrerArgs | undefined>;
  /**
   * Lock file that says which digest the reference is, relative to the program's directory. A
   * reference that it does not hold is an error, and a tag that has moved since a warning. Default:
   * none. Never stored, never a diff.
   */
  readonly lockFile?: pulumi.Input<string | undefined>;
  /**
   * What kind of artifact it has to be; another is an error. `"auto"` (default) recognizes each kind,
   * and takes what it does not recognize as files; `"files"` takes all layers by titles and types alone.
   */
  readonly kind?: pulumi.Input<KindName | undefined>;
  /**
   * Of an OpenTofu provider: its source address, as in `registry.opentofu.org/hashicorp/random`, which
   * names the folders of the mirror. Default: by the repository's name.
   */
  readonly providerSource?: pulumi.Input<string | undefined>;
  /**
   * Only layers of these media types. Default: all. Where `titles` or `layers` are given too, a layer
   * has to satisfy all of them.
   */
  readonly mediaTypes?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Only layers with these titles (`org.opencontainers.image.title`). Default: all. */
  readonly titles?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Only the layers at these positions in the manifest, from 0. Default: all. */
  readonly layers?: pulumi.Input<pulumi.Input<number>[] | undefined>;
  /**
   * What is unpacked: `"auto"` (default) unpacks layers without a title and those that are marked as
   * packed folders; `"always"` unpacks titled archives too, at the root; `"never"` keeps every layer
   * as a file, named by its title, or `blob-0.tar.gz` by its position and media type.
   */
  readonly extract?: pulumi.Input<"auto" | "always" | "never" | undefined>;
  /** So many leading folders are taken off every path; what has no more is left out. Default 0. */
  readonly stripComponents?: pulumi.Input<number | undefined>;
  /** Only this folder of the content, which becomes its root; looked for behind `stripComponents`. */
  readonly subPath?: pulumi.Input<string | undefined>;
  /**
   * Only files and links that one of these globs matches: `*.yaml` at the root, `charts/**` all in
   * a folder. Paths are those behind `stripComponents` and `subPath`. Default: all.
   */
  readonly include?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Not what one of these globs matches, whatever `include` says. Default: none. */
  readonly exclude?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Where two layers have the same path, the later one wins, as in an image. Default `false`: that
   * is an error.
   */
  readonly allowOverwrite?: pulumi.Input<boolean | undefined>;
  /**
   * Names that differ only in case or Unicode form stay side by side. Default `false`: they are an
   * error, and stay one on a file system that takes them for one name (macOS, Windows).
   */
  readonly allowNameClashes?: pulumi.Input<boolean | undefined>;
  /**
   * Content without any file, or a selection that leaves none, is an empty folder. Default `false`:
   * that is an error.
   */
  readonly allowEmpty?: pulumi.Input<boolean | undefined>;
  /** Other bounds for this artifact than the defaults. Never stored, never a diff. */
  readonly limits?: pulumi.Input<LimitsArgs | undefined>;
  /**
   * When the tag points to another digest than the one recorded: `"update"` (default) follows it,
   * `"keep"` stays with the recorded digest until `reference` or `semver` changes and does not ask for
   * the tag, `"error"` fails. For `tag@digest` the digest always wins: a tag that points elsewhere is a
   * warning, and with `"error"` a failure. Never stored, never a diff.
   */
  readonly onTagMove?: pulumi.Input<"update" | "keep" | "error" | undefined>;
  /**
   * One more copy of the content, at this folder: relative to the program's directory, or absolute.
   * Only what was placed there is ever replaced or removed; other files in it stay. Default: none.
   */
  readonly destination?: pulumi.Input<string | undefined>;
  /**
   * When files of `destination` were edited or removed since they were placed: `"restore"` (default)
   * brings them back, shown as an update; `"keep"` leaves them as they are, also when other content
   * comes; `"error"` fails and names them. Never stored, never a diff.
   */
  readonly onLocalChange?: pulumi.Input<"restore" | "keep" | "error" | undefined>;
  /**
   * Whether a preview pulls new content. With `false` it asks for the digest only, and the outputs
   * that need the content (`path`, `files`, `size` …) are unknown until the update. Default `true`.
   * Never stored, never a diff.
   */
  readonly pullOnPreview?: pulumi.Input<boolean | undefined>;
  /**
   * Who has to have signed the content. What nobody of them has signed is an error in the preview,
   * before anything of it is unpacked. Default: no signature is looked for.
   */
  readonly verify?: pulumi.Input<VerifyArgs | undefined>;
  /**
   * The same options for registries by their names, mirrors included:
   * `{ "registry.corp.example:5000": { plainHttp: true } }`. An option given beside it wins for the
   * reference's own registry, and one given here wins over the stack configuration
   * `oci-artifact:registries`. Always secret; never stored, never a diff.
   */
  readonly registries?: pulumi.Input<
    Readonly<Record<string, pulumi.Input<RegistryArgs>>> | undefined
  >;
  /**
   * The registries.conf to use, relative to the program's directory. Default: as podman and skopeo
   * find it. Never stored, never a diff.
   */
  readonly registriesConf?: pulumi.Input<string | undefined>;
  /**
   * The one auth.json or Docker config file to take credentials from, relative to the program's
   * directory. Default: as podman and Docker find theirs. Never stored, never a diff.
   */
  readonly authFile?: pulumi.Input<string | undefined>;
}

/** What {@link getOciArtifact} takes: the inputs of {@link OciArtifact} as plain values. */
export type GetOciArtifactArgs = pulumi.Unwrap<OciArtifactArgs>;

/** What {@link getOciArtifact} returns. */
export interface GetOciArtifactResult {
  /** Digest of what the reference names; for an index, the index's. */
  readonly digest: string;
  /** Digest of the manifest whose layers are the content. */
  readonly manifestDigest: string;
  /** Folder of the content, relative to the program's directory. */
  readonly path: string;
  /** The same folder as an absolute path, on this machine. */
  readonly absolutePath: string;
  /** The reference by digest: `registry/repository@sha256:…`. */
  readonly pinned: string;
  /** The tag that was asked for, or that `semver` has chosen, if any. */
  readonly tag?: string;
  /** The version that `semver` has chosen, as its tag writes it; absent without `semver`. */
  readonly version?: string;
  /** Digest of the artifact that `referrer` refers to; absent without one. */
  readonly subjectDigest?: string;
  /** Media type of what the reference names. */
  readonly mediaType: string;
  /** The manifest's `artifactType`, where it has one. */
  readonly artifactType?: string;
  /** The manifest's annotations. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Of a Helm chart: what its config says. */
  readonly chart?: ChartFacts;
  /** Digest over names, modes and contents of all files; the same on every machine. */
  readonly contentDigest: string;
  /** Number of files and links. */
  readonly fileCount: number;
  /** Bytes of all files. */
  readonly size: number;
  /** `./path` → start of the file's sha256; absent above 100 files. */
  readonly files?: Readonly<Record<string, string>>;
  /** Who has signed it; absent where `verify` does not ask. */
  readonly signers?: readonly string[];
  /** Where the copy of `destination` lies; absent without one. */
  readonly placedAt?: string;
  /** Host that answered; absent where the cache had it all. */
  readonly servedBy?: string;
}
