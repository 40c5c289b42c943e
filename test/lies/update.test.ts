/**
 * Updates that fail, and places where something else lies than we have put there: the old tree stays
 * to the last bit, what is the user's stays, and no planted link is followed.
 */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { basename, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import { formatIdentity, ownIdentity } from "../../provider/store/process-identity";
import { contentOf } from "../store/content";
import { pullAtOnce } from "../store/pulling-processes";
import { flipped, tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import {
  assertFailed,
  assertPulled,
  openSandbox,
  publishKnown,
  REPOSITORY,
  type PullOptions,
  type Sandbox,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { artifactOf, symlink, type Layer } from "./hostile";

const NEXT = { "next.yaml": "next\n" };

interface Update {
  readonly code: ErrorCode;
  readonly words: RegExp;
  /** What the tag names then. Default: an honest artifact. */
  readonly layers?: readonly Layer[];
  readonly options?: PullOptions;
  /** What goes wrong on the way. */
  readonly go?: (registry: TestRegistry) => void;
}

const fault = (kind: "manifest" | "blob", then: Parameters<TestRegistry["fault"]>[0]["then"]) => {
  return (registry: TestRegistry): void => {
    registry.fault({ kind, then });
  };
};

const UPDATES: Readonly<Record<string, Update>> = {
  "to an archive that leaves its tree": {
    code: "UNSAFE_ARCHIVE",
    words: /"\.\."/,
    layers: [[{ path: "crds/widget.yaml" }, { path: "../canary/song" }]],
  },
  "to a link that leaves its tree": {
    code: "UNSAFE_ARCHIVE",
    words: /outside of the tree/,
    layers: [[{ path: "crds/widget.yaml" }, symlink("bad", "../../canary")]],
  },
  "to an archive that is cut": {
    code: "BAD_ARCHIVE",
    words: /no whole gzip/,
    layers: [tarGz({ "crds/widget.yaml": "new" }).subarray(0, -9)],
  },
  "to a second layer that is none": {
    code: "BAD_ARCHIVE",
    words: /layer 1/,
    layers: [tarGz(NEXT), Buffer.from("garbage")],
  },
  "to content that is too much": {
    code: "LIMIT_EXCEEDED",
    words: /limit entries of 1 /,
    layers: [tarGz({ one: "", two: "" })],
    options: { inputs: { plainHttp: true, limits: { entries: 1 } } },
  },
  "to nothing": { code: "NO_MATCHING_LAYER", words: /no files/, layers: [[]] },
  "to other bytes than the digest says": {
    code: "DIGEST_MISMATCH",
    words: /has the digest sha256:/,
    go: fault("blob", { kind: "body", bytes: (bytes) => flipped(Buffer.from(bytes), 20) }),
  },
  "that loses its registry before the blob": {
    code: "UNREACHABLE",
    words: /./,
    go: fault("blob", { kind: "reset" }),
  },
  "to a blob that nobody has": {
    code: "NOT_FOUND",
    words: /the registry does not have it/,
    go: fault("blob", { kind: "status", status: 404 }),
  },
  "to what may not be read": {
    code: "FORBIDDEN",
    words: /./,
    go: fault("blob", { kind: "status", status: 403 }),
  },
  "to a manifest that is another": {
    code: "DIGEST_MISMATCH",
    words: /sends other bytes than it should/,
    go: fault("manifest", { kind: "body", bytes: Buffer.from("<html>") }),
  },
};

/** A sandbox that holds the known tree, and the tree's folder. */
async function withTree(t: TestContext) {
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  const { digest } = publishKnown(registry);
  const { tree } = assertPulled(await sandbox.pull());
  return { registry, sandbox, digest, tree };
}

/** All that lstat says of a tree and its receipt, and their content. */
function factsOf(sandbox: Sandbox, name: string): unknown {
  const area = join(sandbox.folder, "project", ".oci-artifacts");
  const paths = fs.readdirSync(join(area, name), { recursive: true, encoding: "utf8" }).sort();
  return [
    join(".pulumi/receipts", `${name}.json`),
    name,
    ...paths.map((path) => join(name, path)),
  ].map((path) => {
    const { ino, mode, mtimeMs, ctimeMs, size } = fs.lstatSync(join(area, path));
    return { path, ino, mode, mtimeMs, ctimeMs, size };
  });
}

describe("an update", () => {
  for (const [name, { code, words, layers, options, go }] of Object.entries(UPDATES)) {
    test(`${name} leaves the old tree as it is`, async (t) => {
      const { registry, sandbox, digest, tree } = await withTree(t);
      const before = factsOf(sandbox, tree.name);
      publishKnown(registry, artifactOf(layers ?? [tarGz(NEXT)]));
      go?.(registry);
      assertFailed(await sandbox.pull({ mostRequests: 8, ...options }), code, words);
      assert.deepEqual(factsOf(sandbox, tree.name), before);
      registry.clearFaults();
      publishKnown(registry, artifactOf([tarGz(NEXT)]));
      assertPulled(await sandbox.pull(), NEXT);
      assert.deepEqual(factsOf(sandbox, tree.name), before);
      assertPulled(await sandbox.pull({ digest, mostRequests: 0 }));
    });
  }

  test("that is given up leaves the old tree as it is", async (t) => {
    const { registry, sandbox, tree } = await withTree(t);
    const before = factsOf(sandbox, tree.name);
    publishKnown(registry, artifactOf([tarGz(NEXT)]));
    const stop = new AbortController();
    const handle = (): void => {
      stop.abort();
    };
    registry.fault({ kind: "blob", then: { kind: "handler", handle } });
    assertFailed(await sandbox.pull({ signal: stop.signal }), "CANCELLED", /it was cancelled/);
    assert.deepEqual(factsOf(sandbox, tree.name), before);
  });

  test("that fails while somebody else reads and updates: all see whole trees", async (t) => {
    const registry = await registryFor(t);
    const folder = folderFor(t);
    const project = join(folder, "project");
    fs.mkdirSync(project);
    const environment = { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, "cache"), TMPDIR: folder };
    const [old, next, bad] = [
      tarGz({ "a.txt": "old" }),
      tarGz(NEXT),
      tarGz({ "a.txt": "bad" }).subarray(0, -9),
    ].map((bytes, index) =>
      publish(registry, REPOSITORY, `${index}`, {
        layers: [{ bytes, mediaType: MEDIA_TYPES.tarGzip }],
      }),
    );
    assert.notEqual(old?.digest, next?.digest);
    assert.notEqual(next?.digest, bad?.digest);
    const references = [0, 1, 2, 0, 1, 2].map((tag) => `${registry.host}/${REPOSITORY}:${tag}`);
    const outcomes = await pullAtOnce(
      references.map((reference) => ({ project, environment, reference })),
    );
    assert.deepEqual(
      outcomes.map(({ code, content }) => code ?? content),
      [{ "a.txt": "old" }, NEXT, "BAD_ARCHIVE", { "a.txt": "old" }, NEXT, "BAD_ARCHIVE"],
    );
    const area = join(project, ".oci-artifacts");
    assert.equal(fs.readdirSync(area).filter((name) => !name.startsWith(".")).length, 2);
    assert.deepEqual(fs.readdirSync(join(area, ".pulumi/staging")), []);
  });
});

describe("what is not ours", () => {
  test("stays: files of the user beside the trees, and in the old one", async (t) => {
    const registry = await registryFor(t);
    const folder = folderFor(t);
    const area = join(folder, ".oci-artifacts");
    const environment = { HOME: folder, OCI_ARTIFACT_CACHE: join(folder, "cache"), TMPDIR: folder };
    const pulling = {
      project: folder,
      environment,
      reference: `${registry.host}/${REPOSITORY}:1`,
    };
    publishKnown(registry, artifactOf([tarGz({ "a.txt": "old" })]));
    fs.mkdirSync(join(area, "mine"), { recursive: true });
    const own = {
      "index.ts": "my program",
      ".oci-artifacts/.gitignore": "!mine",
      ".oci-artifacts/mine/file": "my file",
      ".oci-artifacts/notes.txt": "my notes",
    };
    for (const [path, text] of Object.entries(own)) fs.writeFileSync(join(folder, path), text);
    const [first] = await pullAtOnce([pulling]);
    const [tree = ""] = fs.readdirSync(area).filter((name) => /-[0-9a-f]{16}$/.test(name));
    assert.deepEqual(first?.content, { "a.txt": "old" });
    fs.writeFileSync(join(area, tree, "mine.txt"), "my edit");
    publishKnown(registry, artifactOf([tarGz(NEXT)]));
    const [second] = await pullAtOnce([pulling]);
    assert.deepEqual(second?.content, NEXT);
    assert.deepEqual(contentOf(join(area, tree)), { "a.txt": "old", "mine.txt": "my edit" });
    for (const [path, text] of Object.entries(own)) {
      assert.equal(fs.readFileSync(join(folder, path), "utf8"), text);
    }
  });
});

/** Links that a checkout may come with; each leads to the canary beside the program, or to nothing. */
describe("a planted symlink", () => {
  const CANARY = "../../../canary";
  const places: Readonly<Record<string, (tree: string) => string>> = {
    "in the place of a file": (tree) => `${tree}/noise.txt`,
    "in the place of a folder": (tree) => `${tree}/crds`,
    "beside the files": (tree) => `${tree}/planted`,
  };
  for (const [name, placeOf] of Object.entries(places)) {
    test(`${name} of a tree goes, and is not followed`, async (t) => {
      const { sandbox, tree } = await withTree(t);
      const place = join(tree.directory, "..", placeOf(tree.name));
      fs.rmSync(place, { recursive: true, force: true });
      fs.symlinkSync(CANARY, place);
      const { report, ...result } = await sandbox.pull();
      assertPulled({ ...result, report });
      assert.match(report.said("warning").join(), /was changed locally and is restored/);
    });
  }

  test("in the place of a receipt gives way to it", async (t) => {
    const { sandbox, tree } = await withTree(t);
    const receipt = join(tree.directory, "..", ".pulumi/receipts", `${tree.name}.json`);
    for (const target of ["../../../canary/song", "../../../canary/new", basename(receipt)]) {
      fs.rmSync(receipt);
      fs.symlinkSync(target, receipt);
      assertPulled(await sandbox.pull());
      assert.ok(fs.lstatSync(receipt).isFile());
    }
  });

  test("in the staging area that looks like work of the dead goes, and only it", async (t) => {
    const { registry, sandbox, tree } = await withTree(t);
    const dead = formatIdentity({ ...ownIdentity(), startTime: "1" });
    const area = join(tree.directory, "..", ".pulumi/staging");
    fs.symlinkSync(CANARY, join(area, `${dead}.aa`));
    fs.mkdirSync(join(area, `${dead}.bb`));
    fs.symlinkSync(`../${CANARY}`, join(area, `${dead}.bb`, "link"));
    publishKnown(registry, artifactOf([tarGz(NEXT)]));
    assertPulled(await sandbox.pull(), NEXT);
  });

  test("in the cache, in the place of a blob, is read, but its bytes have to be right", async (t) => {
    const { sandbox, tree } = await withTree(t);
    const blobs = join(sandbox.folder, "cache", "blobs", "sha256");
    fs.rmSync(tree.directory, { recursive: true });
    for (const hex of fs.readdirSync(blobs)) {
      const { size } = fs.statSync(join(blobs, hex));
      fs.rmSync(join(blobs, hex));
      fs.writeFileSync(join(sandbox.folder, "home", ".docker", hex), Buffer.alloc(size));
      fs.symlinkSync(join(sandbox.folder, "home", ".docker", hex), join(blobs, hex));
    }
    assertPulled(await sandbox.pull());
    for (const hex of fs.readdirSync(blobs)) assert.ok(fs.lstatSync(join(blobs, hex)).isFile());
    const strangers = fs.readdirSync(join(sandbox.folder, "home", ".docker"));
    assert.equal(strangers.length, fs.readdirSync(blobs).length + 1);
  });
});
