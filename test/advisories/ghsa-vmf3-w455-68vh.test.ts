/**
 * GHSA-vmf3-w455-68vh: the size in a pax header was taken for that of the GNU long name behind it, so
 * that one reader saw files where another saw content. It is the size of the file.
 */
import { test } from "node:test";
import { paxRecords, type TarMember } from "../support/archives";
import { assertFailed, assertPulled, pullLayers } from "../support/pulling";

const NAME = "n".repeat(120);

const members = (size: string, content: string): readonly TarMember[] => [
  { path: "pax", type: "x", content: paxRecords({ size }) },
  { path: "././@LongLink", type: "L", content: `${NAME}\0` },
  { path: "short", content },
  { path: "next", content: "N" },
];

test("a pax size that would swallow the header behind the long name", async (t) => {
  const content = "x".repeat(1_024);
  assertPulled(await pullLayers(t, members("1024", content)), { [NAME]: content, next: "N" });
});

test("a pax size of 0 that would take the long name away", async (t) => {
  const content = "x".repeat(512);
  assertFailed(
    await pullLayers(t, members("0", content)),
    "BAD_ARCHIVE",
    /a header has a wrong checksum/,
  );
});
