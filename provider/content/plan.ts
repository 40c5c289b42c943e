/**
 * Decides what each layer of a manifest becomes: an unpacked archive, a file, or whichever of both
 * its first bytes call for. It reads descriptors only, no blob.
 */
import { OciError } from "../errors";
import { DEFAULT_LIMITS, limitExceeded, type Limits } from "../limits";
import type { Descriptor, ImageManifest, LayerForm, Plan, PlannedLayer } from "../types";
import { chooseLayers, isPackedFolder, titleOf, type PresentLayer } from "./choose-layers";
import { kindRules, type KindRules, type Told } from "./kind-rules";
import {
  EMPTY_MEDIA_TYPE,
  extensionOf,
  isArchiveType,
  isImageConfig,
  isIndexType,
} from "./media-types";
import { exceededPathLimit, pathComponents, pathProblem } from "./path-rules";
import { allowancesOf, entrySelectionOf, type ExtractRule, type Selection } from "./selection";

const VERB = "unpack";

/**
 * The plan of the selected layers, in their order, without empty descriptors:
 *
 * - title and `io.deis.oras.content.unpack: "true"`: an archive, unpacked under the title;
 * - title: a file of that name, which may lie in directories;
 * - no title, but the media type of an archive: unpacked at the root;
 * - neither: unpacked at the root where the bytes are an archive's, else the file `blob-<index>`
 *   with the index of the layer and the extension of its media type ("blob-0.json").
 *
 * With `extract: "always"` the second is unpacked at the root, too, where the bytes are an archive's;
 * with `"never"` each layer is the file of its title, else `blob-<index>`. What kind of artifact it is
 * may change that (kind-rules.ts).
 *
 * @param selection - in canonical form, as `selectionOf` makes it
 * @param told - what else is known of the artifact
 * @throws OciError NO_MATCHING_LAYER and, for two layers that are the same file, BAD_ARCHIVE, unless
 * the selection allows it; UNSAFE_ARCHIVE for a title that is no safe path; LIMIT_EXCEEDED for `blobBytes`, `pathBytes`, `componentBytes`; WRONG_KIND and what else `kindRules` throws
 */
export function planContent(
  manifest: ImageManifest,
  subject: string,
  limits: Limits = DEFAULT_LIMITS,
  selection: Selection = {},
  told: Told = { reference: { repository: "" } },
): Plan {
  const { extract = "auto", allowEmpty, allowOverwrite } = selection;
  const kind = kindRules(manifest, selection, told, subject);
  const aside = asksForLayers(selection) ? NO_LAYERS : kind.aside;
  const present = presentLayers(manifest).filter(({ index }) => !aside.has(index));
  if (present.length === 0 && allowEmpty !== true) throw noContent(subject);
  const rules = { subject, limits, extract, forms: kind.forms };
  const layers = chooseLayers(present, selection, subject).map(({ descriptor, index }) =>
    planLayer(descriptor, index, rules),
  );
  const isImage = isImageConfig(manifest.config?.mediaType);
  const overrides = allowOverwrite === true || (isImage && extract !== "never");
  if (!overrides) refuseSameFile(layers, subject);
  const entries = entrySelectionOf(selection);
  const allowances = allowancesOf(selection);
  const layout = layoutOf({ aside, forms: kind.forms }, manifest);
  return Object.freeze({
    layers: Object.freeze(layers),
    isImage,
    ...(entries === undefined ? {} : { entries }),
    ...(Object.keys(allowances).length === 0 ? {} : { allowances }),
    ...(layout === undefined ? {} : { layout }),
  });
}

const NO_LAYERS: ReadonlySet<number> = new Set();

function presentLayers({ layers }: ImageManifest): readonly PresentLayer[] {
  return layers
    .map((descriptor, index) => ({ descriptor, index }))
    .filter(({ descriptor }) => descriptor.mediaType !== EMPTY_MEDIA_TYPE);
}

/** Whoever names layers gets them. */
function asksForLayers({ mediaTypes, titles, layers }: Selection): boolean {
  return mediaTypes !== undefined || titles !== undefined || layers !== undefined;
}

/**
 * All that the kind changes, as text: without it, the content follows from the layers alone. Of an index
 * that was read to one manifest, they do not follow from its digest: two packages for one system and
 * architecture have one name.
 */
function layoutOf({ aside, forms }: KindRules, manifest: ImageManifest): string | undefined {
  if (aside.size === 0 && forms.size === 0) return undefined;
  const layers = manifest.layers.map(({ digest }) => digest);
  const chosen = isIndexType(manifest.mediaType) ? { layers } : {};
  return JSON.stringify({ aside: [...aside], forms: [...forms], ...chosen });
}

function noContent(subject: string): OciError {
  return new OciError({
    code: "NO_MATCHING_LAYER",
    verb: VERB,
    subject,
    fact: "its manifest has no layers with content",
    hint: "check that the reference names the artifact, not a signature or an attestation of it; where nothing is what it should hold, set allowEmpty: true",
  });
}

/** What layers are planned by. */
interface Rules {
  readonly subject: string;
  readonly limits: Limits;
  readonly extract: ExtractRule;
  /** Those that the kind decides. */
  readonly forms: KindRules["forms"];
}

function planLayer(descriptor: Descriptor, index: number, rules: Rules): PlannedLayer {
  const { limits, subject } = rules;
  if (descriptor.size > limits.blobBytes) {
    throw limitExceeded(limits, "blobBytes", {
      verb: VERB,
      subject: `layer ${index} of ${subject}`,
      found: descriptor.size,
    });
  }
  const form = Object.freeze(rules.forms.get(index) ?? formOf(descriptor, index, rules));
  return Object.freeze({ descriptor, index, form });
}

function formOf(descriptor: Descriptor, index: number, rules: Rules): LayerForm {
  const { extract } = rules;
  const { mediaType } = descriptor;
  const title = titleOf(descriptor);
  const isFolder = isPackedFolder(descriptor);
  const defined = `blob-${index}${extensionOf(mediaType)}`;
  if (title !== "") {
    const path = titlePath(title, index, rules);
    if (isFolder && extract !== "never") return { kind: "archive", directory: path };
    if (isFolder && path === "") return { kind: "file", name: defined };
    if (path === "") throw unsafeTitle(title, index, rules.subject, "it names no file");
    if (extract !== "always") return { kind: "file", name: path };
    // No error where it is none: what has a title may well be a file.
    return { kind: "detect", name: path };
  }
  if (extract === "never") return { kind: "file", name: defined };
  if (isArchiveType(mediaType)) return { kind: "archive", directory: "" };
  return { kind: "detect", name: defined };
}

function titlePath(title: string, index: number, { subject, limits }: Rules): string {
  const problem = pathProblem(title);
  if (problem !== undefined) throw unsafeTitle(title, index, subject, problem);
  const components = pathComponents(title);
  const exceeded = exceededPathLimit(components, limits);
  if (exceeded !== undefined) {
    throw limitExceeded(limits, exceeded.name, {
      verb: VERB,
      subject: `layer ${index} of ${subject}`,
      found: exceeded.found,
    });
  }
  return components.join("/");
}

function unsafeTitle(title: string, index: number, subject: string, problem: string): OciError {
  return new OciError({
    code: "UNSAFE_ARCHIVE",
    verb: VERB,
    subject,
    fact: `the title ${JSON.stringify(title)} of layer ${index} is no safe path: ${problem}`,
    hint: "tell the publisher of the artifact; nothing of it was extracted",
  });
}

function refuseSameFile(layers: readonly PlannedLayer[], subject: string): void {
  const owners = new Map<string, number>();
  for (const { form, index } of layers) {
    if (form.kind !== "file") continue;
    const owner = owners.get(form.name);
    if (owner !== undefined) {
      throw new OciError({
        code: "BAD_ARCHIVE",
        verb: VERB,
        subject,
        fact: `layers ${owner} and ${index} both are the file ${JSON.stringify(form.name)}`,
        hint: "set allowOverwrite: true to let the later one win, or have the artifact pushed again with a title of its own for each file",
      });
    }
    owners.set(form.name, index);
  }
}
