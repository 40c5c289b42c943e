/**
 * The files of a layout that is a folder. Opens what the format names and nothing else: regular files,
 * reached through no link, so that no layout leads anywhere outside of its folder.
 */
import { constants } from "node:fs";
import { open, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../errors";
import { accessError, damaged, emptyError, type Place } from "./problems";
import type { Slice } from "./slice";

/** Where the files of a layout come from. */
export interface LayoutFiles {
  /**
   * A file of the layout, for the caller to close; undefined where there is none.
   *
   * @param name - `oci-layout`, `index.json`, or `blobs/<algorithm>/<hex>` of a valid digest.
   * @throws OciError LAYOUT where it is no regular file.
   */
  readonly open: (name: string) => Promise<Slice | undefined>;
}

/** A pipe in the place of a file would be waited for without end. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The folder's files. @throws OciError UNREACHABLE where it is empty. */
export async function folderFiles(folder: string, place: Place): Promise<LayoutFiles> {
  const root = await realpath(folder);
  if ((await readdir(root)).length === 0) throw emptyError(place);
  return {
    async open(name) {
      const file = join(root, name);
      try {
        if ((await realpath(file)) !== file) throw damaged(place, `has a link at ${name}`);
        const handle = await open(file, FLAGS);
        const found = await handle.stat();
        if (found.isFile()) return { handle, start: 0, size: found.size };
        await handle.close();
        throw damaged(place, `has at ${name} what is no file`);
      } catch (error) {
        const code = systemCode(error);
        if (code === "ENOENT") return undefined;
        if (code === "ELOOP") throw damaged(place, `has a link at ${name}`);
        if (code === "ENOTDIR") throw damaged(place, `has a file above ${name}`);
        throw accessError(place, error);
      }
    },
  };
}
