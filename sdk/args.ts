/**
 * The types that a Pulumi program writes its artifacts in.
 */
import type * as pulumi from "@pulumi/pulumi";

/** Login for the reference's host: `username` and `password`, or `identityToken`. */
export interface CredentialsArgs {
  readonly username?: pulumi.Input<string>;
  /** Password or access token. */
  readonly password?: pulumi.Input<string>;
  /** OAuth2 refresh token, instead of user name and password. */
  readonly identityToken?: pulumi.Input<string>;
}

/** Inputs of {@link OciArtifact}. All of them may be outputs of other resources. */
export interface OciArtifactArgs {
  /**
   * The artifact: `registry/repository:tag`, `…@sha256:…`, `…:tag@sha256:…`, or
   * `oci://registry/repository?tag=…`. Without a tag and a digest, `latest`.
   */
  readonly reference: pulumi.Input<string>;
  /** A pin: exactly this digest is taken, and the tag is not asked for. */
  readonly digest?: pulumi.Input<string | undefined>;
  /**
   * Which manifest of an index: `os/architecture` or `os/architecture/variant`. Without it, an index
   * with several is an error; it is never guessed from the machine.
   */
  readonly platform?: pulumi.Input<string | undefined>;
  /**
   * When the tag points to another digest than the one recorded: `"update"` (default) follows it,
   * `"keep"` stays with the recorded digest until `reference` changes and does not ask for the tag,
   * `"error"` fails. For `tag@digest` the digest always wins: a tag that points elsewhere is a
   * warning, and with `"error"` a failure. Never stored, never a diff.
   */
  readonly onTagMove?: pulumi.Input<"update" | "keep" | "error" | undefined>;
  /** Speak plain HTTP to the reference's host. Default `false`. Never stored, never a diff. */
  readonly plainHttp?: pulumi.Input<boolean | undefined>;
  /** Do not check the certificate of the reference's host. Default `false`. Never stored, never a diff. */
  readonly skipTlsVerify?: pulumi.Input<boolean | undefined>;
  /**
   * Certificate authorities to trust beside the system's, each a PEM text or the path of a PEM
   * file, relative to the program's directory. Never stored, never a diff.
   */
  readonly caCertificates?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * Login for the reference's host. Default: Docker's config file and its helpers. Always secret;
   * never stored, never a diff.
   */
  readonly credentials?: pulumi.Input<CredentialsArgs | undefined>;
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
  /** The tag that was asked for, if any. */
  readonly tag?: string;
  /** Media type of what the reference names. */
  readonly mediaType: string;
  /** The manifest's `artifactType`, where it has one. */
  readonly artifactType?: string;
  /** The manifest's annotations. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Digest over names, modes and contents of all files; the same on every machine. */
  readonly contentDigest: string;
  /** Number of files and links. */
  readonly fileCount: number;
  /** Bytes of all files. */
  readonly size: number;
  /** `./path` → start of the file's sha256; absent above 100 files. */
  readonly files?: Readonly<Record<string, string>>;
  /** Host that answered; absent where the cache had it all. */
  readonly servedBy?: string;
}
