/**
 * An artifact that there is already, as something to push: the same manifests, byte for byte, and blobs
 * that are read from where it lies only if they are missing where it goes. It looks at no content.
 */
import { Readable } from "node:stream";
import { servingFirst } from "../ask";
import { chooseManifest } from "../content/choose-manifest";
import { parseManifest } from "../content/manifest";
import { isForeignType } from "../content/media-types";
import type { Context } from "../context";
import { isDigest } from "../digest";
import { OciError } from "../errors";
import { limitExceeded } from "../limits";
import { CONTENT_DIGEST, type PackedArtifact, type PackedBlob } from "../pack/artifact";
import { formatReference } from "../reference/format";
import type { RegistryClient } from "../registry/client";
import { findChild, findNamed, type Found, type ResolveRooms } from "../resolve";
import type { Descriptor, Endpoint, ImageIndex, ImageManifest } from "../types";
import type { ExistingSource } from "./request";

type Document = ImageManifest | ImageIndex;

/** A manifest with what it says. */
interface Read {
  readonly document: Document;
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** What is asked, and who. */
interface Inquiry {
  readonly source: ExistingSource;
  /** Who has the manifest, first. */
  readonly order: readonly Endpoint[];
  readonly rooms: ResolveRooms;
  readonly context: Context;
}

/**
 * The artifact of a reference, with all that it names.
 *
 * @throws OciError what reading manifests throws, NO_PLATFORM, LIMIT_EXCEEDED for `indexDepth`
 */
export async function existingArtifact(
  source: ExistingSource,
  rooms: ResolveRooms,
  context: Context,
): Promise<PackedArtifact> {
  const { reference, endpoints } = source;
  const found = await findNamed({ reference }, endpoints, rooms, context);
  const order = servingFirst(endpoints, found.servedBy);
  const inquiry = { source, order, rooms, context };
  const top = await wantedOf(readOf(found, inquiry), inquiry);
  const below = await allBelow(top, inquiry, 0);
  const blobs = [...below, top].flatMap(({ document }) => blobsOf(document, inquiry));
  const contentDigest = top.document.annotations[CONTENT_DIGEST] ?? "";
  return Object.freeze({
    blobs: Object.freeze([
      ...new Map(blobs.map((blob) => [blob.descriptor.digest, blob])).values(),
    ]),
    children: Object.freeze(below.map(manifestOf)),
    manifest: manifestOf(top),
    ...(isDigest(contentDigest) ? { contentDigest } : {}),
    warnings: Object.freeze([]),
  });
}

/** The document itself, or the one of its platform. */
async function wantedOf(top: Read, inquiry: Inquiry): Promise<Read> {
  const { platform, reference } = inquiry.source;
  if (platform === undefined || top.document.kind !== "index") return top;
  return await childOf(chooseManifest(top.document, platform, formatReference(reference)), inquiry);
}

/** All that an index names, those first that others name. */
async function allBelow(read: Read, inquiry: Inquiry, depth: number): Promise<readonly Read[]> {
  if (read.document.kind !== "index") return [];
  const { limits } = inquiry.context;
  if (depth === limits.indexDepth) {
    const subject = formatReference(inquiry.source.reference);
    throw limitExceeded(limits, "indexDepth", { verb: "read", subject });
  }
  const found: Read[] = [];
  for (const descriptor of read.document.manifests) {
    const child = await childOf(descriptor, inquiry);
    found.push(...(await allBelow(child, inquiry, depth + 1)), child);
  }
  return found;
}

async function childOf(child: Descriptor, inquiry: Inquiry): Promise<Read> {
  const { source, order, rooms, context } = inquiry;
  const { reference } = source;
  return readOf(await findChild(child, { reference }, order, rooms, context), inquiry);
}

function readOf({ document: found }: Found, { source, context }: Inquiry): Read {
  const { bytes, digest } = found;
  const subject = formatReference(source.reference);
  const document = parseManifest(bytes, found.mediaType, subject, context.limits);
  const { mediaType, artifactType } = document;
  const descriptor = {
    ...{ mediaType, digest, size: bytes.length, annotations: {} },
    ...(artifactType === undefined ? {} : { artifactType }),
  };
  return { document, bytes, descriptor };
}

function manifestOf({ descriptor, bytes }: Read) {
  return Object.freeze({ descriptor, bytes });
}

/** What its publisher keeps elsewhere is no registry's to have. */
function blobsOf(document: Document, inquiry: Inquiry): readonly PackedBlob[] {
  if (document.kind === "index") return [];
  const { config, layers } = document;
  return [...(config === undefined ? [] : [config]), ...layers]
    .filter(({ mediaType }) => !isForeignType(mediaType))
    .map((descriptor) => blobOf(descriptor, inquiry));
}

function blobOf(descriptor: Descriptor, { order, rooms, context }: Inquiry) {
  const openAt = (start: number): Readable =>
    Readable.from(bytesOf(descriptor, start, order, rooms.client, context), { objectMode: false });
  return Object.freeze({ descriptor, open: () => openAt(0), openAt });
}

/** From whoever has them, in order; the next one goes on where the one before has ended. */
async function* bytesOf(
  descriptor: Descriptor,
  start: number,
  endpoints: readonly Endpoint[],
  client: RegistryClient,
  context: Context,
): AsyncGenerator<Buffer, void> {
  let position = start;
  let failure: unknown;
  for (const endpoint of endpoints) {
    try {
      for await (const piece of client.getBlob(endpoint, descriptor, context, position)) {
        position += piece.length;
        yield piece;
      }
      return;
    } catch (error) {
      if (!(error instanceof OciError) || context.signal.aborted) throw error;
      failure ??= error;
    }
  }
  throw failure;
}
