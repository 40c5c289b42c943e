/** Which folders cannot be a destination, and which two cannot be so at once. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  destinationProblem,
  openDestination,
  overlapProblem,
  ownPlaceProblem,
  trueFolder,
} from "../../provider/store/destination";
import type { NamesOnDisk } from "../../provider/store/true-folder";
import { folderFor } from "../support/folder-for-test";
import { siteFor, OLD } from "./destination-for-test";

test("the program, what holds it, and its trees are no destinations", () => {
  for (const [folder, problem] of [
    ["/", "it is the root of the file system"],
    ["/home/me/app", "it is the program's own directory"],
    ["/home/me/app/x/..", "it is the program's own directory"],
    ["/home/me", "it contains the program's directory"],
    ["/home/me/app/.oci-artifacts", "it is the folder .oci-artifacts, which holds the trees"],
    ["/home/me/app/.oci-artifacts/app-0123", "it lies in .oci-artifacts, which holds the trees"],
    ["/home/me/app/vendor", undefined],
    ["/home/me/app2", undefined],
    ["/home/me/app/.oci-artifacts-2", undefined],
    ["/home/me/app/..vendor", undefined],
    ["/srv/other", undefined],
  ] as const) {
    const found = destinationProblem(folder, "/home/me/app");
    assert.equal(found?.slice(0, problem?.length), problem, folder);
  }
});

test("the cache and the trees of any program are no place for content", (context) => {
  const folder = folderFor(context);
  fs.mkdirSync(join(folder, "cache/blobs"), { recursive: true });
  fs.symlinkSync("cache", join(folder, "link"));
  for (const [path, problem] of [
    ["cache", "it is the folder of the cache"],
    ["cache/blobs/sha256", "it lies in the folder of the cache"],
    ["link/destinations", "it lies in the folder of the cache"],
    ["cache/vendor/blobs", undefined],
    ["app/.oci-artifacts", "it is, or lies in, a folder .oci-artifacts, which holds trees"],
    ["app/.oci-artifacts/x/y", "it is, or lies in, a folder .oci-artifacts, which holds trees"],
    ["app/.oci-artifacts-2", undefined],
    ["cache2", undefined],
    [".", undefined],
  ] as const) {
    for (const cache of ["cache", "link"]) {
      assert.equal(ownPlaceProblem(join(folder, path), join(folder, cache)), problem, path);
    }
  }
});

test("two destinations are equal, nested, or apart", () => {
  for (const [one, other, problem] of [
    ["/a/b", "/a/b/", "it is the destination of another copy"],
    ["/a/b/c", "/a/b", "it lies in the destination of another copy"],
    ["/a", "/a/b", "it contains the destination of another copy"],
    ["/a/b", "/a/bc", undefined],
    ["/a/b/../c", "/a/b", undefined],
  ] as const) {
    assert.equal(overlapProblem(trueFolder(one), trueFolder(other)), problem, `${one} ${other}`);
  }
});

test("a link above the folder that leads into the trees is seen through", async (context) => {
  const { records, wanted } = siteFor(context);
  fs.mkdirSync(records, { recursive: true });
  const link = join(folderFor(context), "link");
  fs.symlinkSync(join(records, ".."), link);
  const destination = openDestination({ folder: join(link, "out"), shown: "link/out", records });
  await assert.rejects(destination.look(wanted(OLD)), {
    code: "INVALID_INPUT",
    message: /^cannot use input "destination": it lies in \.oci-artifacts/,
  });
});

test("one folder on two ways, by a link above it, is one destination", (context) => {
  const project = folderFor(context);
  fs.mkdirSync(join(project, "vendor"));
  fs.symlinkSync("vendor", join(project, "link"));
  const straight = trueFolder(join(project, "vendor/a"));
  const overlap = (path: string): string | undefined =>
    overlapProblem(trueFolder(join(project, path)), straight);
  assert.equal(overlap("link/a"), "it is the destination of another copy");
  assert.equal(overlap("link/a/b"), "it lies in the destination of another copy");
  assert.equal(overlap("link/b"), undefined);
});

test("a link that leads to the program's trees or above the program is seen through", (context) => {
  const project = folderFor(context);
  const app = join(project, "app");
  fs.mkdirSync(join(app, ".oci-artifacts"), { recursive: true });
  fs.symlinkSync(".oci-artifacts", join(app, "trees"));
  fs.symlinkSync("..", join(app, "up"));
  assert.match(destinationProblem(join(app, "trees/x"), app) ?? "", /^it lies in \.oci-artifacts/);
  assert.equal(destinationProblem(join(app, "up/app"), app), "it is the program's own directory");
  assert.equal(destinationProblem(join(app, "up/other"), app), undefined);
});

test("two cases of a name are one where the file system says so", (context) => {
  const project = folderFor(context);
  fs.mkdirSync(join(project, "vendor"));
  fs.writeFileSync(join(project, "vendor/readme"), "");
  // Of the names below the project, the stand-in takes any case for the lower one.
  const below = (path: string): string => project + path.slice(project.length).toLowerCase();
  const ignoring: NamesOnDisk = {
    identity: (path) =>
      path.startsWith(project)
        ? fs.statSync(below(path), { throwIfNoEntry: false })?.ino.toString()
        : undefined,
    names: () => [],
  };
  const spelled = (path: string, disk?: NamesOnDisk): string =>
    trueFolder(join(project, path), disk);
  assert.equal(spelled("Vendor/New/A", ignoring), spelled("vendor/new/a", ignoring));
  assert.notEqual(spelled("vendor/b", ignoring), spelled("vendor/new/a", ignoring));
  assert.notEqual(spelled("vendor/A"), spelled("vendor/a"), "this one tells them apart");
});
