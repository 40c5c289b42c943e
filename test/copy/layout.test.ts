/**
 * `copy` into image layouts and out of them: what lies on the disk, and that it is as good as a
 * registry for the next copy and for a pull.
 */
import * as assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { copyInputs } from "../../provider/pulumi/copy-artifact";
import { inspectInputs, pullInputs } from "../../provider/pulumi/session";
import { draftPath } from "../../provider/store/draft-name";
import { artifactOf, layoutIn, REF_NAME } from "../support/layouts";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { programsFor } from "../support/session-for-test";
import { blobsOf, company, type Company, serveCompany, tagOf } from "./company";

const PROGRAMS = programsFor({ after });

interface World {
  readonly source: TestRegistry;
  readonly content: Company;
  readonly directory: string;
  /** Where the layout lies; absolute. */
  readonly folder: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly copy: (
    destination?: string,
    options?: Partial<Parameters<typeof copyInputs>[2]>,
  ) => ReturnType<typeof copyInputs>;
}

async function worldFor(t: TestContext): Promise<World> {
  const source = await registryFor(t);
  const content = company();
  serveCompany(source.repository("team/app"), content);
  const { directory, inputs } = PROGRAMS.next();
  const reference = `${source.host}/team/app:1`;
  return {
    ...{ source, content, directory, inputs },
    folder: join(directory, "bundle"),
    copy: (destination = "oci-layout://bundle", options) =>
      copyInputs({ ...inputs, reference }, destination, { directory, ...options }),
  };
}

interface Index {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

function indexOf(folder: string): Index {
  return JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as Index;
}

/** Name → digest; what has no name under its digest. */
function namesIn(folder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    indexOf(folder).manifests.map(({ digest, annotations }) => [
      annotations?.[REF_NAME] ?? digest,
      digest,
    ]),
  );
}

function failsWith(code: string, words = /(?:)/): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OciError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };
}

describe("into a layout", () => {
  test("it is a layout of the format: all blobs, and an index that names the tags and lists the referrers", async (t) => {
    const { copy, content, folder } = await worldFor(t);
    const copied = await copy();
    assert.equal(copied.pinned, `oci-layout://bundle@${content.index.digest}`);
    assert.deepEqual(readdirSync(folder).sort(), ["blobs", "index.json", "oci-layout"]);
    const version = readFileSync(join(folder, "oci-layout"), "utf8");
    assert.deepEqual(JSON.parse(version), { imageLayoutVersion: "1.0.0" });
    const manifests = content.all.map(({ digest }) => digest);
    assert.deepEqual(
      readdirSync(join(folder, "blobs/sha256")).sort(),
      [...manifests, ...blobsOf(content)].map((digest) => digest.slice("sha256:".length)).sort(),
    );
    const { sbom, note, tags } = content;
    assert.deepEqual(namesIn(folder), {
      ...Object.fromEntries(Object.entries(tags).map(([tag, { digest }]) => [tag, digest])),
      [sbom.digest]: sbom.digest,
      [note.digest]: note.digest,
    });
  });

  test("a pull and an inspection find everything in it, and ask nobody", async (t) => {
    const { copy, content, directory, inputs, source } = await worldFor(t);
    await copy();
    await source.stop();
    const values = { ...inputs, reference: "oci-layout://bundle:1", platform: "linux/amd64" };
    const { pulled } = await pullInputs(values, { directory });
    assert.equal(readFileSync(join(pulled.tree.directory, "name"), "utf8"), "amd64");
    const { found } = await inspectInputs(values, { directory, referrers: true });
    assert.deepEqual(
      found.referrers?.entries.map(({ digest }) => digest),
      [content.sbom.digest],
    );
  });

  test("the same again: no blob is read, and no file is written", async (t) => {
    const { copy, folder, source } = await worldFor(t);
    await copy();
    const before = statSync(join(folder, "index.json"), { bigint: true });
    source.clearRequests();
    const { uploaded, tagged } = await copy();
    assert.deepEqual([uploaded, tagged], [[], []]);
    assert.equal(source.count({ kind: "blob" }), 0);
    const { ino, mtimeNs } = statSync(join(folder, "index.json"), { bigint: true });
    assert.deepEqual([ino, mtimeNs], [before.ino, before.mtimeNs]);
  });

  test("what is in it stays, to the letter; a name that goes elsewhere leaves its entry", async (t) => {
    const { copy, content, folder } = await worldFor(t);
    const layout = layoutIn(folder);
    const old = layout.put(artifactOf(), { [REF_NAME]: "1", "org.example.note": "mine" });
    const other = layout.put(artifactOf({ x: "y" }), { [REF_NAME]: "2" });
    const { tagged } = await copy();
    assert.ok(tagged.includes("1"));
    const names = namesIn(folder);
    assert.equal(names["1"], content.index.digest);
    assert.equal(names["2"], other.digest);
    const left = indexOf(folder).manifests.find(({ digest }) => digest === old.digest);
    assert.deepEqual(left?.annotations, { "org.example.note": "mine" });
  });

  test("immutableTags: a name that is taken is an error, and nothing is written", async (t) => {
    const { copy, folder } = await worldFor(t);
    const layout = layoutIn(folder);
    layout.put(artifactOf(), { [REF_NAME]: "1" });
    const before = readFileSync(join(folder, "index.json"), "utf8");
    const files = readdirSync(join(folder, "blobs/sha256"));
    await assert.rejects(copy(undefined, { immutableTags: true }), failsWith("TAG_EXISTS"));
    assert.equal(readFileSync(join(folder, "index.json"), "utf8"), before);
    assert.deepEqual(readdirSync(join(folder, "blobs/sha256")), files);
  });

  test("a damaged blob in it is written anew", async (t) => {
    const { copy, content, folder } = await worldFor(t);
    await copy();
    const [layer] = content.sbom.layers;
    const hex = (layer?.digest ?? "").slice("sha256:".length);
    const file = join(folder, "blobs/sha256", hex);
    writeFileSync(file, Buffer.alloc(statSync(file).size, "x"));
    const { uploaded } = await copy();
    assert.deepEqual(uploaded, [layer?.digest]);
    assert.equal(readFileSync(file, "utf8"), '{"spdx":1}');
  });

  test("broken off, it is no layout yet; the next copy reads only what is missing", async (t) => {
    const { copy, content, folder, source } = await worldFor(t);
    const [layer] = content.note.layers;
    const reference = layer?.digest ?? "";
    const fault = source.fault({ kind: "blob", reference, then: { kind: "status", status: 403 } });
    await assert.rejects(copy(), failsWith("FORBIDDEN"));
    assert.ok(!existsSync(join(folder, "index.json")));
    fault.remove();
    const there = readdirSync(join(folder, "blobs/sha256")).map((hex) => `sha256:${hex}`);
    source.clearRequests();
    const { uploaded } = await copy();
    const missing = blobsOf(content).filter((digest) => !there.includes(digest));
    assert.deepEqual([...uploaded].sort(), missing);
    assert.equal(source.count({ kind: "blob", method: "GET" }), missing.length);
    assert.deepEqual(readdirSync(folder).sort(), ["blobs", "index.json", "oci-layout"]);
  });
});

describe("what is refused, before anything is read", () => {
  test("a folder that holds something else", async (t) => {
    const { copy, folder, source } = await worldFor(t);
    mkdirSync(folder);
    writeFileSync(join(folder, "notes.txt"), "mine");
    await assert.rejects(copy(), failsWith("LAYOUT", /holds something else: notes.txt/));
    assert.deepEqual(readdirSync(folder), ["notes.txt"]);
    assert.equal(source.count({ kind: "blob" }), 0);
  });

  test("a tar, with what to do", async (t) => {
    const { copy, directory } = await worldFor(t);
    const hint = /hint: copy into a folder, and make a tar of it: tar -C FOLDER -cf FILE.tar \./;
    await assert.rejects(copy("oci-layout://bundle.tar"), failsWith("INVALID_INPUT", hint));
    assert.ok(!existsSync(join(directory, "bundle.tar")));
    writeFileSync(join(directory, "file"), "");
    await assert.rejects(copy("oci-layout://file"), failsWith("INVALID_INPUT", hint));
  });

  test("a layout whose blobs lie behind a link", async (t) => {
    const { copy, directory, folder } = await worldFor(t);
    layoutIn(folder);
    mkdirSync(join(directory, "elsewhere/sha256"), { recursive: true });
    symlinkSync(join(directory, "elsewhere"), join(folder, "blobs"));
    await assert.rejects(copy(), failsWith("LAYOUT", /has a link at blobs/));
    assert.deepEqual(readdirSync(join(directory, "elsewhere/sha256")), []);
  });

  test("a layout that is damaged", async (t) => {
    const { copy, folder } = await worldFor(t);
    layoutIn(folder).write("index.json", "{");
    await assert.rejects(copy(), failsWith("LAYOUT", /has a broken index.json/));
    assert.equal(readFileSync(join(folder, "index.json"), "utf8"), "{");
  });
});

describe("out of a layout", () => {
  test("into a registry: the same digests, tags and referrers as at the first one", async (t) => {
    const { copy, content, directory, inputs, source } = await worldFor(t);
    await copy();
    await source.stop();
    const target = await registryFor(t);
    const values = { ...inputs, reference: "oci-layout://bundle:1" };
    const copied = await copyInputs(values, `${target.host}/mine/app`, { directory });
    assert.equal(copied.digest, content.index.digest);
    assert.equal(copied.referrers, 4);
    const there = target.repository("mine/app");
    for (const { digest, manifest } of content.all) {
      assert.deepEqual(Buffer.from(there.manifest(digest)?.bytes ?? ""), manifest);
    }
    assert.equal(there.manifest("1")?.digest, content.index.digest);
    assert.equal(there.manifest(tagOf(content.index))?.digest, content.signatures[0]?.digest);
  });

  test("into a layout, under another name", async (t) => {
    const { copy, content, directory, inputs } = await worldFor(t);
    await copy();
    const values = { ...inputs, reference: "oci-layout://bundle:1" };
    await copyInputs(values, "oci-layout://second:stable", { directory });
    assert.equal(namesIn(join(directory, "second"))["stable"], content.index.digest);
    await copyInputs(values, "oci-layout://bundle:stable", { directory });
    const names = namesIn(join(directory, "bundle"));
    assert.deepEqual([names["1"], names["stable"]], [content.index.digest, content.index.digest]);
  });

  test("a blob that is damaged there goes nowhere", async (t) => {
    const { copy, content, directory, folder, inputs } = await worldFor(t);
    await copy();
    const [layer] = content.sbom.layers;
    const file = join(folder, "blobs/sha256", (layer?.digest ?? "").slice("sha256:".length));
    writeFileSync(file, Buffer.alloc(statSync(file).size, "x"));
    const target = await registryFor(t);
    const values = { ...inputs, reference: "oci-layout://bundle:1" };
    const copying = copyInputs(values, `${target.host}/mine/app`, { directory });
    await assert.rejects(copying, failsWith("DIGEST_MISMATCH"));
    assert.deepEqual(target.repository("mine/app").tags(), []);
  });
});

describe("a folder that cannot be made", () => {
  test("where the file system makes none, it is an error, and no waiting without an end", async (t) => {
    const { copy } = await worldFor(t);
    const copying = copy("oci-layout:///proc/bundle");
    await assert.rejects(copying, failsWith("STORE", /^cannot write below \/proc\/bundle: /));
  });

  test("a link that leads nowhere is no defect of ours to be reported", async (t) => {
    const { copy, folder } = await worldFor(t);
    symlinkSync("gone", folder);
    await assert.rejects(copy(), failsWith("STORE"));
    assert.equal(existsSync(join(folder, "..", "gone")), false);
  });
});

test("a copy that was killed while it wrote the index of a new layout is ended by the next one", async (t) => {
  const { folder, copy } = await worldFor(t);
  await copy();
  // Nobody has begun so early: their process is dead.
  const ofTheDead = (path: string): string =>
    draftPath(path).replace(/-\d+(-[0-9a-f]{8})$/, "-1$1");
  for (const name of ["index.json", "oci-layout"]) {
    renameSync(join(folder, name), ofTheDead(join(folder, name)));
  }
  await copy();
  assert.deepEqual(readdirSync(folder).sort(), ["blobs", "index.json", "oci-layout"]);
});
