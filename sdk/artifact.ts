/**
 * The resource class. It registers a plain custom resource whose provider is a frozen text: nothing
 * is serialized, so it works wherever a Pulumi program runs. Loads nothing heavy.
 */
import * as pulumi from "@pulumi/pulumi";
import type { ChartFacts } from "../provider/content/chart";
import { RUN_KEY } from "../provider/pulumi/run-options";
import { ARTIFACT_STUB, ARTIFACT_TYPE } from "../provider/pulumi/stub";
import { restoredPath, runOptions } from "./ahead";
import type { OciArtifactArgs } from "./args";
import { refuseOptions } from "./options";
import { withConfigured } from "./registries";
import { withSecrets } from "./secrets";
import { shortenStacks } from "./short-stacks";
import { userError } from "./user-error";
import { absolutePathOf, contentPath, insideOf } from "./content";

/**
 * Content of an OCI registry, pulled, checked and extracted. `digest` and `path` are known in
 * every preview, and the content can be read there.
 */
export class OciArtifact extends pulumi.CustomResource {
  // The base class sets the outputs: `declare`, for a field of our own would reset each to undefined.

  /** Whether the value is an OciArtifact, also one of another copy of this package. */
  static override isInstance(value: unknown): value is OciArtifact {
    return (
      pulumi.Resource.isInstance(value) &&
      (value as { readonly __pulumiType?: unknown }).__pulumiType === ARTIFACT_TYPE
    );
  }

  /** Digest of what the reference names; for an index, the index's. */
  declare readonly digest: pulumi.Output<string>;
  /** Digest of the manifest whose layers are the content. */
  declare readonly manifestDigest: pulumi.Output<string>;
  /** Folder of the content, relative to the program's directory. */
  declare readonly path: pulumi.Output<string>;
  /** The reference by digest: `registry/repository@sha256:…`. */
  declare readonly pinned: pulumi.Output<string>;
  /** The tag that was asked for, or that `semver` has chosen; undefined for a digest alone. */
  declare readonly tag: pulumi.Output<string | undefined>;
  /** The version that `semver` has chosen, as its tag writes it; undefined without `semver`. */
  declare readonly version: pulumi.Output<string | undefined>;
  /** Digest of the artifact that `referrer` refers to; undefined without one. */
  declare readonly subjectDigest: pulumi.Output<string | undefined>;
  /** Media type of what the reference names. */
  declare readonly mediaType: pulumi.Output<string>;
  /** The manifest's `artifactType`, where it has one. */
  declare readonly artifactType: pulumi.Output<string | undefined>;
  /** The manifest's annotations. */
  declare readonly annotations: pulumi.Output<Readonly<Record<string, string>>>;
  /** Of a Helm chart: what its config says. */
  declare readonly chart: pulumi.Output<ChartFacts | undefined>;
  /** Digest over names, modes and contents of all files; the same on every machine. */
  declare readonly contentDigest: pulumi.Output<string>;
  /** Number of files and links. */
  declare readonly fileCount: pulumi.Output<number>;
  /** Bytes of all files. */
  declare readonly size: pulumi.Output<number>;
  /** `./path` → start of the file's sha256; undefined above 100 files. */
  declare readonly files: pulumi.Output<Readonly<Record<string, string>> | undefined>;
  /** Who has signed it; undefined where `verify` does not ask. */
  declare readonly signers: pulumi.Output<readonly string[] | undefined>;
  /**
   * Where the copy of `destination` lies; unknown in a preview that will change it, undefined without
   * a destination.
   */
  declare readonly placedAt: pulumi.Output<string | undefined>;

  /**
   * Folder of the content as an absolute path, for use in the program itself. Never pass it to a
   * resource's inputs: it differs on every machine, and each would see a change.
   */
  declare readonly absolutePath: pulumi.Output<string>;

  /**
   * @param name The resource's name.
   * @param args What to pull, and how.
   * @param options Options that every Pulumi resource takes.
   */
  constructor(name: string, args: OciArtifactArgs, options: pulumi.CustomResourceOptions = {}) {
    const given = guarded(args);
    refuseOptions(options);
    const stacks = shortenStacks();
    try {
      super(
        ARTIFACT_TYPE,
        name,
        {
          ...given,
          ...OUTPUT_SLOTS,
          // An input wins over the slot of the output of the same name.
          digest: given["digest"],
          __provider: ARTIFACT_STUB,
          [RUN_KEY]: runOptions(ARTIFACT_TYPE, name, given, options),
        },
        options,
      );
    } catch (error) {
      throw stacks.whole(error);
    } finally {
      stacks.restore();
    }
    const self = this as { path: pulumi.Output<string>; absolutePath: pulumi.Output<string> };
    self.path = restoredPath(this, given, this.path, this.pinned, this.tag);
    self.absolutePath = absolutePathOf(self.path);
  }

  /**
   * Path of a file or folder of the content, relative to the program's directory.
   * @throws at once where `relative` is absolute or leaves the content; the output fails where the
   * content has no such name, and lists near ones.
   */
  file(relative: string): pulumi.Output<string> {
    return contentPath(this.path, this.files, insideOf(relative), "file");
  }

  /** A folder of the content; like {@link OciArtifact.file}. */
  directory(relative: string): pulumi.Output<string> {
    return contentPath(this.path, this.files, insideOf(relative), "directory");
  }

  /** A file of the content as an asset. */
  fileAsset(relative: string): pulumi.Output<pulumi.asset.FileAsset> {
    return this.file(relative).apply((path) => new pulumi.asset.FileAsset(path));
  }

  /** The content, or a folder of it, as an archive. */
  fileArchive(relative?: string): pulumi.Output<pulumi.asset.FileArchive> {
    const path = relative === undefined ? this.path : this.directory(relative);
    return path.apply((folder) => new pulumi.asset.FileArchive(folder));
  }
}

/** Outputs of the resource must be named when it is registered. */
const OUTPUT_SLOTS = {
  digest: undefined,
  manifestDigest: undefined,
  path: undefined,
  pinned: undefined,
  tag: undefined,
  version: undefined,
  subjectDigest: undefined,
  mediaType: undefined,
  artifactType: undefined,
  annotations: undefined,
  chart: undefined,
  contentDigest: undefined,
  fileCount: undefined,
  size: undefined,
  files: undefined,
  signers: undefined,
  placedAt: undefined,
};

/** A name of an output would vanish here: the engine could not tell it from the output. */
function refuseOutputs(args: OciArtifactArgs): void {
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || name === "digest" || !(name in OUTPUT_SLOTS)) continue;
    const hint =
      name === "tag"
        ? "write the tag into the reference: registry/repository:tag"
        : name === "version"
          ? 'give a range as semver: "^1.2", or the tag in the reference'
          : "remove it";
    throw userError(
      `cannot use input "${name}": it is an output, and there is no such input\nhint: ${hint}`,
      "INVALID_INPUT",
    );
  }
}

/** Inputs that are secret whatever the user gave; those that the table of inputs calls so. */
const SECRET_INPUTS = [
  "credentials",
  "clientCertificate",
  "proxy",
  "mirrors",
  "registries",
] as const;

/** Marks them secret before they leave the program. */
function guarded(given: OciArtifactArgs | undefined): Readonly<Record<string, unknown>> {
  // A program in JavaScript may leave them out: then check says which are missing.
  const bare = given ?? ({} as OciArtifactArgs);
  refuseOutputs(bare);
  const registries = withConfigured(bare.registries);
  return withSecrets(registries === undefined ? bare : { ...bare, registries }, SECRET_INPUTS);
}
