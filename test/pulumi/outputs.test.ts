/** Outputs of a pull and the line about what moved: facts of the digest, safe to store and to show. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { movedMessage } from "../../provider/pulumi/moved";
import {
  changedFiles,
  FILES_SHOWN,
  filesOf,
  OUTPUTS,
  outputsOf,
} from "../../provider/pulumi/outputs";
import type { Pulled } from "../../provider/pull";
import type { ImageManifest, Reference, TreeEntry } from "../../provider/types";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;
const REFERENCE: Reference = { registry: "host:5000", repository: "team/app", tag: "1" };

function file(path: string, letter = "a"): TreeEntry {
  return { path, type: "file", mode: 0o644, size: 3, sha256: letter.repeat(64) };
}

function pulledOf(entries: readonly TreeEntry[], manifest: Partial<ImageManifest> = {}): Pulled {
  return {
    reference: REFERENCE,
    digest: DIGEST,
    manifestDigest: DIGEST,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    manifest: { kind: "manifest", mediaType: "x", layers: [], annotations: {}, ...manifest },
    signers: [],
    key: { name: "app-aaaaaaaaaaaaaaaa", key: DIGEST },
    path: ".oci-artifacts/app-aaaaaaaaaaaaaaaa",
    tree: {
      directory: "/somewhere/of/this/machine/.oci-artifacts/app-aaaaaaaaaaaaaaaa",
      name: "app-aaaaaaaaaaaaaaaa",
      entries,
      contentDigest: DIGEST,
      fileCount: entries.filter(({ type }) => type !== "directory").length,
      size: 3 * entries.length,
    },
    servedBy: {
      role: "mirror",
      host: "mirror.corp.example",
      registry: "mirror.corp.example",
      repository: "team/app",
      plainHttp: false,
      tls: { skipVerify: false, certificateAuthorities: [] },
    },
  };
}

describe("outputs", () => {
  test("in full", () => {
    const entries: readonly TreeEntry[] = [
      { path: "dir", type: "directory", mode: 0o755, size: 0 },
      file("dir/a.txt"),
      { path: "link", type: "symlink", mode: 0o777, size: 0, target: "dir/a.txt" },
    ];
    const annotations = { "org.opencontainers.image.revision": "abc" };
    const pulled = pulledOf(entries, { artifactType: "a/b", annotations });
    const outputs = outputsOf(REFERENCE, {
      ...pulled,
      chosen: { tag: "1", version: "1+build" },
      subjectDigest: OTHER,
      chart: { name: "web", version: "1.2.3+b", appVersion: "v7" },
      signers: ["key sha256:00"],
    });
    assert.deepEqual(outputs, {
      digest: DIGEST,
      manifestDigest: DIGEST,
      path: ".oci-artifacts/app-aaaaaaaaaaaaaaaa",
      pinned: `host:5000/team/app@${DIGEST}`,
      tag: "1",
      version: "1+build",
      subjectDigest: OTHER,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      artifactType: "a/b",
      annotations,
      chart: { name: "web", version: "1.2.3+b", appVersion: "v7" },
      contentDigest: DIGEST,
      fileCount: 2,
      size: 9,
      files: { "./dir/a.txt": "aaaaaaaaaaaa", "./link": "-> dir/a.txt" },
      signers: ["key sha256:00"],
    });
    const ofPulls = Object.keys(OUTPUTS).filter((name) => name !== "placedAt");
    assert.deepEqual(Object.keys(outputs).sort(), ofPulls.sort());
  });

  test("name no machine and no mirror", () => {
    const text = JSON.stringify(outputsOf(REFERENCE, pulledOf([file("a")])));
    assert.doesNotMatch(text, /this\/machine|corp\.example/);
  });

  test("tag: the written one, latest, or none beside a digest", () => {
    const tagOf = (reference: Reference): string | undefined =>
      outputsOf(reference, pulledOf([])).tag;
    const bare: Reference = { registry: REFERENCE.registry, repository: REFERENCE.repository };
    assert.equal(tagOf(bare), "latest");
    assert.equal("tag" in outputsOf({ ...bare, digest: DIGEST }, pulledOf([])), false);
    assert.equal(tagOf({ ...REFERENCE, digest: DIGEST }), "1");
  });

  test(`files are listed up to ${FILES_SHOWN}, and absent above`, () => {
    const many = Array.from({ length: FILES_SHOWN }, (_, index) => file(`f${index}`));
    const most = outputsOf(REFERENCE, pulledOf(many));
    assert.equal(Object.keys(most.files ?? {}).length, FILES_SHOWN);
    assert.equal("files" in outputsOf(REFERENCE, pulledOf([...many, file("one-more")])), false);
  });

  test("strings of the registry pass the gate", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    const manifest = {
      artifactType: unknown,
      annotations: { "4dabf18193072939515e22adb298388d": "x", a: unknown, b: "\u001b[0m" },
    };
    const outputs = outputsOf(REFERENCE, pulledOf([file("x\u001b")], manifest));
    assert.equal(outputs.artifactType, `"${unknown}"`);
    assert.deepEqual(outputs.annotations, { a: `"${unknown}"`, b: "\ufffd[0m" });
    assert.deepEqual(Object.keys(outputs.files ?? {}), ["./x\ufffd"]);
  });
});

test("changed files: added, removed and changed ones, by name", () => {
  const before = { "./a": "1", "./b": "1", "./c": "1" };
  const after = { "./d": "1", "./c": "2", "./a": "1" };
  assert.deepEqual(changedFiles(before, after), ["- ./b", "~ ./c", "+ ./d"]);
  assert.deepEqual(changedFiles(before, before), []);
});

describe("the line about what moved", () => {
  const move = {
    reference: { registry: "a.example", repository: "app", tag: "1" },
    isSameReference: true,
    before: { digest: "sha256:a", tag: undefined },
    after: { digest: "sha256:b", tag: undefined },
  };
  const head = "a.example/app:1 moved: sha256:a => sha256:b";
  const newFiles = [file("a.txt", "b"), file("new.txt")];

  test("from the old tree's entries or from the old output: the same", () => {
    const old = [file("a.txt"), file("gone.txt")];
    const text = `${head}; files: ~ ./a.txt, - ./gone.txt, + ./new.txt`;
    assert.equal(movedMessage({ ...move, oldFiles: old, newFiles }), text);
    assert.equal(movedMessage({ ...move, oldFiles: filesOf(old), newFiles }), text);
  });

  test("where the old files are not known: the digests alone", () => {
    for (const oldFiles of [undefined, null, "x"]) {
      assert.equal(movedMessage({ ...move, oldFiles, newFiles }), head);
    }
  });

  test("the same files under another digest", () => {
    assert.equal(
      movedMessage({ ...move, oldFiles: newFiles, newFiles }),
      `${head}; no file differs`,
    );
  });

  test("of another reference: no tag has moved", () => {
    assert.equal(
      movedMessage({ ...move, isSameReference: false, oldFiles: undefined, newFiles }),
      "a.example/app:1 is another digest: sha256:a => sha256:b",
    );
  });

  test("of a range: from tag to tag, where both are known and differ", () => {
    const said = (before: string | undefined, after: string | undefined): string =>
      movedMessage({
        ...move,
        before: { ...move.before, tag: before },
        after: { ...move.after, tag: after },
        oldFiles: undefined,
        newFiles,
      });
    assert.equal(said("v1", "1.3.0"), "a.example/app moved: v1 => 1.3.0, sha256:a => sha256:b");
    assert.equal(said("1", "1"), head);
    assert.equal(said(undefined, "1"), head);
  });

  test("many files: twenty names and a number", () => {
    const many = Array.from({ length: 25 }, (_, index) => file(`f${index}`));
    const text = movedMessage({ ...move, oldFiles: [], newFiles: many });
    assert.equal(text.split(", + ").length, 20);
    assert.match(text, /, and 5 more$/);
  });
});
