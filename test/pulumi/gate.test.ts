/** The gate towards the engine: what a registry says is data, whatever it looks like. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { admitMap, admitText } from "../../provider/pulumi/gate";
import { hasUnknown, isUnknown, UNKNOWN } from "../../provider/pulumi/known";

/** As the engine has them; written down once more on purpose. */
const UNKNOWNS = [
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
];

const SIGNATURE = "4dabf18193072939515e22adb298388d";

describe("unknown values", () => {
  for (const unknown of UNKNOWNS) {
    test(unknown, () => {
      assert.equal(isUnknown(unknown), true);
      assert.equal(hasUnknown({ a: [1, { b: unknown }] }), true);
      assert.equal(isUnknown(admitText(unknown)), false);
      assert.equal(admitText(unknown), `"${unknown}"`);
      assert.deepEqual(admitMap({ [unknown]: "x", y: unknown }), { y: `"${unknown}"` });
    });
  }

  test("what only resembles one is known", () => {
    for (const value of [UNKNOWN.toUpperCase(), `${UNKNOWN} `, "", 0, null, undefined, [], {}]) {
      assert.equal(hasUnknown(value), false);
    }
  });
});

describe("keys that the engine would obey do not get through", () => {
  for (const key of [SIGNATURE, "__provider", "__run", "__proto__", "__defaults", "__"]) {
    test(key, () => {
      const map = JSON.parse(`{"${key}": "x", "kept": "y"}`) as Record<string, string>;
      const admitted = admitMap(map);
      assert.deepEqual(Object.keys(admitted), ["kept"]);
      assert.equal(Object.getPrototypeOf(admitted), Object.prototype);
    });
  }

  test("no text turns into such a key on its way", () => {
    for (const key of ["\u0000__x", "_\u0007_x", `${SIGNATURE}\u0000`, `\u202e${UNKNOWN}`]) {
      for (const admitted of Object.keys(admitMap({ [key]: "x" }))) {
        assert.ok(!admitted.startsWith("__"));
        assert.notEqual(admitted, SIGNATURE);
        assert.equal(isUnknown(admitted), false);
      }
    }
  });

  test("ordinary keys stay, also those that objects have anyway", () => {
    const map = { constructor: "a", toString: "b", "org.opencontainers.image.title": "c" };
    assert.deepEqual(admitMap(map), map);
  });
});

test("control sequences are no part of what passes", () => {
  assert.equal(admitText("a\u001b[31mred\u0000\u009b\u202eb"), "a\ufffd[31mred\ufffd\ufffd\ufffdb");
  assert.equal(admitText("two\nlines\tand tabs"), "two\nlines\tand tabs");
  assert.deepEqual(admitMap({ "k\u001b": "v\u0007" }), { "k\ufffd": "v\ufffd" });
});
