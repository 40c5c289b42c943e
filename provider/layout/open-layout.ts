/**
 * Opens an image layout, a folder or a tar: is it one, of a version that is known, and what does its
 * index list? Reads two small files, and no blob.
 *
 * Rule: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 */
import { stat } from "node:fs/promises";
import { JsonProblem, optionalString, parseJsonObject } from "../content/json";
import { parseManifest } from "../content/manifest";
import type { Context } from "../context";
import { OciError } from "../errors";
import { limitExceeded } from "../limits";
import type { Descriptor } from "../types";
import { folderFiles, type LayoutFiles } from "./folder";
import { accessError, damaged, type Place, throwIfCancelled } from "./problems";
import { readSlice } from "./slice";
import { createTarFiles } from "./tar-files";

/** A layout, as it is now. */
export interface Layout {
  readonly files: LayoutFiles;
  /** What its index lists, in its order. */
  readonly entries: readonly Descriptor[];
}

/** Opens the layout of the place; it is looked at anew each time, because media come and go. */
export type OpenLayout = (place: Place, context: Context) => Promise<Layout>;

const VERSION = "1.0.0";

/** Opens layouts. @throws OciError UNREACHABLE where there is none, LAYOUT where it is none. */
export function createOpener(): OpenLayout {
  const tarFiles = createTarFiles();
  return async (place, context) => {
    throwIfCancelled(place, context.signal);
    const { layout = "" } = place.endpoint;
    const found = await stat(layout).catch((error: unknown) => {
      throw accessError(place, error);
    });
    if (!found.isDirectory() && !found.isFile()) {
      throw damaged(place, "is neither a folder nor a file");
    }
    const files = found.isDirectory()
      ? await folderFiles(layout, place)
      : tarFiles(layout, place, context);
    await checkVersion(files, place, context);
    return { files, entries: await entriesOf(files, place, context) };
  };
}

/**
 * A small file, whole; undefined where there is none.
 *
 * @throws OciError LIMIT_EXCEEDED where it is larger than a manifest may be.
 */
export async function readSmall(
  { open }: LayoutFiles,
  name: string,
  place: Place,
  { limits }: Pick<Context, "limits">,
): Promise<Buffer | undefined> {
  const slice = await open(name);
  if (slice === undefined) return undefined;
  try {
    const { size } = slice;
    if (size > limits.manifestBytes) {
      throw limitExceeded(limits, "manifestBytes", { ...place, found: size });
    }
    return await readSlice(slice);
  } catch (error) {
    throw accessError(place, error);
  } finally {
    await slice.handle.close();
  }
}

async function checkVersion(files: LayoutFiles, place: Place, context: Context): Promise<void> {
  const name = "oci-layout";
  const bytes = await readSmall(files, name, place, context);
  if (bytes === undefined) {
    const isOld = (await existsIn(files, "manifest.json")) ? NOT_OCI : undefined;
    throw damaged(place, `is none: it has no file ${name}`, isOld);
  }
  const version = readOr(place, name, () =>
    optionalString(parseJsonObject(bytes), "imageLayoutVersion", name),
  );
  if (version === VERSION) return;
  throw damaged(place, `has the version ${JSON.stringify(version ?? null)}, and not ${VERSION}`);
}

const NOT_OCI =
  "it looks like the archive of an older `docker save`: make a layout of it, with `skopeo copy docker-archive:… oci:…`";

async function existsIn({ open }: LayoutFiles, name: string): Promise<boolean> {
  const slice = await open(name);
  await slice?.handle.close();
  return slice !== undefined;
}

async function entriesOf(
  files: LayoutFiles,
  place: Place,
  context: Context,
): Promise<readonly Descriptor[]> {
  const name = "index.json";
  const bytes = await readSmall(files, name, place, context);
  if (bytes === undefined) throw damaged(place, `has no ${name}`);
  const index = readOr(place, name, () =>
    parseManifest(bytes, undefined, place.subject, context.limits),
  );
  if (index.kind === "index") return index.manifests;
  throw damaged(place, `has an ${name} that is no index`);
}

/** What is wrong with a file of the layout is wrong with the layout. */
function readOr<T>(place: Place, name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonProblem)
      throw damaged(place, `has a broken ${name}: ${error.message}`);
    if (!(error instanceof OciError) || error.code !== "UNSUPPORTED_MANIFEST") throw error;
    throw damaged(place, `has a broken ${name}: ${error.fact}`);
  }
}
