/**
 * From the document that a reference names to the manifest whose layers are the content: through indexes,
 * or of a provider's index to all of its packages. Whom to ask for a child is for resolve.ts to know.
 */
import { chooseManifest } from "./content/choose-manifest";
import { parseManifest } from "./content/manifest";
import { isProviderWanted } from "./content/provider-targets";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { limitExceeded } from "./limits";
import { readTargets } from "./read-targets";
import { formatReference } from "./reference/format";
import type { ManifestDocument } from "./registry/client";
import type { Found, ResolveRequest } from "./resolve";
import type { Descriptor, Endpoint, ImageIndex, ImageManifest, Resolved } from "./types";

/** The child's document, digest and size checked; who answered last is the likeliest to have it. */
type FindChild = (child: Descriptor, likeliest: Endpoint | undefined) => Promise<Found>;

/** What the content is, and who answered last; nobody where the cache had it all. */
interface FoundManifest extends Pick<Resolved, "manifest" | "manifestDigest" | "mediaType"> {
  readonly servedBy?: Endpoint;
}

/** @throws OciError what choosing a manifest and reading one throw; LIMIT_EXCEEDED for `indexDepth` */
export async function readManifest(
  top: Found,
  request: ResolveRequest,
  findChild: FindChild,
  context: Context,
): Promise<FoundManifest> {
  const { limits } = context;
  const subject = formatReference(request.reference);
  let { document, servedBy } = top;
  const read = ({ bytes, mediaType }: ManifestDocument): ImageManifest | ImageIndex =>
    parseManifest(bytes, mediaType, subject, limits);
  const find = async (child: Descriptor): Promise<ManifestDocument> => {
    const found = await findChild(child, servedBy);
    servedBy = found.servedBy ?? servedBy;
    return found.document;
  };
  let manifest = read(document);
  const { mediaType } = manifest;
  for (let depth = 0; manifest.kind === "index"; depth += 1) {
    if (depth === limits.indexDepth) {
      throw limitExceeded(limits, "indexDepth", { verb: "resolve", subject });
    }
    if (isProviderWanted(manifest, wantedKind(request), subject)) {
      const readChild = async (child: Descriptor) => read(await find(child));
      manifest = await readTargets(manifest, request.platform, subject, readChild, limits);
      break;
    }
    document = await find(chooseManifest(manifest, request.platform, subject));
    manifest = read(document);
  }
  const manifestDigest = document.digest;
  return { manifest, manifestDigest, mediaType, ...(servedBy === undefined ? {} : { servedBy }) };
}

/** What a referrer is wanted of may be of any kind. */
function wantedKind({ referrerType, selection = {} }: ResolveRequest): Pick<Selection, "kind"> {
  return referrerType === undefined ? selection : { kind: "files" };
}
