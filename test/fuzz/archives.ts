/**
 * Archives of every format that are changed at random, on the inside, on the outside or both, with the
 * digests of what came of it, so that the change gets to whoever reads them: each becomes a tree or an
 * error.
 */
import { globalHeader, gzip, tar } from "../support/archives";
import { zip, zipLink } from "../support/zips";
import { skippable, zstdFrame } from "../support/zstd";
import type { Grammar } from "./grammar";
import { mutated, mutatedFields, withChecksums } from "./mutations";
import { several, type Random } from "./random";
import { unpackIn } from "./trees";

const LONG = `${"directory-".repeat(15)}/${"name-".repeat(30)}.txt`;

const TARS: readonly Buffer[] = [
  tar([
    { path: "./", type: "directory" },
    { path: "dir/", type: "directory", mode: 0o2755 },
    { path: "dir/file", content: "F".repeat(700) },
    { path: "dir/up", type: "symlink", link: "../dir/file" },
    { path: "dir/deep/down", type: "symlink", link: "../.." },
    { path: "dir/hard", type: "hardlink", link: "dir/file" },
    { path: "empty" },
  ]),
  tar([
    globalHeader({ comment: "0123abcd" }),
    { path: LONG, content: "L" },
    { path: LONG.replace("d", "e"), content: "G", long: "gnu" },
    { path: "größe", content: "12345", pax: { size: "5", mtime: "1.5", path: "größe" } },
    { path: "link", type: "symlink", link: LONG, long: "gnu" },
    { path: "a", rawPax: Buffer.from("27 SCHILY.xattr.user.a=\xff\n", "latin1") },
  ]),
  tar([
    { path: "f", header: { prefix: "some/where" }, content: "x".repeat(513) },
    { path: ".wh.f" },
    { path: "some/.wh..wh..opq" },
    { path: "some/where/f", content: "twice" },
  ]),
];

const ZIPS: readonly Buffer[] = [
  zip([
    { path: "dir/", mode: 0o040755 },
    { path: "dir/file", content: "F".repeat(700) },
    { path: "stored", content: "S".repeat(50), isStored: true },
    zipLink("link", "dir/file"),
  ]),
  zip(
    [
      { path: "later", content: "sizes follow", hasDescriptor: true },
      { path: "large", content: "x".repeat(3000), isZip64: true },
    ],
    { isZip64: true, comment: "made by hand" },
  ),
];

/** An archive in which something is not as it was, on the inside, on the outside, or both. */
function archive(random: Random): Buffer {
  const donors = [...TARS, ...ZIPS];
  if (random.oneIn(3)) return mutated(random.pick(ZIPS), random, donors);
  const whole = random.pick(TARS);
  const inner = random.oneIn(2) ? mutatedFields(whole, random) : mutated(whole, random, donors);
  const tarred = random.oneIn(4) ? inner : withChecksums(inner);
  const at = random.below(tarred.length + 1);
  const packed = random.pick([
    () => tarred,
    () => gzip(tarred),
    () => gzip(tarred.subarray(0, at), tarred.subarray(at)),
    () => zstdFrame(tarred, { blockBytes: 1 + random.below(2000) }),
    () =>
      Buffer.concat([
        zstdFrame(tarred.subarray(0, at)),
        skippable("between"),
        zstdFrame(tarred.subarray(at), { declaredBytes: undefined }),
      ]),
  ])();
  return random.oneIn(4) ? mutated(packed, random, donors) : packed;
}

export const archives: Grammar = {
  name: "archives",
  share: 1_000,
  reaches: ["done", "BAD_ARCHIVE", "UNSAFE_ARCHIVE"],
  async round({ random, folder }) {
    const layers = several(random, 1, 2, () => archive(random)).map((bytes, index) => ({
      bytes,
      form: random.oneIn(4)
        ? ({ kind: "detect", name: `blob-${index}` } as const)
        : ({ kind: "archive", directory: random.oneIn(4) ? "dir" : "" } as const),
    }));
    const unpacked = await unpackIn(folder, layers, random.oneIn(3));
    return "code" in unpacked ? unpacked.code : "done";
  },
};
