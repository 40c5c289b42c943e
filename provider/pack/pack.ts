/**
 * The road of packing: what is asked for → blobs in a staging folder and manifests that name them. The
 * same content gives the same digests, in whatever order and with whatever times it lay there. It
 * dials nobody and pushes nothing.
 */
import type { PackedArtifact } from "./artifact";
import { packChart } from "./pack-chart";
import { packFiles } from "./pack-files";
import { packFolder } from "./pack-folder";
import { packProvider } from "./pack-provider";
import { packTree } from "./pack-tree";
import type { PackOptions } from "./packed-tree";
import { unpackable } from "./problems";
import type { PackContext, PackRequest } from "./request";

/** The first second that eleven octal digits of a tar cannot say. */
const FIRST_UNTOLD = 8 ** 11;

/**
 * The artifact that was asked for, ready to be pushed: all blobs, then the manifests in their order.
 *
 * @throws OciError INVALID_INPUT for what cannot be packed, LIMIT_EXCEEDED, STORE for what the disk
 * refuses, CANCELLED
 */
export async function packArtifact(
  request: PackRequest,
  context: PackContext,
): Promise<PackedArtifact> {
  const { staging, signal, seconds = 0 } = context;
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds >= FIRST_UNTOLD) {
    const hint = "give SOURCE_DATE_EPOCH as whole seconds since 1970";
    throw unpackable("an artifact", `${seconds} is no time that an archive can hold`, hint);
  }
  const options: PackOptions = { staging, seconds, ...(signal && { signal }) };
  switch (request.kind) {
    case "opentofu-provider":
      return await packProvider(request, context);
    case "helm-chart":
      return await packChart(request, context, options);
    case "files":
      return await packFiles(request, context, options);
    case "folder":
      return await packFolder(request, options);
    default:
      return await packTree(request, options);
  }
}
