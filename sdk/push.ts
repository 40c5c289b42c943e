/**
 * The resource class that publishes. As with the one that pulls, its provider is a frozen text, and
 * nothing is serialized. Loads nothing heavy, and asks nobody: all work is the provider's.
 */
import * as pulumi from "@pulumi/pulumi";
import { RUN_KEY } from "../provider/pulumi/run-options";
import { PUSH_STUB, PUSH_TYPE } from "../provider/pulumi/stub";
import { runFacts } from "./ahead";
import { refuseOptions } from "./options";
import type { OciArtifactPushArgs } from "./push-args";
import { withConfigured } from "./registries";
import { withSecrets } from "./secrets";
import { shortenStacks } from "./short-stacks";
import { userError } from "./user-error";

/** What a push has made of its own, and nobody else before. */
export interface OwnedByPush {
  /** Whether the manifest was new to the repository. */
  readonly manifest: boolean;
  /** The tags that it has set. */
  readonly tags: readonly string[];
}

/**
 * A folder, files or an artifact, published to an OCI registry. Its digest is known in every preview,
 * before anything is pushed.
 */
export class OciArtifactPush extends pulumi.CustomResource {
  // The base class sets the outputs: `declare`, for a field of our own would reset each to undefined.

  /** Whether the value is an OciArtifactPush, also one of another copy of this package. */
  static override isInstance(value: unknown): value is OciArtifactPush {
    return (
      pulumi.Resource.isInstance(value) &&
      (value as { readonly __pulumiType?: unknown }).__pulumiType === PUSH_TYPE
    );
  }

  /** Digest of what is published; for several platforms, the index's. */
  declare readonly digest: pulumi.Output<string>;
  /** The same by name: `registry/repository@sha256:…`. */
  declare readonly pinned: pulumi.Output<string>;
  /** Tag → digest that it is to name; after a refresh, what it names then, or `missing`. */
  declare readonly tagged: pulumi.Output<Readonly<Record<string, string>>>;
  /** Media type of the manifest, or of the index. */
  declare readonly mediaType: pulumi.Output<string>;
  /** The manifest's `artifactType`, where it has one. */
  declare readonly artifactType: pulumi.Output<string | undefined>;
  /** Digest over names, modes and contents of all files; undefined where an archive goes as it is. */
  declare readonly contentDigest: pulumi.Output<string | undefined>;
  /** Number of files and links; of an artifact that goes as it is, of its layers. */
  declare readonly fileCount: pulumi.Output<number>;
  /** Bytes of all files, before they are packed. */
  declare readonly size: pulumi.Output<number>;
  /** `./path` → start of the file's sha256; undefined above 100 files. */
  declare readonly files: pulumi.Output<Readonly<Record<string, string>> | undefined>;
  /** What this resource itself has made, and `deleteOnDestroy` may delete; unknown until it is pushed. */
  declare readonly owned: pulumi.Output<OwnedByPush>;

  /**
   * @param name The resource's name.
   * @param args What to publish, where, and how.
   * @param options Options that every Pulumi resource takes.
   */
  constructor(name: string, args: OciArtifactPushArgs, options: pulumi.CustomResourceOptions = {}) {
    const given = guarded(args);
    refuseOptions(options, "push");
    const stacks = shortenStacks();
    try {
      super(
        PUSH_TYPE,
        name,
        {
          ...given,
          ...OUTPUT_SLOTS,
          // An input wins over the slot of the output of the same name.
          artifactType: given["artifactType"],
          __provider: PUSH_STUB,
          [RUN_KEY]: runFacts(PUSH_TYPE, name, options),
        },
        options,
      );
    } catch (error) {
      throw stacks.whole(error);
    } finally {
      stacks.restore();
    }
  }
}

/** Outputs of the resource must be named when it is registered. */
const OUTPUT_SLOTS = {
  digest: undefined,
  pinned: undefined,
  tagged: undefined,
  mediaType: undefined,
  artifactType: undefined,
  contentDigest: undefined,
  fileCount: undefined,
  size: undefined,
  files: undefined,
  owned: undefined,
};

/** What is meant by names of outputs that are taken for inputs. */
const MEANT: Readonly<Record<string, string>> = {
  files: "give them as sources: [{ path }]",
  mediaType: "give the type of the layer as layerType",
  digest:
    "it follows from the content; to publish what is there already, give it as source: oci://…",
  tagged: "give more tags as tags",
};

/** A name of an output would vanish here: the engine could not tell it from the output. */
function refuseOutputs(args: object): void {
  for (const [name, value] of Object.entries(args)) {
    if (value === undefined || name === "artifactType" || !(name in OUTPUT_SLOTS)) continue;
    throw userError(
      `cannot use input "${name}": it is an output, and there is no such input\nhint: ${MEANT[name] ?? "remove it"}`,
      "INVALID_INPUT",
    );
  }
}

const SECRET_INPUTS = ["credentials", "clientCertificate", "proxy", "registries"];

/** The arguments with the stack configuration in them, and secret what has to be. */
function guarded(given: OciArtifactPushArgs | undefined): Readonly<Record<string, unknown>> {
  // A program in JavaScript may leave them out: then check says which are missing.
  const bare = given ?? ({} as OciArtifactPushArgs);
  refuseOutputs(bare);
  const registries = withConfigured(bare.registries);
  return withSecrets(registries === undefined ? bare : { ...bare, registries }, SECRET_INPUTS);
}
