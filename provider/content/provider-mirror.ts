/**
 * Where the packages of an OpenTofu provider go, so that `tofu init` takes the content for a
 * `filesystem_mirror`: by the provider's address, its version and the platform. Pure.
 *
 * Rule: https://opentofu.org/docs/cli/config/config-file/#provider-installation
 */
import { OciError } from "../errors";
import { registryProblem } from "../reference/grammar";
import type { Descriptor, ImageManifest, LayerForm, Reference } from "../types";
import { titleOf } from "./choose-layers";
import type { Selection } from "./selection";

/** Where providers come from whose address names no host. */
const DEFAULT_HOST = "registry.opentofu.org";

/** What names of providers and of their repositories begin with, and addresses do not. */
const TYPE_PREFIX = "terraform-provider-";

/** Of a namespace and of a type. */
const PART = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
const VERSION_ANNOTATION = "org.opencontainers.image.version";

/** https://semver.org: numbers without leading zeros, and nothing that could lead out of a folder. */
const VERSION = /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-[0-9a-z-]+(\.[0-9a-z-]+)*)?(\+[0-9a-z.-]+)?$/i;

/** How releases of providers are called: `terraform-provider-random_3.7.2_linux_amd64.zip`. */
const PACKAGE_FILE = /(?:^|\/)terraform-provider-[^_/]+_([^_/]+)_[^_/]+_[^_/]+\.zip$/;

/** By what a provider is named, as far as it is. */
export interface ProviderNames extends Pick<Selection, "providerSource" | "extract"> {
  readonly reference: Pick<Reference, "repository" | "layout">;
  /** Of the reference. */
  readonly tag?: string | undefined;
}

/** Why a text is no source address of a provider, or undefined where it is one. */
export function providerSourceProblem(source: string): string | undefined {
  const parts = source.split("/");
  const [type = "", namespace = "", host = DEFAULT_HOST] = parts.toReversed();
  if (parts.length < 2 || parts.length > 3) return "it is not [host/]namespace/type";
  const problem = registryProblem(host);
  if (problem !== undefined) return problem.fact;
  if (!PART.test(namespace)) return "its namespace is not of lower-case letters, digits and dashes";
  if (!PART.test(type)) return "its type is not of lower-case letters, digits and dashes";
  return type.startsWith(TYPE_PREFIX)
    ? `its type begins with ${TYPE_PREFIX}, which addresses leave out`
    : undefined;
}

/**
 * What each package becomes: `host/namespace/type/terraform-provider-type_version_os_arch.zip`, the
 * bytes that a lock file has the hash of; with `extract: "always"` the unpacked
 * `host/namespace/type/version/os_arch`.
 *
 * @param manifest - as `mergedManifest` makes it
 * @throws OciError INVALID_INPUT where the address or the version is told nowhere
 */
export function mirrorForms(
  manifest: ImageManifest,
  names: ProviderNames,
  subject: string,
): ReadonlyMap<number, LayerForm> {
  const address = addressOf(names, subject);
  const type = address.slice(address.lastIndexOf("/") + 1);
  const version = versionOf(manifest, names, subject);
  const form = ({ platform }: Descriptor): LayerForm => {
    const target = `${platform?.os ?? ""}_${platform?.architecture ?? ""}`;
    return names.extract === "always"
      ? { kind: "archive", directory: `${address}/${version}/${target}` }
      : { kind: "file", name: `${address}/${TYPE_PREFIX}${type}_${version}_${target}.zip` };
  };
  return new Map(manifest.layers.map((layer, index) => [index, form(layer)]));
}

/** In full: "registry.opentofu.org/hashicorp/random". */
function addressOf({ providerSource, reference }: ProviderNames, subject: string): string {
  const source = providerSource ?? guessedSource(reference);
  const problem =
    source === undefined ? "its repository does not tell it" : providerSourceProblem(source);
  if (source !== undefined && problem === undefined) {
    return source.split("/").length === 2 ? `${DEFAULT_HOST}/${source}` : source;
  }
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "lay out",
    subject,
    fact: `the source address of the provider is not known: ${problem ?? ""}`,
    hint: 'set providerSource to what required_providers says: "hashicorp/random"',
  });
}

/** The last two names of the repository; a folder of this machine is called after something else. */
function guessedSource({
  repository,
  layout,
}: Pick<Reference, "repository" | "layout">): string | undefined {
  const [type, namespace] = repository.split("/").toReversed();
  if (layout !== undefined || type === undefined || namespace === undefined) return undefined;
  return `${namespace}/${type.startsWith(TYPE_PREFIX) ? type.slice(TYPE_PREFIX.length) : type}`;
}

/** By the tag, as OpenTofu does it; where that is no version, by what the publisher has noted. */
function versionOf(manifest: ImageManifest, { tag }: ProviderNames, subject: string): string {
  const titles = manifest.layers.map((layer) => PACKAGE_FILE.exec(titleOf(layer))?.[1]);
  const [title] = titles;
  const told = [
    // A tag cannot hold a "+".
    tag?.replace(/^v(?=\d)/, "").replaceAll("_", "+"),
    manifest.annotations[VERSION_ANNOTATION]?.replace(/^v(?=\d)/, ""),
    titles.every((other) => other === title) ? title : undefined,
  ];
  const version = told.find((text) => text !== undefined && VERSION.test(text));
  if (version !== undefined) return version;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "lay out",
    subject,
    fact: `the version of the provider is not known: neither the tag${tag === undefined ? "" : ` ${tag}`}, nor the annotation ${VERSION_ANNOTATION}, nor the titles of its packages tell one`,
    hint: "name it by a tag that is its version, such as 3.7.2, or have the index annotated",
  });
}
