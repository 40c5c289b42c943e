/** Which folders cannot be a destination, and which two cannot be so at once. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  destinationProblem,
  openDestination,
  overlapProblem,
} from "../../provider/store/destination";
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

test("two destinations are equal, nested, or apart", () => {
  for (const [one, other, problem] of [
    ["/a/b", "/a/b/", "it is the destination of another copy"],
    ["/a/b/c", "/a/b", "it lies in the destination of another copy"],
    ["/a", "/a/b", "it contains the destination of another copy"],
    ["/a/b", "/a/bc", undefined],
    ["/a/b/../c", "/a/b", undefined],
  ] as const) {
    assert.equal(overlapProblem(one, other), problem, `${one} ${other}`);
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
