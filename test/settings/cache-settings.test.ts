/** Where the cache lies, how large it may become, and sizes as people write them. */
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatByteSize, parseByteSize } from "../../provider/settings/byte-size";
import { readSettings } from "../../provider/settings/settings";

const GIB = 1024 ** 3;

describe("sizes", () => {
  for (const [text, bytes] of [
    ["0", 0],
    ["1500", 1500],
    ["20GiB", 20 * GIB],
    ["20 gib", 20 * GIB],
    ["1.5 MiB", 1.5 * 1024 ** 2],
    ["2TiB", 2048 * GIB],
    ["1KiB", 1024],
    ["20GB", undefined],
    ["-1", undefined],
    ["1e9", undefined],
    ["GiB", undefined],
    ["unlimited", undefined],
    ["", undefined],
  ] as const) {
    test(`"${text}"`, () => {
      assert.equal(parseByteSize(text), bytes);
    });
  }

  test("in words", () => {
    const words = [0, 1, 1023, 1024, 1.5 * 1024 ** 2, 10 * GIB, 2048 * GIB].map(formatByteSize);
    assert.deepEqual(words, [
      "0 bytes",
      "1 byte",
      "1023 bytes",
      "1 KiB",
      "1.5 MiB",
      "10 GiB",
      "2 TiB",
    ]);
  });
});

describe("without a home in the environment", () => {
  /** The home that a process of its own finds. `before` runs first in it. */
  const homeWith = (environment: Readonly<Record<string, string>>, before = ""): string => {
    const module = JSON.stringify(join(__dirname, "../../provider/settings/settings"));
    const program = `${before}; process.stdout.write(require(${module}).readSettings().user.home)`;
    return execFileSync(process.execPath, ["-e", program], {
      env: environment,
      encoding: "utf8",
    });
  };

  test("an empty one is not the working directory, but the user's own", () => {
    assert.equal(homeWith({ HOME: "" }), userInfo().homedir);
    assert.equal(homeWith({}), userInfo().homedir);
  });

  test("a user whom the system does not know has its root, and no error", () => {
    const unknown =
      'const os = require("node:os"); os.homedir = () => { throw new Error("ENOENT"); }';
    assert.equal(homeWith({}, unknown), "/");
  });
});

describe("the cache", () => {
  const read = (environment: Readonly<Record<string, string>>) =>
    readSettings({ environment, home: "/home/x" });

  test("by default", () => {
    const { cacheDirectory, cacheMaxBytes, temporaryDirectory } = read({});
    assert.equal(cacheDirectory, "/home/x/.cache/pulumi-oci-artifact");
    assert.equal(cacheMaxBytes, 10 * GIB);
    assert.equal(temporaryDirectory, tmpdir());
  });

  test("as the environment says", () => {
    const settings = read({
      XDG_CACHE_HOME: "/xdg",
      OCI_ARTIFACT_CACHE_MAX: "500MiB",
      TMPDIR: "/scratch",
    });
    assert.equal(settings.cacheDirectory, "/xdg/pulumi-oci-artifact");
    assert.equal(settings.cacheMaxBytes, 500 * 1024 ** 2);
    assert.equal(settings.temporaryDirectory, "/scratch");
    assert.equal(read({ OCI_ARTIFACT_CACHE: "/own" }).cacheDirectory, "/own");
    assert.equal(read({ OCI_ARTIFACT_CACHE_MAX: "" }).cacheMaxBytes, 10 * GIB);
  });

  test("is one folder wherever the work goes on, also where a variable is relative", () => {
    const below = join(process.cwd(), "here");
    assert.equal(read({ OCI_ARTIFACT_CACHE: "here" }).cacheDirectory, below);
    assert.equal(
      read({ XDG_CACHE_HOME: "here" }).cacheDirectory,
      join(below, "pulumi-oci-artifact"),
    );
  });

  test("a bound that is no size is an error that names the variable", () => {
    assert.throws(() => read({ OCI_ARTIFACT_CACHE_MAX: "10 GB" }), {
      code: "CONFIG",
      message:
        /^cannot read the environment variable OCI_ARTIFACT_CACHE_MAX: "10 GB" is no size\nhint: .*20GiB/,
    });
  });
});
