/**
 * Layers of container images that reach through links, or hide what is not theirs to hide: each is
 * refused by name. What whiteouts do where they are honest is in test/unpack.
 */
import { describe } from "node:test";
import { gzip, tar, type TarMember } from "../support/archives";
import { MEDIA_TYPES, type LayerContent } from "../support/artifacts";
import { refuses, symlink } from "./hostile";

describe("in an image", () => {
  const image = (...members: readonly TarMember[]): LayerContent => ({
    bytes: gzip(tar(members)),
    mediaType: MEDIA_TYPES.tarGzip,
  });
  const config = { bytes: "{}", mediaType: MEDIA_TYPES.imageConfig };
  refuses(
    {
      "a whiteout through a link": [
        "UNSAFE_ARCHIVE",
        /through the symlink "link"/,
        image(symlink("link", "."), { path: "f" }),
        image({ path: "link/.wh.f" }),
      ],
      "a whiteout of what is above": [
        "UNSAFE_ARCHIVE",
        /whiteout of no name/,
        image({ path: "d/f" }),
        image({ path: "d/.wh..." }),
      ],
      "a whiteout device, as overlayfs has it": [
        "UNSAFE_ARCHIVE",
        /device/,
        image({ path: "f" }),
        image({ path: "f", type: "character-device" }),
      ],
      "a file through a link of a lower layer": [
        "UNSAFE_ARCHIVE",
        /through the symlink "link"/,
        image(symlink("link", "../canary")),
        image({ path: "link/song", content: "dead" }),
      ],
    },
    {},
    config,
  );
});
