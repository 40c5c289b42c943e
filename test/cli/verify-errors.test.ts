/** Errors and warnings of signatures on a terminal: in the words of flags, and not of inputs. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WORKFLOW } from "../verify/roots";
import { errorIn, ISSUER, KEY, KEYLESS, ROOT, terminal } from "./verify-world";

describe("errors are in the words of flags", () => {
  const cases: readonly {
    readonly flags: readonly string[];
    readonly code: string;
    readonly message: RegExp;
  }[] = [
    {
      flags: ["--verify-key", "none.pub"],
      code: "CONFIG",
      message:
        /^cannot use --verify-key: none\.pub cannot be read \(ENOENT\)\nhint: .*working directory$/,
    },
    {
      flags: ["--verify-key", "root.json"],
      code: "INVALID_INPUT",
      message: /^cannot use --verify-key: .*\nhint: give a public key as PEM/,
    },
    {
      flags: [...KEY, "--trusted-root", "none.json"],
      code: "CONFIG",
      message: /^cannot use --trusted-root: none\.json cannot be read/,
    },
    {
      flags: [...KEY, "--tuf-mirror", "tuf.example", "--tuf-root", "root.json"],
      code: "INVALID_INPUT",
      message: /^cannot use --tuf-mirror: it is no URL/,
    },
    {
      flags: [...KEY, ...ROOT, "--tuf-mirror", "https://tuf.example", "--tuf-root", "root.json"],
      code: "INVALID_INPUT",
      message: /^cannot use --verify: --trusted-root and --tuf-mirror both say whom to trust\n/,
    },
    {
      flags: ["--certificate-identity-regexp", "(", ...ISSUER],
      code: "INVALID_INPUT",
      message: /^cannot use --certificate-identity-regexp: it is no regular expression/,
    },
    {
      flags: [...KEY],
      code: "NOT_LOGGED",
      message: /\nhint: .* set --ignore-tlog; where the log is your own, give its --trusted-root$/,
    },
    {
      flags: KEYLESS,
      code: "WRONG_SIGNER",
      message: /\nhint: .*--verify-key for a key, --certificate-identity for a certificate$/,
    },
  ];
  for (const { flags, code, message } of cases) {
    test(flags.join(" ").replace(/https:\S+/g, "…"), async (t) => {
      const { verify } = await terminal(t, "keyed-legacy-ok");
      // The public instance is not asked: nobody is there.
      const all = code === "NOT_LOGGED" ? [...flags, ...ROOT] : flags;
      const error = errorIn(await verify(...all, "--json"));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /verify\.[a-z]|input "/);
    });
  }

  test("an issuer alone: with the flag to add, and who has signed", async (t) => {
    const { verify } = await terminal(t, "keyless-bundle-rekor1-ok");
    const { exitCode, stdout, stderr } = await verify(...ISSUER, ...ROOT);
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /^cannot use --certificate-identity: .*everybody who can log in there/);
    assert.ok(stderr.includes(`{"certificateIdentity":"${WORKFLOW}"`), stderr);
    assert.match(stderr, /\nhint: add --certificate-identity "…": /);
    assert.match(stderr, /--certificate-identity-regexp "\.\*" admits everybody\n$/);
  });

  test("an open end of a regular expression is a warning, and names the flag", async (t) => {
    const { verify } = await terminal(t, "keyless-bundle-rekor1-ok");
    const loose = ["--certificate-identity-regexp", "^https://github\\.com/acme"];
    const { exitCode, stderr } = await verify(...loose, ...ISSUER, ...ROOT);
    assert.equal(exitCode, 0);
    assert.match(stderr, /^warning: --certificate-identity-regexp is not anchored at its end/);
  });

  test("what the command line alone tells to be wrong asks nobody", async (t) => {
    const { registry, run, reference } = await terminal(t, "keyed-legacy-ok");
    for (const [args, problem] of [
      [["verify", reference], "verify needs --verify-key, --certificate-identity or --verify"],
      [["verify", reference, "--ignore-tlog"], "--ignore-tlog needs --verify-key, "],
      [
        ["verify", reference, ...KEY, ...ISSUER],
        "--verify-key and --certificate-oidc-issuer exclude",
      ],
      [["verify", reference, ...KEY, "--annotation", "env"], "--annotation takes NAME=VALUE"],
      [["verify", reference, ...KEY, "--output", "out"], "verify takes no --output"],
      [["pull", reference, ...ROOT, "--output", "out"], "--trusted-root needs --verify-key, "],
      [["inspect", reference, ...KEY], "inspect takes no --verify-key; verify and pull do"],
      [["inspect", reference, "--endpoints", ...ROOT], "inspect takes no --trusted-root"],
    ] as const) {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 2);
      assert.ok(stderr.startsWith(`oci-artifact: ${problem}`), stderr);
    }
    assert.deepEqual(registry.requests, []);
  });
});
