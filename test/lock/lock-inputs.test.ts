/** Which inputs a lock file holds, in which form, and the command that says them again. */
import * as assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommand } from "../../cli/arguments";
import { inputsOf } from "../../cli/flag-values";
import { withFlags } from "../../cli/flag-words";
import { OciError } from "../../provider/errors";
import { INPUT_ROWS } from "../../provider/pulumi/inputs";
import {
  inputsOfEntry,
  lockCommand,
  lockedInputsOf,
  OTHER_INPUTS,
  validInputsOfEntry,
} from "../../provider/pulumi/lock-inputs";

const REFERENCE = "ghcr.io/team/app";

/** A value of each input that says what is taken. */
const VALUES: Readonly<Record<string, unknown>> = {
  semver: ">=1.2 <2",
  tagPrefix: "app-",
  semverFilter: "-alpine$",
  prereleases: true,
  platform: "linux/arm64",
  referrer: { artifactType: "application/spdx+json" },
  verify: { keys: ["cosign.pub"] },
  kind: "files",
  providerSource: "hashicorp/random",
  mediaTypes: ["b/b", "a/a"],
  titles: ["it's"],
  layers: [2, 0],
  extract: "never",
  stripComponents: 1,
  subPath: "charts/",
  include: ["b", "a"],
  exclude: ["**/*.md"],
  allowOverwrite: true,
  allowNameClashes: true,
  allowEmpty: true,
};

function locked(values: object): ReturnType<typeof lockedInputsOf> {
  return lockedInputsOf({ reference: REFERENCE, ...values });
}

test("everything that says what is taken is held, and nothing else", () => {
  const own: readonly string[] = OTHER_INPUTS;
  const names = [...INPUT_ROWS].flatMap(([name, { group }]) =>
    group === "what" && !own.includes(name) ? [name] : [],
  );
  assert.deepEqual(Object.keys(VALUES).sort(), names.sort(), "a value of each, for this test");
  for (const name of names) {
    assert.deepEqual(Object.keys(locked({ [name]: VALUES[name] })), [name]);
  }
  const how = { plainHttp: true, lockFile: "x", onTagMove: "keep", destination: "x", limits: {} };
  assert.deepEqual(locked(how), {});
});

test("what is said in two ways is held in one", () => {
  assert.deepEqual(
    locked({ include: ["b", "a", "a"], stripComponents: 0, allowEmpty: false, kind: "auto" }),
    { include: ["a", "b"] },
  );
  assert.deepEqual(locked({ prereleases: false, exclude: [], subPath: "./a/" }), { subPath: "a" });
});

test("an entry stands for the inputs that it was made of", () => {
  const entry = { reference: REFERENCE, inputs: locked(VALUES) };
  assert.deepEqual(inputsOfEntry(entry, "lock"), { reference: REFERENCE, ...entry.inputs });
  for (const name of ["skipTlsVerify", "credentials", "destination", "onTagMove", "nonsense"]) {
    assert.throws(
      () => inputsOfEntry({ reference: REFERENCE, inputs: { [name]: true } }, "lock"),
      (error) => error instanceof OciError && error.code === "CONFIG",
      name,
    );
  }
});

test("an entry that is wrong is told in the words of the file, and of no flag", () => {
  const inputs = { include: "*.md", platform: "linux", kind: "x", verify: { keys: "k" } };
  const wrong = { reference: REFERENCE, inputs };
  assert.throws(
    () => validInputsOfEntry(wrong, "app.lock"),
    (error) => {
      assert.ok(error instanceof OciError);
      assert.match(error.message, /use the lock file app\.lock: the entry of .* is wrong\n/);
      assert.equal(withFlags(error.message), error.message);
      const names = error.details.map((line) => line.slice(0, line.indexOf(": ")));
      assert.deepEqual(names.sort(), ['"include"', '"kind"', '"verify"."keys"']);
      return error.code === "CONFIG";
    },
  );
  const fine = { reference: REFERENCE, inputs: { include: ["*.md"] } };
  assert.deepEqual(validInputsOfEntry(fine, "app.lock"), inputsOfEntry(fine, "app.lock"));
});

test("the command says all of it but who has to have signed, as a shell takes it", () => {
  const { verify: _verify, ...inputs } = locked(VALUES);
  const text = lockCommand(REFERENCE, { ...inputs, verify: VALUES["verify"] }, "a b/lock.json");
  const words = [...text.matchAll(/(?:[^\s'\\]|'[^']*'|\\')+/g)].map(([word]) =>
    word
      .replaceAll(String.raw`'\''`, "\0")
      .replaceAll("'", "")
      .replaceAll("\0", "'"),
  );
  assert.deepEqual(words.slice(0, 3), ["oci-artifact", "lock", REFERENCE]);
  const command = parseCommand(words.slice(1));
  assert.equal(command.kind, "lock", "problem" in command ? command.problem : text);
  const { lockFile, ...said } = inputsOf(REFERENCE, "flags" in command ? command.flags : {});
  assert.equal(lockFile, "a b/lock.json");
  assert.deepEqual(locked(said), inputs);
  assert.equal(
    lockCommand(REFERENCE, {}, "oci-artifact.lock.json"),
    `oci-artifact lock ${REFERENCE}`,
  );
});
