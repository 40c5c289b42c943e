/**
 * The index of an OpenTofu provider: which of its packages are wanted, and all of them as one manifest,
 * so that the rest of the road need not know of several. It fetches no child. Pure.
 *
 * Rule: https://opentofu.org/docs/cli/oci_registries/provider-mirror/
 */
import { OciError } from "../errors";
import { limitExceeded, type Limits } from "../limits";
import { formatPlatform, isFor } from "../reference/platform";
import type { Descriptor, ImageIndex, ImageManifest, Platform } from "../types";
import { candidateLine } from "./choose-manifest";
import { isTarget, isZipLayer, recognize, TARGET_TYPE, ZIP_TYPE } from "./recognize";
import type { Selection } from "./selection";
import { wrongKind } from "./wrong-kind";

/** A package, and the platform that it is for. */
export type Target = Descriptor & { readonly platform: Platform };

/** How Go names systems and architectures; they become parts of file names. */
const GO_NAME = /^[a-z0-9]+$/;

/**
 * Whether the index is to be read as a provider's: it is one, and nothing else was asked for.
 * @throws OciError WRONG_KIND where the kind that was asked for is never an index like this one
 */
export function isProviderWanted(
  index: ImageIndex,
  { kind }: Pick<Selection, "kind">,
  subject: string,
): boolean {
  const found = recognize(index);
  const isProvider = found === "opentofu-provider";
  if (kind === undefined || kind === "files") return isProvider && kind === undefined;
  if (kind === "opentofu-provider" && isProvider) return true;
  if (!isProvider && kind !== "opentofu-provider" && kind !== "opentofu-module") return false;
  const details = index.manifests.map(candidateLine);
  const problem =
    kind === "opentofu-module"
      ? {
          fact: "it is an index, and OpenTofu takes a module from a manifest only",
          hint: "name one of these by its digest in the reference, or push the module without an index",
        }
      : { fact: `none of the ${details.length} manifests of its index is a ${TARGET_TYPE}` };
  throw wrongKind({ asked: kind, found, problem, details }, subject);
}

/**
 * The packages that are wanted: for one platform, or all. What OpenTofu would not choose either is left
 * out: other manifests, and packages for a version of a system.
 * @throws OciError NO_PLATFORM, AMBIGUOUS_PLATFORM for two of one platform, LIMIT_EXCEEDED for `layers`
 */
export function chooseTargets(
  index: ImageIndex,
  platform: Platform | undefined,
  subject: string,
  limits: Limits,
): readonly Target[] {
  const usable = index.manifests.filter(isUsable);
  const chosen = platform === undefined ? usable : usable.filter((each) => isFor(platform, each));
  const known = { verb: "resolve", subject, details: index.manifests.map(candidateLine) };
  if (chosen.length > limits.layers) {
    throw limitExceeded(limits, "layers", { ...known, found: chosen.length });
  }
  if (chosen.length === 0) {
    const wanted = platform === undefined ? "any platform" : formatPlatform(platform);
    throw new OciError({
      ...known,
      code: "NO_PLATFORM",
      fact: `the provider has no package for ${wanted}`,
      hint: hintFor(index, usable),
    });
  }
  const names = chosen.map(targetName);
  const twice = names.find((name, position) => names.indexOf(name) !== position);
  if (twice === undefined) return chosen;
  throw new OciError({
    ...known,
    code: "AMBIGUOUS_PLATFORM",
    fact: `the provider has several packages for ${twice.replace("_", "/")}, and OpenTofu takes none then`,
    hint: "have the index pushed again with one for each platform, or set platform to another one",
  });
}

/** Where none fits: entries that are no packages to OpenTofu look as if they were. */
function hintFor({ manifests }: ImageIndex, usable: readonly Target[]): string | undefined {
  if (usable.length > 0) return "set platform to one of these, or leave it out for all";
  if (manifests.length === 0) return undefined;
  return `have the index pushed again: an entry is a package by its type, ${TARGET_TYPE}, and a platform without os.version; or take one as files: kind: "files" and platform`;
}

/** "linux_amd64", as file names of packages have it. */
export function targetName({ platform: { os, architecture } }: Target): string {
  return `${os}_${architecture}`;
}

/**
 * The archive in a package, for its platform.
 * @throws OciError UNSUPPORTED_MANIFEST where it is none, or has no archive or several
 */
export function archiveOf(
  target: Target,
  manifest: ImageManifest | ImageIndex,
  subject: string,
): Descriptor {
  const layers = manifest.kind === "manifest" ? manifest.layers.filter(isZipLayer) : [];
  const [layer] = layers;
  const isPackage = manifest.kind === "manifest" && manifest.artifactType === TARGET_TYPE;
  if (isPackage && layer !== undefined && layers.length === 1) {
    return Object.freeze({ ...layer, platform: target.platform });
  }
  const fact = !isPackage
    ? `is no manifest of the type ${TARGET_TYPE}`
    : `has ${layers.length} layers of the type ${ZIP_TYPE}, not one`;
  throw new OciError({
    code: "UNSUPPORTED_MANIFEST",
    verb: "resolve",
    subject,
    fact: `the package for ${formatPlatform(target.platform)}, ${target.digest}, ${fact}`,
    hint: 'have the provider pushed again; or take one package as files: kind: "files" and platform',
  });
}

/** The packages as the layers of one manifest, which tells all that the index tells. */
export function mergedManifest(
  { artifactType, mediaType, subject, annotations }: ImageIndex,
  archives: readonly Descriptor[],
): ImageManifest {
  return Object.freeze({
    kind: "manifest",
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(subject === undefined ? {} : { subject }),
    annotations,
    layers: Object.freeze(archives),
  });
}

function isUsable(child: Descriptor): child is Target {
  const { platform } = child;
  if (!isTarget(child) || platform === undefined || platform.osVersion !== undefined) return false;
  return GO_NAME.test(platform.os) && GO_NAME.test(platform.architecture);
}
