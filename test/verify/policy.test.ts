/** What may be asked of signatures: what is refused, what is warned of, and what tells policies apart. */
import * as assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { parsePolicy } from "../../provider/verify/parse-policy";
import {
  policyFingerprint,
  policyText,
  type IdentityOptions,
  type VerifyOptions,
  type VerifyPolicy,
} from "../../provider/verify/policy";
import { signingKey } from "../support/sigstore-signing";
import { sigstoreText } from "../support/sigstore-layouts";

const GITHUB = "https://token.actions.githubusercontent.com";
const WHO = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1";
const SIGNER: IdentityOptions = { certificateIdentity: WHO, certificateOidcIssuer: GITHUB };
const K1 = sigstoreText("keys/k1.pub");
const K2 = sigstoreText("keys/k2.pub");

/** "name: fact / hint" of each problem. */
function problemsOf(options: VerifyOptions): readonly string[] {
  const parsed = parsePolicy(options);
  assert.ok(!parsed.ok, "it is accepted");
  return parsed.problems.map(({ name, fact, hint }) => `${name}: ${fact} / ${hint}`);
}

function accepted(options: VerifyOptions): VerifyPolicy {
  const parsed = parsePolicy(options);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.policy;
}

describe("who has to have signed", () => {
  test("nobody said, both said, or an empty list: refused", () => {
    for (const [options, name, fact] of [
      [{}, "verify", /does not say who/],
      [
        { keys: [K1], identities: [SIGNER] },
        "verify",
        /verify\.keys and verify\.identities exclude/,
      ],
      [{ keys: [] }, "verify.keys", /empty/],
      [{ identities: [] }, "verify.identities", /empty/],
    ] as const) {
      const [problem = "", ...more] = problemsOf(options);
      assert.ok(problem.startsWith(`${name}: `), problem);
      assert.match(problem, fact);
      assert.match(problem, /PEM of a public key.*certificateOidcIssuer/);
      assert.deepEqual(more, []);
    }
  });

  test("an issuer alone is refused, with the line to add", () => {
    const [problem = ""] = problemsOf({ identities: [{ certificateOidcIssuer: GITHUB }] });
    assert.match(problem, /^verify\.identities\[0\]: .*everybody who can log in there/);
    assert.match(problem, /add certificateIdentity: ".*release\.yml@refs\/tags\/v1/);
  });

  test("an identity alone is refused, with the usual issuers", () => {
    const [problem = ""] = problemsOf({ identities: [SIGNER, { certificateIdentity: WHO }] });
    assert.match(
      problem,
      /^verify\.identities\[1\]: .*who vouches.*githubusercontent.*gitlab\.com/,
    );
  });

  test("exact and as an expression at once: refused", () => {
    const both = { ...SIGNER, certificateIdentityRegexp: ".*", certificateOidcIssuerRegexp: ".*" };
    assert.deepEqual(
      problemsOf({ identities: [both] }).map((problem) => problem.split(" / ")[0]),
      [
        "verify.identities[0]: it has certificateIdentity and certificateIdentityRegexp",
        "verify.identities[0]: it has certificateOidcIssuer and certificateOidcIssuerRegexp",
      ],
    );
  });

  test("empty texts say nothing", () => {
    const identity = { certificateIdentity: "", certificateOidcIssuerRegexp: "" };
    assert.equal(problemsOf({ identities: [identity] }).length, 2);
  });

  test("all that is wrong is said at once, under the name that was given", () => {
    const options = { keys: ["x", K1, "y"], trustedRoot: "{}", tuf: { mirror: "-", root: "{}" } };
    const parsed = parsePolicy(options, "registries.verify");
    assert.ok(!parsed.ok);
    assert.deepEqual(
      parsed.problems.map(({ name }) => name),
      ["registries.verify.keys[0]", "registries.verify.keys[2]", "registries.verify"],
    );
  });
});

describe("keys", () => {
  test("one PEM text may hold many", () => {
    const policy = accepted({ keys: [`first\n${K1}\n\nsecond\n${K2}`] });
    assert.ok(policy.kind === "keyed");
    assert.equal(policy.keys.length, 2);
  });

  test("those that Sigstore takes", () => {
    for (const name of ["k1", "p384", "p521", "rsa", "ed25519"]) {
      accepted({ keys: [sigstoreText(`keys/${name}.pub`)] });
    }
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    accepted({ keys: [String(publicKey.export({ type: "pkcs1", format: "pem" }))] });
  });

  test("others are refused, and say why", () => {
    assert.match(problemsOf({ keys: [signingKey("secp256k1").publicKey] })[0] ?? "", /secp256k1/);
    assert.match(problemsOf({ keys: [signingKey(1_024).publicKey] })[0] ?? "", /1024 bits/);
    const { publicKey } = generateKeyPairSync("x25519");
    const pem = String(publicKey.export({ type: "spki", format: "pem" }));
    assert.match(problemsOf({ keys: [pem] })[0] ?? "", /type x25519/);
    const broken = K1.replace("MFkw", "MFkx");
    assert.match(problemsOf({ keys: [broken] })[0] ?? "", /PEM cannot be read/);
  });

  test("a private key is refused, and shown nowhere", () => {
    const pem = String(signingKey().privateKey.export({ type: "pkcs8", format: "pem" }));
    const [problem = ""] = problemsOf({ keys: [pem] });
    assert.match(problem, /^verify\.keys\[0\]: it holds a private key/);
    assert.doesNotMatch(problem, /BEGIN|MIG/);
  });
});

describe("regular expressions", () => {
  const identity = (certificateIdentityRegexp: string): VerifyOptions => ({
    identities: [{ certificateIdentityRegexp, certificateOidcIssuer: GITHUB }],
  });

  test("are read by RE2: what it does not know is refused, by name", () => {
    for (const pattern of ["(", "a(?=b)", "(?<=a)b", "(a)\\1", "a{1001}"]) {
      const [problem = ""] = problemsOf(identity(pattern));
      assert.match(
        problem,
        /^verify\.identities\[0\]\.certificateIdentityRegexp: it is no regular/,
      );
      assert.match(problem, /RE2/);
    }
    for (const pattern of ["(?i)^ACME$", "\\Aacme\\z", "^[[:alpha:]]+$", "^(?P<name>a)$"]) {
      accepted(identity(pattern));
    }
  });

  test("without an anchor they match more than they look like: a warning", () => {
    for (const [pattern, end] of [
      ["https://github.com/acme/.*", "beginning"],
      ["^https://github\\.com/acme", "end"],
      ["^price\\$", "end"],
      ["^https://github\\.com/acme|https://github\\.com/other$", "beginning"],
      ["^https://github\\.com/acme$|^https://github\\.com/other", "end"],
    ] as const) {
      const parsed = parsePolicy(identity(pattern));
      assert.ok(parsed.ok);
      assert.equal(parsed.warnings.length, 1, pattern);
      assert.match(parsed.warnings[0] ?? "", new RegExp(`Regexp is not anchored at its ${end}`));
    }
    const closed = [".*", "^https://github\\.com/acme/", "^a$", "(?i)^a.*", "\\Aa\\z"];
    for (const pattern of [...closed, "^a$|^b$", "^(a|b)$", "^[|(]a$", "^a\\|b$"]) {
      const parsed = parsePolicy(identity(pattern));
      assert.ok(parsed.ok && parsed.warnings.length === 0, pattern);
    }
  });
});

describe("trust", () => {
  test("keys without a log need none, all else takes the public-good instance", () => {
    assert.deepEqual(accepted({ keys: [K1], ignoreTlog: true }).trust, { kind: "none" });
    const stamped = { keys: [K1], ignoreTlog: true, requireTimestamp: true };
    for (const options of [{ keys: [K1] }, { identities: [SIGNER], ignoreTlog: true }, stamped]) {
      assert.deepEqual(accepted(options).trust, { kind: "public" });
    }
  });

  test("a repository is named by a URL", () => {
    const tuf = { mirror: "tuf.example/root", root: "{}" };
    assert.match(problemsOf({ keys: [K1], tuf })[0] ?? "", /^verify\.tuf\.mirror: it is no URL/);
    const mirror = "https://tuf.example";
    const policy = accepted({ keys: [K1], tuf: { ...tuf, mirror } });
    assert.deepEqual(policy.trust, { kind: "tuf", mirror, root: "{}" });
  });
});

describe("the fingerprint", () => {
  const other: IdentityOptions = { certificateIdentity: "x", certificateOidcIssuer: GITHUB };

  test("is the same for all ways to write a policy", () => {
    const { certificateOidcIssuer, certificateIdentity } = SIGNER;
    const same: readonly (readonly [VerifyOptions, VerifyOptions])[] = [
      [{ keys: [K1, K2] }, { keys: [`${K2}${K1.replaceAll("\n", "\r\n")}`, K1] }],
      [
        { identities: [SIGNER, other], annotations: { a: "1", b: "2" } },
        {
          identities: [other, { certificateOidcIssuer, certificateIdentity } as IdentityOptions],
          annotations: { b: "2", a: "1" },
          ignoreSct: false,
        },
      ],
      [
        { keys: [K1], ignoreTlog: true },
        { keys: [K1], ignoreTlog: true, ignoreSct: true, trustedRoot: "{}" },
      ],
    ];
    for (const [one, another] of same) {
      assert.equal(policyText(accepted(one)), policyText(accepted(another)));
      assert.equal(policyFingerprint(accepted(one)), policyFingerprint(accepted(another)));
    }
  });

  test("is another one for each thing that is asked otherwise", () => {
    const tuf = { mirror: "https://a", root: "{}" };
    const policies: readonly VerifyOptions[] = [
      { keys: [K1] },
      { keys: [K2] },
      { keys: [K1], ignoreTlog: true },
      { keys: [K1], requireTimestamp: true },
      { keys: [K1], allowAttestations: true },
      { keys: [K1], annotations: { a: "1" } },
      { keys: [K1], annotations: { a: "2" } },
      { keys: [K1], trustedRoot: "{}" },
      { keys: [K1], trustedRoot: "{ }" },
      { keys: [K1], tuf },
      { keys: [K1], tuf: { ...tuf, root: "{ }" } },
      { keys: [K1], tuf: { ...tuf, mirror: "https://b" } },
      { identities: [SIGNER] },
      { identities: [SIGNER, other] },
      { identities: [SIGNER], ignoreSct: true },
      { identities: [{ certificateIdentityRegexp: WHO, certificateOidcIssuer: GITHUB }] },
    ];
    const texts = policies.map((options) => policyFingerprint(accepted(options)));
    assert.equal(new Set(texts).size, policies.length);
  });

  test("its text is one line without a key", () => {
    const text = policyText(accepted({ keys: [K1] }));
    assert.doesNotMatch(text, /\n|BEGIN/);
    assert.match(text, /^\{"kind":"keyed","keys":\["sha256:[0-9a-f]{64}"\],"trust":"public"/);
  });
});
