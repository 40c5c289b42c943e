/** The forms of a reference, and what each error says: the part that is wrong, and what to write. */
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

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`;
const LONG_DIGEST = `sha512:${"0123456789abcdef".repeat(8)}`;

function refusal(text: string): OciError {
  try {
    parseReference(text);
  } catch (error) {
    assert.ok(error instanceof OciError);
    assert.equal(error.code, "INVALID_REFERENCE");
    return error;
  }
  return assert.fail(`"${text}" was accepted`);
}

describe("parseReference", () => {
  const forms: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["busybox", { registry: "docker.io", repository: "library/busybox" }],
    ["index.docker.io/busybox", { registry: "docker.io", repository: "library/busybox" }],
    ["index.docker.io/a/b", { registry: "docker.io", repository: "a/b" }],
    ["registry-1.docker.io/a", { registry: "registry-1.docker.io", repository: "a" }],
    ["docker.io:443/a", { registry: "docker.io:443", repository: "a" }],
    ["localhost/a/b:1", { registry: "localhost", repository: "a/b", tag: "1" }],
    ["[::1]:5000/x:1", { registry: "[::1]:5000", repository: "x", tag: "1" }],
    [`a.b/c:1@${DIGEST}`, { registry: "a.b", repository: "c", tag: "1", digest: DIGEST }],
    [`a.b/c@${LONG_DIGEST}`, { registry: "a.b", repository: "c", digest: LONG_DIGEST }],
    [`a.b/c:${"t".repeat(128)}`, { registry: "a.b", repository: "c", tag: "t".repeat(128) }],
    [`a.b/${"r".repeat(255)}`, { registry: "a.b", repository: "r".repeat(255) }],
    ["a.b/c__d--e.f:_1", { registry: "a.b", repository: "c__d--e.f", tag: "_1" }],
  ];
  for (const [text, parts] of forms) {
    test(text, () => {
      const reference = parseReference(text);
      assert.deepEqual(reference, parts);
      assert.ok(Object.isFrozen(reference));
    });
  }
});

describe("parseReference of oci://", () => {
  const base = { registry: "ghcr.io", repository: "org/modules" };
  const forms: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["oci://ghcr.io/org/modules", base],
    ["oci://ghcr.io/org/modules:1.0", { ...base, tag: "1.0" }],
    [`oci://ghcr.io/org/modules:1.0@${DIGEST}`, { ...base, tag: "1.0", digest: DIGEST }],
    ["oci://ghcr.io/org/modules?tag=1.0", { ...base, tag: "1.0" }],
    [`oci://ghcr.io/org/modules?digest=${DIGEST}`, { ...base, digest: DIGEST }],
    [`oci://ghcr.io/org/modules?digest=${DIGEST.replace(":", "%3A")}`, { ...base, digest: DIGEST }],
    [`oci://ghcr.io/org/modules:1?digest=${DIGEST}`, { ...base, tag: "1", digest: DIGEST }],
    ["oci://ghcr.io/org/modules//sub/dir", { ...base, subPath: "sub/dir" }],
    ["oci://ghcr.io/org/modules//a..b/@c/d?tag=1", { ...base, tag: "1", subPath: "a..b/@c/d" }],
    [`oci://ghcr.io/org/modules@${DIGEST}//a`, { ...base, digest: DIGEST, subPath: "a" }],
    ["oci://docker.io/busybox", { registry: "docker.io", repository: "library/busybox" }],
    ["oci://registry/name", { registry: "registry", repository: "name" }],
    ["oci://[::1]:5000/name", { registry: "[::1]:5000", repository: "name" }],
  ];
  for (const [text, parts] of forms) {
    test(text, () => {
      assert.deepEqual(parseReference(text), parts);
    });
  }

  const errors: readonly (readonly [string, RegExp])[] = [
    ["oci://", /repository after the host "" is missing|host "" has/],
    ["oci://ghcr.io", /the repository after the host "ghcr.io" is missing/],
    ["oci://ghcr.io/a?tag=1&archive=zip", /query parameter "archive" is unknown/],
    ["oci://ghcr.io/a?tag=", /query parameter "tag" is empty/],
    ["oci://ghcr.io/a?tag=1&tag=2", /query parameter "tag" is given twice/],
    ["oci://ghcr.io/a:1?tag=1", /the tag is given twice, by ":1" and by the query/],
    [`oci://ghcr.io/a@${DIGEST}?digest=${DIGEST}`, /the digest is given twice/],
    ["oci://ghcr.io/a?tag=1+2", /tag "1\+2" contains "\+"/],
    ["oci://ghcr.io/a?digest=sha256:12", /digest "sha256:12" is wrong/],
    ["oci://ghcr.io/a//", /the path behind "\/\/" is empty/],
    ["oci://ghcr.io/a//b/../c", /path "b\/\.\.\/c" has the component "\.\."/],
    ["oci://ghcr.io/a//./b", /has the component "\."/],
    ["oci://ghcr.io/a///b", /path "\/b" has an empty component/],
    ["oci://ghcr.io/a//b/", /path "b\/" has an empty component/],
    ["oci://ghcr.io/a//b\\c", /holds a backslash/],
    [`oci://ghcr.io/a//b@${DIGEST}`, /holds a digest/],
    ["oci://ghcr.io/A/b", /repository component "A" has upper-case letters/],
  ];
  for (const [text, fact] of errors) {
    test(`refuses ${text}`, () => {
      assert.match(refusal(text).fact, fact);
    });
  }
});

describe("parseReference says what is wrong, and what to write instead", () => {
  const errors: readonly (readonly [string, RegExp, RegExp])[] = [
    ["", /^it is empty$/, /host\[:port\]\/repository/],
    ["oci://a.b/c??tag=1", /query parameter "\?tag" is unknown/, /takes tag=… and digest=…/],
    [" a.b/c", /white space around/, /^write "a\.b\/c"$/],
    ["a.b/c d", /white space in it/, /ghcr\.io/],
    ["https://a.b/c:1", /begins with "https:\/\/"/, /^write "a\.b\/c:1"$/],
    ["http://a.b/c", /begins with "http:\/\/"/, /option plainHttp$/],
    ["docker://a.b/c", /begins with "docker:\/\/"/, /^write "a\.b\/c"$/],
    ["a.b/", /the repository after the host "a\.b" is missing/, /host\[:port\]/],
    ["a.b/c/", /ends with a slash/, /host\[:port\]/],
    ["/c", /the host before the first slash is missing/, /host\[:port\]/],
    ["a.b/c//d", /belongs to references that begin with oci/, /^write "oci:\/\/a\.b\/c\/\/d"/],
    ["a.b/c?tag=1", /the query "\?tag=1"/, /^write "oci:\/\/a\.b\/c\?tag=1"/],
    ["a.b/Team/c", /component "Team" has upper-case/, /^write "team"/],
    ["a.b/c:", /the tag after ":" is empty/, /host\[:port\]/],
    ["a.b/c:-1", /tag "-1" begins with "-"/, /begin the tag/],
    ["a.b/c:1+2", /tag "1\+2" contains "\+"/, /^write "1_2"/],
    [`a.b/c:${"t".repeat(129)}`, /the tag has 129 characters/, /shorter/],
    [`a.b/${"r".repeat(256)}`, /the repository has 256 characters/, /shorter/],
    ["a.b/c@", /digest "" is wrong/, /copy the digest/],
    [`a.b/c@${DIGEST}:1`, /is wrong: a sha256 digest has 64/, /tag before the digest/],
    [`a.b/c@sha384:${"0".repeat(96)}`, /"sha384" is not supported/, /copy the digest/],
    ["a.b:/c", /the port after "a\.b:" is empty/, /a\.b:5000/],
    ["a.b:x/c", /port "x" is not a number/, /a\.b:5000/],
    ["::1/c", /IPv6 address without brackets/, /^write \[::1\]$/],
    ["[fe80::1%eth0]/c", /with a zone/, /\[::1\]:5000/],
    ["[::1/c", /not an IPv6 address in brackets/, /\[::1\]/],
    ["a..b/c", /host "a\.\.b" has a part that is empty/, /letters, digits/],
    ["a_b.c/d", /host "a_b\.c" contains "_"/, /letters, digits/],
    ["a.b/c/.d", /component "\.d" begins or ends with a separator/, /begin and end/],
    ["a.b/c..d", /row of separators/, /"__"/],
    ["a.b/c!d", /component "c!d" contains "!"/, /host\[:port\]/],
    ["0123456789abcdef".repeat(4), /64 hex digits are an identifier/, /@sha256:/],
  ];
  for (const [text, fact, hint] of errors) {
    test(text === "" ? "the empty text" : text, () => {
      const error = refusal(text);
      assert.match(error.fact, fact);
      assert.match(error.hint ?? "", hint);
      assert.ok(error.message.startsWith(`cannot use the reference "${text}": `));
    });
  }

  // Read once from each of their characters, or of each two, they would take minutes and years.
  test("a host of colons and a path of slashes are refused before anybody misses them", () => {
    assert.match(refusal(`${":".repeat(60_000)}g/a`).fact, /^host "" has a part that is empty/);
    assert.match(refusal(`oci-layout://a${"/".repeat(300_000)}b`).fact, /the path holds "\/\/"/);
  });

  // The reference implementation reads this as a path without any host, which nobody can pull:
  // its grammar knows no "_" in a host, and then takes the host for the path's first component.
  test("a host with an underscore is refused, never taken for a repository", () => {
    assert.equal(refusal("my_registry.example.com/image").hint?.includes("host"), true);
  });

  for (const text of [
    "oci://me:hunter22@a.b/c",
    "me:hunter22@a.b/c:1",
    "https://me:hunter22@a.b/c",
    "me:hunter/22@a.b/c",
  ]) {
    test(`no error shows the password of ${text}`, () => {
      const error = refusal(text);
      assert.doesNotMatch(error.message, /hunter|22/);
      assert.match(error.hint ?? "", /credentials/);
    });
  }
});

describe("references are written", () => {
  test("in full, and read back as the same", () => {
    for (const text of [
      `a.b/c:1@${DIGEST}`,
      "docker.io/library/busybox",
      "oci://registry/name:1",
    ]) {
      assert.equal(formatReference(parseReference(text)), text);
    }
    assert.equal(formatReference(parseReference("oci://a.b/c//sub?tag=1")), "a.b/c:1");
  });

  test("in Docker's short form", () => {
    assert.equal(familiarName(parseReference("docker.io/library/a/b:1")), "library/a/b:1");
    assert.equal(familiarName(parseReference("docker.io/library/a:1")), "a:1");
    assert.equal(familiarName(parseReference("a.b/library/c")), "a.b/library/c");
  });

  test("pinned to a digest", () => {
    assert.equal(pinnedReference(parseReference("a.b/c:1"), DIGEST), `a.b/c@${DIGEST}`);
  });

  test("effectiveTag is the tag, else latest, and none beside a digest", () => {
    assert.equal(effectiveTag(parseReference("a.b/c:1")), "1");
    assert.equal(effectiveTag(parseReference("a.b/c")), "latest");
    assert.equal(effectiveTag(parseReference(`a.b/c@${DIGEST}`)), undefined);
    assert.equal(effectiveTag(parseReference(`a.b/c:1@${DIGEST}`)), "1");
  });

  test("lastSegment is the last component of the repository", () => {
    assert.equal(lastSegment(parseReference("ghcr.io/team/manifests:1")), "manifests");
    assert.equal(lastSegment(parseReference("busybox")), "busybox");
  });
});
