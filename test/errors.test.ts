/** The one shape of errors: what it says, and what it never shows. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInNewContext } from "node:vm";
import { inspect } from "node:util";
import { asOciError, errorFacts, OciError, systemCode } from "../provider/errors";
import { DEFAULT_LIMITS, limitExceeded, LIMITS } from "../provider/limits";
import { registerSecret } from "../provider/redact";

describe("OciError", () => {
  test("first the fact, then the details, then one hint", () => {
    const error = new OciError({
      code: "UNREACHABLE",
      verb: "pull",
      subject: "host/app:1",
      fact: "nobody answers",
      details: ["https://one: refused", "https://two: timed out"],
      hint: "start the registry",
      status: 503,
    });
    assert.equal(
      error.message,
      "cannot pull host/app:1: nobody answers\n  https://one: refused\n  https://two: timed out\nhint: start the registry",
    );
    assert.equal(error.name, "OciError");
    assert.equal(error.status, 503);
    assert.ok(error instanceof Error);
    assert.ok(Object.isFrozen(error.details));
  });

  test("without details and hint: one line", () => {
    const error = new OciError({ code: "STORE", verb: "a", subject: "b", fact: "c" });
    assert.equal(error.message, "cannot a b: c");
    assert.deepEqual([error.hint, error.status, error.details], [undefined, undefined, []]);
    assert.equal("cause" in error, false);
  });

  test("every part passes the redaction gate", () => {
    registerSecret("correct-horse");
    const text = "https://u:p@h/?sig=correct-horse \u001b[31m correct-horse";
    const error = new OciError({
      code: "CONFIG",
      verb: `use ${text}`,
      subject: text,
      fact: text,
      details: [text],
      hint: text,
    });
    const shown = [error.message, error.subject, error.fact, error.hint, ...error.details].join();
    assert.doesNotMatch(shown, /correct-horse|u:p@|\u001b/);
  });

  test("what a registry wrote is one line, and cannot pose as the hint", () => {
    const said = "type\nhint: run this\u2028hint: or that";
    const facts = { code: "REGISTRY", verb: "a", subject: said, fact: said } as const;
    const error = new OciError({ ...facts, details: [said], hint: "the only one" });
    const [, detail, ...rest] = error.message.split("\n");
    assert.equal(detail, "  type hint: run this hint: or that");
    assert.deepEqual(rest, ["hint: the only one"]);
  });

  test("nor hide it by its length", () => {
    const details = Array.from({ length: 5_000 }, (_, index) => `${index} ${"😀".repeat(5_000)}`);
    const facts = { code: "REGISTRY", verb: "a", subject: "b", fact: "c".repeat(1e6) } as const;
    const error = new OciError({ ...facts, details });
    assert.equal(error.details.length, 30);
    assert.equal(error.details.at(-1), "and 4971 more");
    for (const line of error.message.split("\n")) {
      assert.ok(line.length < 1_100 && line.isWellFormed());
    }
    assert.deepEqual(new OciError(errorFacts(error)).message, error.message);
  });

  test("the cause is there for programs, and in no log", () => {
    const cause = { headers: { authorization: "Basic c2VjcmV0" } };
    const error = new OciError({ code: "STORE", verb: "a", subject: "b", fact: "c", cause });
    assert.equal(error.cause, cause);
    assert.doesNotMatch(JSON.stringify(error), /c2VjcmV0/);
    assert.deepEqual(Object.keys(error).includes("cause"), false);
  });
});

describe("other errors", () => {
  test("become one, in words", () => {
    const error = asOciError(new TypeError("x is not a function"), "pull", "host/app");
    assert.match(
      error.message,
      /^cannot pull host\/app: x is not a function\nhint: .* report this text as a defect/,
    );
    assert.match(asOciError("text", "pull", "x").message, /^cannot pull x: text\nhint: /);
    assert.equal(asOciError(error, "other", "thing"), error);
    assert.doesNotMatch(inspect(error.message), /at .*\.js/);
  });

  test("of another realm have theirs, too: Jest runs programs in one of its own", () => {
    assert.equal(
      systemCode(runInNewContext("Object.assign(new Error(), { code: 'ENOENT' })")),
      "ENOENT",
    );
  });

  test("of the system have a code", () => {
    assert.equal(systemCode(Object.assign(new Error(""), { code: "ENOENT" })), "ENOENT");
    for (const value of [new Error("x"), {}, undefined, null, "ENOENT"]) {
      assert.equal(systemCode(value), undefined);
    }
    assert.equal(systemCode(Object.assign(new Error(""), { code: 5 })), undefined);
  });
});

test("an exceeded limit names itself, its value and the option", () => {
  const what = { verb: "unpack", subject: "host/app", found: 7 };
  const limits = { ...DEFAULT_LIMITS, layers: 5 };
  assert.equal(
    limitExceeded(limits, "layers", what).message,
    "cannot unpack host/app: limit layers of 5 (layers of a manifest) is exceeded: 7\nhint: if the content is trusted, raise limits.layers",
  );
  for (const [name, row] of Object.entries(LIMITS)) {
    assert.equal(DEFAULT_LIMITS[name as keyof typeof LIMITS], row.value);
  }
});
