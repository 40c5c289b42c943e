/**
 * The files of a layout that is a tar. What lies where is found out once, and again only where the tar
 * has changed; files are then read from their place in it.
 */
import { constants, type BigIntStats } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Context } from "../context";
import type { LayoutFiles } from "./folder";
import { accessError, damaged, type Place } from "./problems";
import { fill } from "./slice";
import { indexTar, type Extent } from "./tar-index";

/** A pipe in its place would be waited for without end. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** What a tar held when it was looked at. */
interface Known {
  readonly facts: string;
  readonly extents: ReadonlyMap<string, Extent>;
}

/** First bytes of what a tar may be packed into, and the program that unpacks it. */
const COMPRESSIONS = [
  ["gzip", "1f8b", "gunzip"],
  ["zstd", "28b52ffd", "unzstd"],
  ["xz", "fd377a585a00", "unxz"],
  ["bzip2", "425a68", "bunzip2"],
] as const;

/** Opens the files of tars; remembers by path what lies where. */
export function createTarFiles(): (
  file: string,
  place: Place,
  context: Pick<Context, "limits" | "signal">,
) => LayoutFiles {
  const known = new Map<string, Known>();
  return (file, place, { limits, signal }) => ({
    async open(name) {
      const handle = await open(file, FLAGS).catch((error: unknown) => {
        throw accessError(place, error);
      });
      try {
        const found = await handle.stat({ bigint: true });
        const facts = factsOf(found);
        let { extents } = knownAs(facts, known.get(file)) ?? {};
        if (extents === undefined) {
          await refuseCompressed(handle, place);
          extents = await indexTar({ handle, size: Number(found.size), limits, signal }, place);
          known.set(file, { facts, extents });
        }
        const extent = extents.get(name);
        if (extent !== undefined) return { handle, ...extent };
      } catch (error) {
        await handle.close();
        throw accessError(place, error);
      }
      await handle.close();
      return undefined;
    },
  });
}

function knownAs(facts: string, known: Known | undefined): Known | undefined {
  return known?.facts === facts ? known : undefined;
}

function factsOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** In a compressed tar nothing can be read from its place. */
async function refuseCompressed(handle: FileHandle, place: Place): Promise<void> {
  const start = Buffer.alloc(6);
  const bytes = start.subarray(0, await fill(handle, start, 0)).toString("hex");
  const found = COMPRESSIONS.find(([, magic]) => bytes.startsWith(magic));
  if (found === undefined) return;
  const [name, , program] = found;
  throw damaged(place, `is a tar compressed with ${name}`, `unpack it once: ${program} <file>`);
}
