/** Which files of a real disk are read, in which order, and what is said of one that cannot be. */
import * as assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../../provider/errors";
import type { ConfPlaces } from "../../../provider/settings/registries-conf/locate";
import {
  readRegistriesConf,
  readRememberedAliases,
} from "../../../provider/settings/registries-conf/read";
import { folderFor } from "../../support/folder-for-test";

/** A folder with these files; the text of each is its own path. */
function folderWith(context: TestContext, ...paths: readonly string[]): string {
  const folder = folderFor(context);
  for (const path of paths) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path);
  }
  return folder;
}

function placesIn(folder: string, places: Partial<ConfPlaces>): ConfPlaces {
  const inFolder = (paths: readonly string[] | undefined): readonly string[] =>
    (paths ?? []).map((path) => join(folder, path));
  return {
    main: inFolder(places.main),
    mainNamedBy: places.mainNamedBy,
    dropIns: inFolder(places.dropIns),
    override: places.override && join(folder, places.override),
    rememberedAliases: join(folder, places.rememberedAliases ?? "none"),
  };
}

/** What is read, each text as the path that it is. */
async function read(folder: string, places: Partial<ConfPlaces>): Promise<readonly string[]> {
  const files = await readRegistriesConf(placesIn(folder, places));
  assert.ok(files.every(({ file, text }) => file === join(folder, text)));
  return files.map(({ text }) => text);
}

/** The error, with the folder taken out. */
async function refusal(folder: string, places: Partial<ConfPlaces>): Promise<string> {
  try {
    await readRegistriesConf(placesIn(folder, places));
  } catch (error) {
    assert.ok(error instanceof OciError && error.code === "CONFIG", String(error));
    return error.message.replaceAll(`${folder}/`, "");
  }
  return assert.fail("nothing was refused");
}

describe("the main file", () => {
  test("is the first that is there", async (t) => {
    const folder = folderWith(t, "b", "c");
    assert.deepEqual(await read(folder, { main: ["a", "b", "c"] }), ["b"]);
  });

  test("need not be there", async (t) => {
    assert.deepEqual(await read(folderWith(t, "a"), { main: ["x", "a/below-a-file"] }), []);
  });

  test("has to be there where it was named", async (t) => {
    assert.equal(
      await refusal(folderWith(t), { main: ["x"], mainNamedBy: "the option registriesConf" }),
      "cannot read x: there is no such file\nhint: correct the option registriesConf, which names it",
    );
  });

  test("is no directory", async (t) => {
    assert.equal(
      await refusal(folderWith(t, "main/x"), { main: ["main"] }),
      "cannot read main: it is a directory",
    );
  });

  test("is UTF-8", async (t) => {
    const folder = folderWith(t);
    writeFileSync(join(folder, "a"), Buffer.from([0x61, 0xff]));
    assert.equal(await refusal(folder, { main: ["a"] }), "cannot read a: it is not UTF-8");
  });

  test("may begin with a byte order mark", async (t) => {
    const folder = folderWith(t);
    writeFileSync(join(folder, "a"), "\ufeffa");
    assert.deepEqual(await read(folder, { main: ["a"] }), ["a"]);
  });
});

describe("drop-ins", () => {
  test("come behind the main file, by the bytes of their names, from all directories", async (t) => {
    const folder = folderWith(t, "main", "d/10.conf", "e/5.conf", "d/B.conf", "e/a.conf");
    assert.deepEqual(await read(folder, { main: ["main"], dropIns: ["d", "e", "missing"] }), [
      "main",
      "d/10.conf",
      "e/5.conf",
      "d/B.conf",
      "e/a.conf",
    ]);
  });

  test("of one name: the more important directory's alone, also where it is a link to nothing", async (t) => {
    const folder = folderWith(t, "d/1.conf", "e/1.conf", "e/2.conf");
    symlinkSync("/dev/null", join(folder, "d/2.conf"));
    const files = await readRegistriesConf(placesIn(folder, { dropIns: ["d", "e"] }));
    assert.deepEqual(
      files.map(({ text }) => text),
      ["d/1.conf", ""],
    );
  });

  test("end with .conf, whatever they begin with, and are no directories", async (t) => {
    const folder = folderWith(t, "d/.conf", "d/.x.conf", "d/x.CONF", "d/x.conf~", "d/y.conf/z");
    assert.deepEqual(await read(folder, { dropIns: ["d"] }), ["d/.conf", "d/.x.conf"]);
  });

  test("that are links to nothing say nothing, and hide those of their name", async (t) => {
    const folder = folderWith(t, "d/1.conf", "e/2.conf");
    symlinkSync("missing", join(folder, "d/2.conf"));
    assert.deepEqual(await read(folder, { dropIns: ["d", "e"] }), ["d/1.conf"]);
  });

  test("are not left out where they cannot be read", async (t) => {
    const folder = folderWith(t, "d/1.conf", "elsewhere/x");
    symlinkSync("../elsewhere", join(folder, "d/2.conf"));
    assert.equal(
      await refusal(folder, { dropIns: ["d"] }),
      "cannot read d/2.conf: it is a directory",
    );
  });

  test("lie in a directory, and what is below a file is not there", async (t) => {
    const folder = folderWith(t, "d");
    assert.equal(await refusal(folder, { dropIns: ["d"] }), "cannot read d: it is no directory");
    assert.deepEqual(await read(folder, { dropIns: ["d/e"] }), []);
  });
});

test("the override comes last, and has to be there", async (t) => {
  const folder = folderWith(t, "main", "d/z.conf", "over");
  assert.deepEqual(await read(folder, { main: ["main"], dropIns: ["d"], override: "over" }), [
    "main",
    "d/z.conf",
    "over",
  ]);
  assert.match(
    await refusal(folder, { override: "x" }),
    /^cannot read x: there is no such file\nhint: correct the environment variable CONTAINERS_REGISTRIES_CONF_OVERRIDE,/,
  );
});

test("remembered aliases are read where they are, and by themselves", async (t) => {
  const folder = folderWith(t, "remembered", "directory/x");
  const places = (rememberedAliases: string): ConfPlaces => placesIn(folder, { rememberedAliases });
  assert.deepEqual(await readRememberedAliases(places("remembered")), {
    file: join(folder, "remembered"),
    text: "remembered",
  });
  assert.equal(await readRememberedAliases(places("none")), undefined);
  await assert.rejects(readRememberedAliases(places("directory")), /it is a directory/);
  assert.deepEqual(await read(folder, { rememberedAliases: "directory" }), []);
});
