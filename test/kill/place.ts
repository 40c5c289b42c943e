/**
 * Content that is placed at a folder of the user's: into a free place, over the old content, among files
 * of others, where the folder has to stay, and by a lock file.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { contentOf, type Content } from "../store/content";
import { serveLayout, sigstoreText } from "../support/sigstore-layouts";
import { FOREIGN, MANY, NEW, OLD, publishLayers, tarLayer, type Files } from "./contents";
import {
  assertCache,
  assertNothingElse,
  assertPlaced,
  assertPlacedByFile,
  isSame,
  withFolders,
} from "./invariants";
import type { Scenario, Stage } from "./scenario";
import { command, openSite, type Site } from "./site";

interface Place {
  readonly title: string;
  /** Placed there before. */
  readonly old?: Files;
  readonly wanted: Files;
  /** Files of others among them. */
  readonly foreign?: Files;
  /** The command works in the folder itself, which then cannot be exchanged. */
  readonly isHere?: true;
  readonly flags?: readonly string[];
  /** What somebody does to the placed files. */
  readonly edited?: Files;
}

const PLACES: readonly Place[] = [
  { title: "into a free place", wanted: NEW },
  { title: "over the old content", old: OLD, wanted: NEW },
  { title: "many files over the old content", old: OLD, wanted: MANY },
  { title: "among files of others", old: OLD, wanted: NEW, foreign: FOREIGN },
  { title: "many among files of others", old: MANY, wanted: NEW, foreign: FOREIGN },
  { title: "in the folder where it works", old: OLD, wanted: NEW, isHere: true },
  {
    title: "over what somebody has changed",
    old: OLD,
    wanted: NEW,
    edited: { "a.txt": "edited" },
    flags: ["--on-local-change", "restore"],
  },
];

export const PLACE_SCENARIOS: readonly Scenario[] = [
  ...PLACES.map((place) => ({ title: `place: ${place.title}`, open: () => openPlace(place) })),
  { title: "place: what has to be signed", open: openSigned },
  { title: "place: three by a list", open: () => openSeveral("list") },
  { title: "place: three by a lock file", open: () => openSeveral("vendor") },
];

async function openPlace(place: Place): Promise<Stage> {
  const { old, wanted, foreign = {}, edited = {} } = place;
  const site = await openSite();
  const folder = join(site.project, "out");
  const output = place.isHere === true ? "." : "out";
  const below = place.isHere === true ? "out" : "";
  const line = (): readonly string[] =>
    command("pull", site.reference(), "--plain-http", "--output", output, ...(place.flags ?? []));
  if (old !== undefined) {
    publishLayers(site.registry(), [tarLayer(old)]);
    if (place.isHere === true) site.write("out/.keep", "");
    await site.run(line(), below);
    writeAll(site, "out", { ...foreign, ...edited });
  }
  const others = place.isHere === true ? { ...foreign, ".keep": "" } : foreign;
  publishLayers(site.registry(), [tarLayer(wanted)]);
  site.remember();
  const before = old === undefined ? undefined : withFolders({ ...old, ...edited });
  const isByFile = Object.keys(others).length > 0;
  return {
    reset: () => site.goBack(),
    run: (moment) => site.kill(line(), moment, below),
    async assertWhole() {
      if (isByFile) {
        assertPlacedByFile(folder, before ?? {}, withFolders(wanted), withFolders(others));
      } else {
        assertPlaced(folder, before, withFolders(wanted));
      }
      await assertCache(site.cache);
    },
    async assertDone() {
      assertPlaced(folder, undefined, withFolders({ ...wanted, ...others }));
      assert.ok(existsSync(folder), "it is placed");
      assertNothingElse(site, ["out"]);
      await assertCache(site.cache);
    },
    close: () => site.close(),
  };
}

function writeAll(site: Site, folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) site.write(`${folder}/${name}`, text);
}

/** The evidence is kept in the cache. */
async function openSigned(): Promise<Stage> {
  const site = await openSite();
  serveLayout(site.registry().repository("team/app"), "layouts/keyed-legacy-ok.tar.gz");
  site.write("k1.pub", sigstoreText("keys/k1.pub"));
  const flags = ["--verify-key", "k1.pub", "--ignore-tlog"];
  const line = ["pull", site.reference("v1"), "--plain-http", "--output", "out", ...flags];
  const folder = join(site.project, "out");
  site.remember();
  await site.run(command(...line));
  const wanted = contentOf(folder);
  return {
    reset: () => site.goBack(),
    run: (moment) => site.kill(command(...line), moment),
    async assertWhole() {
      assertPlaced(folder, undefined, wanted);
      await assertCache(site.cache);
    },
    async assertDone() {
      assert.ok(isSame(contentOf(folder), wanted));
      assertNothingElse(site, ["k1.pub", "out"]);
      await assertCache(site.cache);
    },
    close: () => site.close(),
  };
}

const SEVERAL = ["one", "two", "three"] as const;

/** Several at once, each at a folder of its own. */
async function openSeveral(by: "list" | "vendor"): Promise<Stage> {
  const site = await openSite();
  const publishAll = (files: Files): void => {
    for (const name of SEVERAL) {
      publishLayers(site.registry(), [tarLayer({ ...files, name })], "1", `team/${name}`);
    }
  };
  const reference = (name: string): string => `${site.registry().host}/team/${name}:1`;
  const lock = async (name: string): Promise<void> => {
    await site.run(command("lock", reference(name), "--output", `out/${name}`, "--plain-http"));
  };
  const lines =
    by === "vendor"
      ? ["vendor", "--plain-http"]
      : ["pull", "--from-file", "list.txt", "--plain-http"];
  site.write("list.txt", SEVERAL.map((name) => `${reference(name)}\tout/${name}\n`).join(""));
  publishAll(OLD);
  if (by === "vendor") for (const name of SEVERAL) await lock(name);
  await site.run(command(...lines));
  publishAll(NEW);
  if (by === "vendor") for (const name of SEVERAL) await lock(name);
  site.remember();
  const wanted = (files: Files, name: string): Content => withFolders({ ...files, name });
  const folder = (name: string): string => join(site.project, "out", name);
  return {
    reset: () => site.goBack(),
    run: (moment) => site.kill(command(...lines), moment),
    async assertWhole() {
      for (const name of SEVERAL) assertPlaced(folder(name), wanted(OLD, name), wanted(NEW, name));
      await assertCache(site.cache);
    },
    async assertDone() {
      for (const name of SEVERAL) assert.ok(isSame(contentOf(folder(name)), wanted(NEW, name)));
      const content = SEVERAL.map((name) => `out/${name}`);
      assertNothingElse(site, [...content, "list.txt", "oci-artifact.lock.json"]);
      await assertCache(site.cache);
    },
    close: () => site.close(),
  };
}
