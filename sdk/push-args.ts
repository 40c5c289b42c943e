/**
 * The types that a Pulumi program writes what it publishes in.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { OnTagDrift, PushKind } from "../provider/pulumi/push/push-inputs";
import type { LimitsArgs, RegistryArgs } from "./args";

/** A file or a folder that becomes one layer. */
export interface PushFileArgs {
  /** Relative to the program's directory. A folder becomes one archive. */
  readonly path: pulumi.Input<string>;
  /** Its name in the artifact. Default: its own. */
  readonly title?: pulumi.Input<string | undefined>;
  /** Default: `application/octet-stream`, of a folder `application/vnd.oci.image.layer.v1.tar+gzip`. */
  readonly mediaType?: pulumi.Input<string | undefined>;
}

/** Inputs of {@link OciArtifactPush}. One of `source`, `sources` and `platforms` says what is published. */
export interface OciArtifactPushArgs extends Omit<RegistryArgs, "mirrors" | "fallback"> {
  /**
   * What is packed: a folder or a file, relative to the program's directory. Or an artifact that there
   * is already, which is copied as it is: a reference with `oci://`, or an image layout with
   * `oci-layout://`.
   */
  readonly source?: pulumi.Input<string | undefined>;
  /** Several files and folders that are one layer each. */
  readonly sources?: pulumi.Input<pulumi.Input<PushFileArgs>[] | undefined>;
  /** Of a `source` that is an index already: only its manifest for this platform, `os/architecture`. */
  readonly platform?: pulumi.Input<string | undefined>;
  /** Of an OpenTofu provider: the zip for each platform: `{ "linux/amd64": "dist/linux.zip" }`. */
  readonly platforms?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>> | undefined>;
  /** Where it goes: `registry/repository:tag`. Without a tag it can be pulled by its digest alone. */
  readonly reference: pulumi.Input<string>;
  /** More tags for the same artifact, set after that of `reference`, in this order. */
  readonly tags?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** The shape that its consumers want (docs/publishing.md). Default `"files"`. */
  readonly kind?: pulumi.Input<PushKind | undefined>;
  /** Of an OpenTofu module: one more layer, so that Argo CD takes the same artifact. Default `false`. */
  readonly alsoArgocd?: pulumi.Input<boolean | undefined>;
  /** With `kind: "files"`: the artifact type of the manifest. */
  readonly artifactType?: pulumi.Input<string | undefined>;
  /** With `kind: "files"` and `source`: the media type of the one layer. */
  readonly layerType?: pulumi.Input<string | undefined>;
  /** Annotations of the manifest; they win over those of `git`. */
  readonly annotations?: pulumi.Input<Readonly<Record<string, pulumi.Input<string>>> | undefined>;
  /** Annotations from the git repository of the source: source, revision, version, created. Default `false`. */
  readonly git?: pulumi.Input<boolean | undefined>;
  /** The artifact of the same repository that this one refers to: a tag, or `sha256:…`. */
  readonly subject?: pulumi.Input<string | undefined>;
  /** Only files and links of the folder that one of these globs matches. Default: all. */
  readonly include?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /** Not what one of these globs matches, whatever `include` says. `.git` is never packed. */
  readonly exclude?: pulumi.Input<pulumi.Input<string>[] | undefined>;
  /**
   * A tag that is there and names other content is an error, and never moved. Default `false`. Never
   * stored, never a diff.
   */
  readonly immutableTags?: pulumi.Input<boolean | undefined>;
  /**
   * When somebody else has moved or deleted a tag since: `"restore"` (default) sets it again, shown as
   * an update; `"keep"` leaves it; `"error"` fails. Never stored, never a diff.
   */
  readonly onTagDrift?: pulumi.Input<OnTagDrift | undefined>;
  /**
   * Whether destroying the resource deletes its tags, where they still name what it has pushed, and the
   * manifest, where no other tag names it. Default `false`.
   */
  readonly deleteOnDestroy?: pulumi.Input<boolean | undefined>;
  /** Other bounds than the defaults, as for {@link OciArtifact}. Never stored, never a diff. */
  readonly limits?: pulumi.Input<LimitsArgs | undefined>;
  /** The same options for registries by their names; as for {@link OciArtifact}. */
  readonly registries?: pulumi.Input<
    Readonly<Record<string, pulumi.Input<RegistryArgs>>> | undefined
  >;
  /** The one auth.json or Docker config file to take credentials from; as for {@link OciArtifact}. */
  readonly authFile?: pulumi.Input<string | undefined>;
}
