/** Checking inputs: every wrong type, every unknown name, all at once, and no value in any text. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LIMITS } from "../../provider/limits";
import { checkInputs } from "../../provider/pulumi/check-inputs";
import { INPUT_ROWS } from "../../provider/pulumi/inputs";
import { nearest } from "../../provider/pulumi/nearest";
import { followsTag, readInputs } from "../../provider/pulumi/read-inputs";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OTHER = `sha256:${"b".repeat(64)}`;

/** The first line of each failure; every one of them has a second, with a hint. */
function failuresOf(values: Readonly<Record<string, unknown>>): readonly string[] {
  const checked = checkInputs({ reference: "localhost:5000/team/app:1", ...values });
  return checked.ok ? [] : checked.failures.map(firstLine);
}

function firstLine(failure: string): string {
  assert.match(failure, /^cannot use input "[^"]+": .+\nhint: .+$/);
  return failure.split("\n")[0] ?? "";
}

describe("types", () => {
  const cases: readonly [Readonly<Record<string, unknown>>, readonly string[]][] = [
    [{ reference: 1 }, ['cannot use input "reference": it must be a string, and is a number']],
    [{ reference: ["x"] }, ['cannot use input "reference": it must be a string, and is a list']],
    [{ reference: "" }, ['cannot use input "reference": it is an empty string']],
    [{ reference: null }, ['cannot use input "reference": it is missing']],
    [{ reference: undefined }, ['cannot use input "reference": it is missing']],
    [{ digest: true }, ['cannot use input "digest": it must be a string, and is a boolean']],
    [
      { plainHttp: "yes" },
      ['cannot use input "plainHttp": it must be true or false, and is a string'],
    ],
    [
      { skipTlsVerify: 1 },
      ['cannot use input "skipTlsVerify": it must be true or false, and is a number'],
    ],
    [
      { caCertificates: "a" },
      ['cannot use input "caCertificates": it must be a list of strings, and is a string'],
    ],
    [
      { caCertificates: ["a", 2, null, ""] },
      [
        'cannot use input "caCertificates[1]": it must be a string, and is a number',
        'cannot use input "caCertificates[2]": it must be a string, and is null',
        'cannot use input "caCertificates[3]": it is an empty string',
      ],
    ],
    [
      { layers: [0, -1, 1.5, "2", null] },
      [
        'cannot use input "layers[1]": it must be a whole number of at least 0',
        'cannot use input "layers[2]": it must be a whole number of at least 0',
        'cannot use input "layers[3]": it must be a number, and is a string',
        'cannot use input "layers[4]": it must be a number, and is null',
      ],
    ],
    [{ layers: 0 }, ['cannot use input "layers": it must be a list of numbers, and is a number']],
    [
      { stripComponents: -1 },
      [
        'cannot use input "stripComponents": it must be a whole number of at least 0 and at most 100',
      ],
    ],
    [{ extract: "no" }, ['cannot use input "extract": it must be one of auto, always, never']],
    [{ subPath: "../x" }, ['cannot use input "subPath": as a path, it has a ".." component']],
    [
      { include: ["a", "/b"], exclude: ["../c"] },
      [
        'cannot use input "include[1]": it matches nothing: it begins with /, and paths are relative to the content',
        'cannot use input "exclude[0]": it matches nothing: it has a ".." component, which no path has',
      ],
    ],
    [
      { limits: { entries: 0, ratio: 1.5, blobBytes: "1 GiB" } },
      [
        'cannot use input "limits.entries": it must be a whole number of at least 1',
        'cannot use input "limits.ratio": it must be a whole number of at least 1',
        'cannot use input "limits.blobBytes": it must be a number, and is a string',
      ],
    ],
    [{ limits: { entry: 5 } }, ['cannot use input "limits.entry": there is no such input']],
    [
      { credentials: "u:p" },
      ['cannot use input "credentials": it must be an object, and is a string'],
    ],
    [
      { credentials: { username: 1, password: {} } },
      [
        'cannot use input "credentials.username": it must be a string, and is a number',
        'cannot use input "credentials.password": it must be a string, and is an object',
      ],
    ],
  ];
  for (const [values, failures] of cases) {
    test(JSON.stringify(values), () => {
      assert.deepEqual(failuresOf(values), failures);
    });
  }

  test("absent inputs are no failure and no input", () => {
    const checked = checkInputs({ reference: "host/app", plainHttp: undefined, digest: null });
    assert.deepEqual(checked, { ok: true, inputs: { reference: "host/app" } });
  });
});

describe("unknown names", () => {
  const cases: readonly [Readonly<Record<string, unknown>>, string][] = [
    [
      { plainHTTP: true },
      'cannot use input "plainHTTP": there is no such input\nhint: did you mean "plainHttp"?',
    ],
    [
      { refernce: "x" },
      'cannot use input "refernce": there is no such input\nhint: did you mean "reference"?',
    ],
    [
      { mirror: [] },
      'cannot use input "mirror": there is no such input\nhint: did you mean "mirrors"?',
    ],
    [{ constructor: 1 }, 'cannot use input "constructor": there is no such input'],
    [
      JSON.parse('{"__proto__": {}}') as Record<string, unknown>,
      'cannot use input "__proto__": there is no such input',
    ],
    [
      { credentials: { username: "u", password: "p4ss", pasword: "p4ss" } },
      'cannot use input "credentials.pasword": there is no such input\nhint: did you mean "credentials.password"?',
    ],
  ];
  for (const [values, failure] of cases) {
    test(failure, () => {
      const all = Object.assign(Object.create(null) as object, { reference: "host/app:1" });
      Object.defineProperties(all, Object.getOwnPropertyDescriptors(values));
      const checked = checkInputs(all);
      assert.ok(!checked.ok);
      assert.deepEqual(checked.failures.length, 1);
      assert.ok(checked.failures[0]?.startsWith(failure), checked.failures[0]);
      assert.match(checked.failures[0] ?? "", /\nhint: (did you mean|there are) /);
    });
  }

  test("a name far from all others has no suggestion; short names have to be nearer", () => {
    assert.equal(nearest("somethingElse", ["reference"]), undefined);
    assert.equal(nearest("tga", ["tag"]), undefined);
    assert.equal(nearest("tags", ["tag"]), "tag");
    assert.equal(nearest("digset", ["digest", "diget"]), "diget");
    assert.equal(nearest("x", []), undefined);
  });
});

describe("credentials", () => {
  const needs = ['cannot use input "credentials": it is not complete'];
  const both = ['cannot use input "credentials": it has a login and an identityToken'];
  const cases: readonly [object, readonly string[]][] = [
    [{ username: "u", password: "p" }, []],
    [{ identityToken: "t" }, []],
    [{ username: "u" }, needs],
    [{ password: "p" }, needs],
    [{}, needs],
    [{ username: "u", password: null }, needs],
    [{ username: "u", identityToken: "t" }, both],
    [{ username: "u", password: "p", identityToken: "t" }, both],
  ];
  for (const [credentials, failures] of cases) {
    test(JSON.stringify(credentials), () => {
      assert.deepEqual(failuresOf({ credentials }), failures);
    });
  }
});

test("all failures come at once", () => {
  const checked = checkInputs({ plainHttp: 1, digset: DIGEST, credentials: {} });
  assert.equal(checked.ok, false);
  assert.equal(checked.failures.length, 4);
});

describe("a secret value is in no failure", () => {
  const SECRETS = ["hunter2-and-more", "p\u0000ss\nword", "🔑🔑🔑🔑", '"quoted"pass', "{}[]s3cr3t"];
  const places: readonly ((secret: string) => Readonly<Record<string, unknown>>)[] = [
    (secret) => ({ credentials: secret }),
    (secret) => ({ credentials: [secret] }),
    (secret) => ({ credentials: { username: [secret], password: { secret } } }),
    (secret) => ({ credentials: { username: secret } }),
    (secret) => ({ credentials: { password: secret } }),
    (secret) => ({ credentials: { identityToken: secret, password: secret } }),
    (secret) => ({ credentials: { identityToken: [secret] } }),
    (secret) => ({ credentials: { token: secret, username: "u", password: secret } }),
    (secret) => ({ plainHttp: secret }),
    (secret) => ({ skipTlsVerify: { secret } }),
    (secret) => ({ caCertificates: secret }),
    (secret) => ({ caCertificates: [[secret], { secret }] }),
    (secret) => ({ password: secret }),
    (secret) => ({ reference: [secret] }),
    (secret) => ({ digest: [secret] }),
    (secret) => ({ digest: secret }),
    (secret) => ({ reference: `user:${secret.replace(/[^\w-]/gu, "")}@host/app:1` }),
    (secret) => ({ reference: `oci://u:${secret.replace(/[^\w-]/gu, "")}@host/app:1` }),
  ];
  for (const [index, place] of places.entries()) {
    test(`place ${index + 1}`, () => {
      for (const secret of SECRETS) {
        const read = readInputs({ reference: "host/app:1", ...place(secret) });
        assert.ok("failures" in read && read.failures.length > 0);
        const text = read.failures.join("\n");
        for (const form of [secret, secret.replace(/[^\w-]/gu, "")]) {
          if (form.length > 3) assert.ok(!text.includes(form), text);
        }
      }
    });
  }
});

describe("reference and digest", () => {
  test("follow a tag only where neither pins", () => {
    const follows = (values: Readonly<Record<string, unknown>>): boolean => {
      const read = readInputs(values);
      assert.ok(!("failures" in read));
      return followsTag(read);
    };
    assert.equal(follows({ reference: "host/app" }), true);
    assert.equal(follows({ reference: "host/app:1" }), true);
    assert.equal(follows({ reference: `host/app:1@${DIGEST}` }), false);
    assert.equal(follows({ reference: "host/app:1", digest: DIGEST }), false);
    assert.equal(follows({ reference: `host/app@${DIGEST}`, digest: DIGEST }), false);
  });

  test("that contradict each other are a failure that names both", () => {
    assert.deepEqual(readInputs({ reference: `host/app@${DIGEST}`, digest: OTHER }), {
      failures: [
        `cannot use input "digest": it is ${OTHER}, and the reference names ${DIGEST}\nhint: remove one of them`,
      ],
    });
  });

  test("a digest that is none", () => {
    const read = readInputs({ reference: "host/app", digest: "sha256:abc" });
    assert.ok("failures" in read);
    assert.match(
      read.failures[0] ?? "",
      /^cannot use input "digest": it is not one\nhint: a sha256 digest has 64/,
    );
  });

  test("a reference that is none", () => {
    const read = readInputs({ reference: "Host/UPPER:1" });
    assert.ok("failures" in read);
    assert.match(read.failures[0] ?? "", /^cannot use the reference "/);
  });
});

test("each limit of the table may be given, and a mistyped one is known", () => {
  const names = Object.keys(LIMITS);
  assert.deepEqual(failuresOf({ limits: Object.fromEntries(names.map((name) => [name, 1])) }), []);
  const checked = checkInputs({ reference: "h/a", limits: { blobByte: 1 } });
  assert.match(checked.ok ? "" : checked.failures.join(), /did you mean "limits\.blobBytes"\?$/);
});

test("each input of the table is checked, described and documented", () => {
  for (const [name, row] of INPUT_ROWS) {
    assert.notEqual(row.description, "", name);
    assert.deepEqual(failuresOf({ [name]: Symbol("wrong") }).length, 1, name);
  }
});
