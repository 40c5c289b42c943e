/** References to image layouts: how they are taken apart, written again, and refused. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import {
  effectiveTag,
  familiarName,
  formatReference,
  lastSegment,
  pinnedReference,
} from "../../provider/reference/format";
import { parseReference } from "../../provider/reference/parse";
import { isShortName } from "../../provider/settings/registries-conf/is-short-name";

const DIGEST = `sha256:${"a".repeat(64)}`;

/** Text; path, tag, digest; and what it is written as, where that differs. */
const GOOD: readonly (readonly [
  text: string,
  layout: string,
  tag?: string | undefined,
  digest?: string | undefined,
  written?: string,
])[] = [
  ["oci-layout://bundle", "bundle"],
  ["oci-layout://bundle:1.0", "bundle", "1.0"],
  ["oci-layout://./bundle:1.0", "./bundle", "1.0"],
  ["oci-layout://../media/bundle.tar:v1", "../media/bundle.tar", "v1"],
  ["oci-layout:///srv/bundle:1.0", "/srv/bundle", "1.0"],
  [`oci-layout:///srv/bundle@${DIGEST}`, "/srv/bundle", undefined, DIGEST],
  [`oci-layout:///srv/bundle:1.0@${DIGEST}`, "/srv/bundle", "1.0", DIGEST],
  ["oci-layout://a:b/c@d/bundle:1", "a:b/c@d/bundle", "1"],
  ["oci-layout://C:/media/bundle:1", "C:/media/bundle", "1"],
  ["oci-layout://My Media/Bundle:1", "My Media/Bundle", "1"],
  ["oci-layout://.", "."],
  ["oci-layout:///", "/"],
  ["oci-layout://bundle/", "bundle", undefined, undefined, "oci-layout://bundle"],
  ["oci-layout:///srv/bundle/:1", "/srv/bundle", "1", undefined, "oci-layout:///srv/bundle:1"],
];

describe("what a reference to a layout says", () => {
  for (const [text, layout, tag, digest, written = text] of GOOD) {
    test(text, () => {
      const reference = parseReference(text);
      assert.deepEqual(
        { ...reference },
        {
          registry: "oci-layout",
          repository: layout,
          layout,
          ...(tag === undefined ? {} : { tag }),
          ...(digest === undefined ? {} : { digest }),
        },
      );
      assert.equal(formatReference(reference), written);
      assert.equal(familiarName(reference), written);
      assert.deepEqual(parseReference(written), reference);
      const pinned = pinnedReference(reference, DIGEST);
      assert.equal(pinned, `oci-layout://${layout}@${DIGEST}`);
      assert.equal(parseReference(pinned).layout, layout);
      assert.equal(effectiveTag(reference), tag, "none is made up");
      assert.equal(isShortName(text), false);
    });
  }
});

describe("what content from there is called", () => {
  for (const [path, name] of [
    ["/srv/bundle", "bundle"],
    ["/srv/Big Bundle.tar", "big-bundle"],
    ["..", "layout"],
    ["/", "layout"],
    ["./.hidden", "hidden"],
    ["a/\u202e\u00fc", "layout"],
  ] as const) {
    test(path, () => {
      assert.equal(lastSegment(parseReference(`oci-layout://${path}`)), name);
    });
  }
});

describe("what is refused", () => {
  for (const [text, words] of [
    ["oci-layout://", /the path is missing/],
    ["oci-layout://:1", /the path is missing/],
    ["oci-layout://~/bundle:1", /only a shell replaces/],
    ["oci-layout://bundle?tag=1", /not read as a query.*\nhint: write the tag behind ":"/],
    ["oci-layout://bundle//charts", /holds "\/\/"\nhint: .*the input subPath/],
    ["oci-layout://a:b:c", /could be read as a tag/],
    ["oci-layout://a@b/:1", /could be read as a digest/],
    ["oci-layout://C:\\media\\b:1", /written with "\\"\nhint: write "\/" in it: C:\/media\/b/],
    ["oci-layout:a/b:1", /begins with "oci-layout:"\nhint: write "oci-layout:\/\/a\/b:1"/],
    ["OCI-Layout://b:1", /begins with "OCI-Layout:\/\/"\nhint: write "oci-layout:\/\/b:1"/],
    ["oci-layout://bundle:a b", /tag "a b" contains " "/],
    ["oci-layout://bundle:", /the tag after ":" is empty/],
    ["oci-layout://bundle@1.0", /digest "1.0" is wrong/],
    [`oci-layout://bundle@${DIGEST}:1`, /is wrong/],
    ["oci-layout://bundle ", /white space around it/],
    ["oci-layout://bun\ndle", /control character/],
    ["oci://oci-layout/team/app", /"oci-layout" is no host.*\nhint: write oci-layout:\/\/path/],
  ] as const) {
    test(JSON.stringify(text), () => {
      const isRefused = (error: unknown): boolean =>
        error instanceof OciError &&
        error.code === "INVALID_REFERENCE" &&
        words.test(error.message);
      assert.throws(() => parseReference(text), isRefused);
    });
  }

  test("a repository of Docker Hub may be called so", () => {
    assert.equal(parseReference("oci-layout/app").registry, "docker.io");
  });
});
