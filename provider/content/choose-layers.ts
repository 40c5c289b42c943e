/**
 * Which layers of a manifest are wanted: by media type, title and position. Reads descriptors only,
 * and judges nothing about what they become. Pure.
 */
import { OciError } from "../errors";
import type { Descriptor } from "../types";
import { bareMediaType } from "./media-types";
import type { Allowances, LayerSelection } from "./selection";

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md */
const TITLE = "org.opencontainers.image.title";

/** Set by ORAS on a layer that is the archive of a directory. */
const UNPACK = "io.deis.oras.content.unpack";

/** A layer, and its position in the manifest. */
export interface PresentLayer {
  readonly descriptor: Descriptor;
  readonly index: number;
}

/** The file name that the publisher gave a layer; "" without one. */
export function titleOf({ annotations }: Descriptor): string {
  return annotations[TITLE] ?? "";
}

/** Whether the layer is a folder that ORAS has packed; then its title is the folder's name. */
export function isPackedFolder({ annotations }: Descriptor): boolean {
  return annotations[UNPACK] === "true";
}

/**
 * The layers that satisfy all that is given.
 * @throws OciError NO_MATCHING_LAYER, listing what there is, unless none is allowed.
 */
export function chooseLayers(
  present: readonly PresentLayer[],
  selection: LayerSelection & Pick<Allowances, "allowEmpty">,
  subject: string,
): readonly PresentLayer[] {
  const { layers, titles } = selection;
  const mediaTypes = selection.mediaTypes?.map(bareMediaType);
  const chosen = present.filter(
    ({ descriptor, index }) =>
      (mediaTypes?.includes(bareMediaType(descriptor.mediaType)) ?? true) &&
      (titles?.includes(titleOf(descriptor)) ?? true) &&
      (layers?.includes(index) ?? true),
  );
  if (chosen.length > 0 || selection.allowEmpty === true) return chosen;
  const given = (["mediaTypes", "titles", "layers"] as const).filter(
    (name) => selection[name] !== undefined,
  );
  throw new OciError({
    code: "NO_MATCHING_LAYER",
    verb: "choose layers of",
    subject,
    fact: `${given.join(" and ")} ${given.length === 1 ? "matches" : "together match"} none of its layers`,
    details: present.map(layerLine),
    hint: `correct ${given.join(" or ")}: the layers above are all there are; or set allowEmpty: true to take none`,
  });
}

/** What the layer is, in one line of an error. */
export function layerLine({ descriptor, index }: PresentLayer): string {
  const title = titleOf(descriptor);
  const named = title === "" ? "no title" : `title ${JSON.stringify(title)}`;
  return `layer ${index}: ${descriptor.mediaType}, ${named}`;
}
