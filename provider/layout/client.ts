/**
 * The verbs of a registry, on image layouts: so whatever is asked of a registry can be asked of a folder
 * or a tar. Dials nothing, and writes nothing.
 */
import type { Context } from "../context";
import { digestProblem, isDigest } from "../digest";
import { OciError } from "../errors";
import { UNNAMED } from "../reference/oci-layout";
import type { RegistryClient } from "../registry/client";
import type { ManifestDocument } from "../registry/manifest-reply";
import { exactBytes } from "../settings/byte-size";
import type { Descriptor, Endpoint } from "../types";
import { chooseEntry, entryLines, tagsIn } from "./entries";
import { createOpener, type Layout, type OpenLayout } from "./open-layout";
import {
  accessError,
  damaged,
  notThere,
  type Place,
  placeOf,
  throwIfCancelled,
  wrongBytes,
} from "./problems";
import { blobName, readDocument } from "./read-document";
import { referrersIn } from "./referrers";
import { streamSlice } from "./slice";

/** Those of the verbs that a layout has an answer to. */
export type LayoutClient = Omit<RegistryClient, "close">;

/** A client for layouts: for endpoints that have one, as `layout`. Nothing is opened yet. */
export function createLayoutClient(): LayoutClient {
  const openLayout = createOpener();
  return Object.freeze({
    async headManifest(endpoint, reference, context) {
      const place = manifestPlace(endpoint, reference);
      const layout = await openLayout(place, context);
      if (!isDigest(reference)) {
        const { digest, mediaType } = entryOf(layout, reference, place);
        return { digest, mediaType };
      }
      const found = await readDocument(layout, reference, place, context);
      return found && { digest: found.digest, mediaType: found.mediaType };
    },
    async getManifest(endpoint, reference, context) {
      const place = manifestPlace(endpoint, reference);
      const layout = await openLayout(place, context);
      const wanted = isDigest(reference) ? reference : entryOf(layout, reference, place);
      return (await readDocument(layout, wanted, place, context)) ?? missing(wanted, place);
    },
    getBlob: (endpoint, descriptor, context, start = 0) =>
      readBlob(openLayout, endpoint, descriptor, context, start),
    async listTags(endpoint, context) {
      const { entries } = await openLayout(placeOf("list the tags of", endpoint), context);
      return tagsIn(entries);
    },
    async getReferrers(endpoint, digest, context) {
      const place = placeOf("list the referrers in", endpoint);
      refuseOther(digest, place);
      return await referrersIn(await openLayout(place, context), digest, place, context);
    },
  } satisfies LayoutClient);
}

function manifestPlace(endpoint: Endpoint, name: string): Place {
  const named = isDigest(name) ? { digest: name } : name === UNNAMED ? {} : { tag: name };
  return placeOf("read the manifest of", endpoint, named);
}

/** @throws OciError NOT_FOUND; LAYOUT where several could be meant. */
function entryOf({ entries }: Layout, tag: string, place: Place): Descriptor {
  const choice = chooseEntry(entries, tag);
  if ("entry" in choice) return choice.entry;
  const { several } = choice;
  const lines = entryLines(several.length > 0 ? several : entries);
  if (several.length > 0) {
    const hint =
      "name one of them by a tag that no other one has, or by its digest: oci-layout://path@sha256:…";
    const fact = `holds ${several.length} that could be meant`;
    throw new OciError({
      ...facts(place),
      code: "LAYOUT",
      fact: `the image layout ${fact}`,
      details: lines,
      hint,
    });
  }
  const fact = tag === UNNAMED ? "names nothing" : `has nothing of the name ${tag}`;
  const hint = "name one of those it has, or copy the artifact into it";
  throw notThere(
    place,
    fact,
    hint,
    lines.length === 0 ? ["holds nothing with a name"] : [...lines],
  );
}

function facts({ verb, subject }: Place): Pick<Place, "verb" | "subject"> {
  return { verb, subject };
}

const COPY_WHOLE = "copy the artifact into it with all that belongs to it";

function missing(wanted: Descriptor | string, place: Place): ManifestDocument {
  if (typeof wanted === "string") throw notThere(place, "does not have it", COPY_WHOLE);
  throw damaged(place, `lists ${wanted.digest} and does not hold it`, COPY_WHOLE);
}

/** @throws OciError where the digest is none: it would become a path. */
function refuseOther(digest: string, place: Place): void {
  const fact = digestProblem(digest);
  if (fact !== undefined)
    throw new OciError({ ...facts(place), code: "UNSUPPORTED_MANIFEST", fact });
}

async function* readBlob(
  openLayout: OpenLayout,
  endpoint: Endpoint,
  { digest, size }: Descriptor,
  context: Context,
  start: number,
): AsyncGenerator<Buffer> {
  const place = placeOf("read the blob", endpoint, { digest });
  refuseOther(digest, place);
  const { files } = await openLayout(place, context);
  const slice = await files.open(blobName(digest));
  if (slice === undefined) throw notThere(place, `does not hold the blob ${digest}`, COPY_WHOLE);
  try {
    if (slice.size !== size) {
      throw wrongBytes(place, `holds ${slice.size} of the ${exactBytes(size)} of the descriptor`);
    }
    for await (const piece of streamSlice(slice, start)) {
      throwIfCancelled(place, context.signal);
      yield piece;
    }
  } catch (error) {
    throw accessError(place, error);
  } finally {
    await slice.handle.close();
  }
}
