/**
 * Zip archives over the whole road whose small contents, which are inflated as members of one gzip, are
 * what was declared only together: each is refused as it would be alone.
 */
import { describe } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { zip, type ZipMember } from "../support/zips";
import { refuses } from "./hostile";

const text = "some content that deflates, some content that deflates";
const deflated = deflateRawSync(text);
const a: ZipMember = { path: "a", content: text };
const b: ZipMember = { path: "b", content: text };

const GZIP_HEADER = Buffer.from("1f8b08000000000000ff", "hex");

/** Deflated, of nothing. */
const NOTHING = Buffer.from("0300", "hex");

/** Deflated, of the 18 bytes that come next, and what comes behind them. */
const ENDLESS = Buffer.from("001200edff", "hex");

/** What a gzip has behind a content. */
function trailer(content: string): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc32(content));
  bytes.writeUInt32LE(content.length, 4);
  return bytes;
}

/** Two, of which the second is right where the first goes on in it. */
function goingOn(first: string): Buffer {
  const second = Buffer.concat([trailer(first), GZIP_HEADER, Buffer.from(text)]);
  return zip([
    { ...a, content: first, data: ENDLESS },
    { ...b, content: second, data: deflated },
  ]);
}

describe("contents beside each other with", () => {
  const inFront = Buffer.concat([NOTHING, trailer(""), GZIP_HEADER, deflated]);
  const zerosBehind = Buffer.concat([deflated, trailer(text), Buffer.alloc(3)]);
  const { length } = text;
  refuses({
    "a wrong checksum": ["BAD_ARCHIVE", /entry "b" .*checksum/, zip([a, { ...b, crc: 1 }])],
    "sizes that are right in sum": [
      "BAD_ARCHIVE",
      /entry "a" .*another size/,
      zip([
        { ...a, bytes: length - 1 },
        { ...b, bytes: length + 1 },
      ]),
    ],
    "a member of a gzip in front": [
      "BAD_ARCHIVE",
      /entry "a" .*another size/,
      zip([{ ...a, data: inFront }, b]),
    ],
    "zeros behind the last": [
      "BAD_ARCHIVE",
      /entry "b" .*another size/,
      zip([a, { ...b, data: zerosBehind }]),
    ],
    "an empty one that goes on in the next": [
      "BAD_ARCHIVE",
      /entry "a" .*no whole deflate/,
      goingOn(""),
    ],
    "one that goes on in the next": ["BAD_ARCHIVE", /entry "a" .*no whole deflate/, goingOn("x")],
  });
});
