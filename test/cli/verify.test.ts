/** `oci-artifact verify`, and the same flags of `pull`, in processes of their own. */
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { serveLayout } from "../support/sigstore-layouts";
import { signingKey } from "../support/sigstore-signing";
import { tufRepositoryFor } from "../support/sigstore-tuf";
import { GITHUB, WORKFLOW } from "../verify/roots";
import {
  errorIn,
  FILES,
  IDENTITY,
  ISSUER,
  KEY,
  KEYED,
  KEYLESS,
  ROOT,
  terminal,
  type Run,
} from "./verify-world";

describe("each flag asks for what it says", () => {
  /** By layout: flags that it passes, and flags that it does not, with the code of the error. */
  const cases: readonly {
    readonly layout: string;
    readonly good: readonly string[];
    readonly bad: readonly string[];
    readonly code: string;
  }[] = [
    {
      layout: "keyed-legacy-ok",
      good: ["--verify-key", "k2.pub", ...KEYED],
      bad: ["--verify-key", "k2.pub", "--ignore-tlog"],
      code: "BAD_SIGNATURE",
    },
    { layout: "keyed-legacy-tlog-ok", good: [...KEY, ...ROOT], bad: KEYLESS, code: "WRONG_SIGNER" },
    { layout: "keyed-legacy-ok", good: KEYED, bad: [...KEY, ...ROOT], code: "NOT_LOGGED" },
    {
      layout: "keyless-bundle-rekor1-ok",
      good: KEYLESS,
      bad: ["--certificate-identity", `${WORKFLOW}.1`, ...ISSUER, ...ROOT],
      code: "WRONG_SIGNER",
    },
    {
      layout: "keyless-legacy-ok",
      good: ["--certificate-identity-regexp", "^https://github\\.com/acme/", ...ISSUER, ...ROOT],
      bad: ["--certificate-identity-regexp", "^https://github\\.com/evil/", ...ISSUER, ...ROOT],
      code: "WRONG_SIGNER",
    },
    {
      layout: "keyless-legacy-ok",
      good: [...IDENTITY, "--certificate-oidc-issuer-regexp", "^https://token\\.actions", ...ROOT],
      bad: [...IDENTITY, "--certificate-oidc-issuer-regexp", "^https://gitlab\\.com$", ...ROOT],
      code: "WRONG_SIGNER",
    },
    {
      layout: "keyless-legacy-no-sct",
      good: [...KEYLESS, "--ignore-sct"],
      bad: KEYLESS,
      code: "UNTRUSTED_CERTIFICATE",
    },
    {
      layout: "keyless-legacy-ok",
      good: KEYLESS,
      bad: [...KEYLESS, "--require-timestamp"],
      code: "NO_TIMESTAMP",
    },
    {
      layout: "keyless-bundle-extra-timestamp-ok",
      good: [...KEYLESS, "--require-timestamp"],
      bad: KEYED,
      code: "WRONG_SIGNER",
    },
    {
      layout: "policy-attestation-only",
      good: [...KEYED, "--allow-attestations"],
      bad: KEYED,
      code: "UNSIGNED",
    },
    {
      layout: "keyed-legacy-annotation-ok",
      good: [...KEYED, "--annotation", "env=prod"],
      bad: [...KEYED, "--annotation", "env=prod", "--annotation", "stage=done"],
      code: "WRONG_ANNOTATION",
    },
  ];
  for (const { layout, good, bad, code } of cases) {
    const flags = new Set([...good, ...bad].filter((word) => word.startsWith("--")));
    test(`${layout}: ${[...flags].join(" ")}`, async (t) => {
      const { verify } = await terminal(t, layout);
      assert.equal(errorIn(await verify("--json", ...bad)).code, code);
      const { exitCode, stderr } = await verify(...good);
      assert.equal(exitCode, 0, stderr);
    });
  }

  test("--tuf-mirror and --tuf-root name who is asked for the trusted root", async (t) => {
    const { folder, verify } = await terminal(t, "keyless-bundle-rekor1-ok");
    const tuf = await tufRepositoryFor(t, { trustedRoot: FILES["root.json"] ?? "" });
    const { mirror, root } = tuf.options;
    writeFileSync(join(folder, "tuf.json"), root);
    const who = [...IDENTITY, ...ISSUER];
    const { exitCode, stderr } = await verify(
      ...who,
      "--tuf-mirror",
      mirror,
      "--tuf-root",
      "tuf.json",
    );
    assert.equal(exitCode, 0, stderr);
    assert.ok(tuf.take().includes("targets/trusted_root.json"));
  });

  test("--verify takes all of it from a file, and flags add to it", async (t) => {
    const { folder, verify } = await terminal(t, "keyed-legacy-annotation-ok");
    const policy = { keys: ["k2.pub"], ignoreTlog: true, annotations: { env: "prod" } };
    writeFileSync(join(folder, "policy.json"), JSON.stringify(policy));
    const alone = await verify("--verify", "policy.json", "--json");
    assert.equal(errorIn(alone).code, "BAD_SIGNATURE");
    assert.equal((await verify("--verify", "policy.json", ...KEY)).exitCode, 0);
    const more = await verify("--verify", "policy.json", ...KEY, "--annotation", "a=b", "--json");
    assert.equal(errorIn(more).code, "WRONG_ANNOTATION");
    writeFileSync(
      join(folder, "policy.json"),
      JSON.stringify({ ...policy, annotations: { env: "test" } }),
    );
    const kept = await verify(
      "--verify",
      "policy.json",
      ...KEY,
      "--annotation",
      "env=prod",
      "--json",
    );
    assert.equal(kept.exitCode, 0, kept.stdout);
    const other = await verify("--verify", "policy.json", ...KEY, "--json");
    assert.equal(errorIn(other).code, "WRONG_ANNOTATION");
  });
});

describe("what verify prints", () => {
  test("the digest and who has signed it, and the cache is all it writes", async (t) => {
    const { digest, folder, registry, verify } = await terminal(t, "keyless-bundle-rekor1-ok");
    const pinned = `${registry.host}/team/app@${digest}`;
    assert.deepEqual(await verify(...KEYLESS), {
      exitCode: 0,
      stdout: `${pinned}\nsigned by ${WORKFLOW} (${GITHUB})\n`,
      stderr: "",
    });
    const json = JSON.parse((await verify(...KEYLESS, "--json")).stdout) as unknown;
    const signers = [`${WORKFLOW} (${GITHUB})`];
    assert.deepEqual(json, { pinned, digest, signers, servedBy: registry.host });
    assert.equal(existsSync(join(folder, ".oci-artifacts")), false);
    // No content: what was fetched are signatures.
    const layer = registry.repository("team/app").manifest("v1")?.bytes ?? "";
    const [content] = (JSON.parse(Buffer.from(layer).toString()) as Layers).layers;
    assert.ok(content !== undefined);
    assert.equal(registry.count({ reference: content.digest }), 0);
  });

  test("of a digest that was verified before, the same with the registry gone", async (t) => {
    const { digest, reference, registry, run, verify } = await terminal(t, "keyed-legacy-ok");
    const first = await verify(...KEYED);
    await registry.stop();
    const pinned = reference.replace(/:v1$/, `@${digest}`);
    const again = await run("verify", pinned, "--plain-http", ...KEYED);
    assert.deepEqual(again, first);
    const other = await run(
      "verify",
      pinned,
      "--plain-http",
      "--json",
      "--verify-key",
      "k2.pub",
      "--ignore-tlog",
    );
    assert.equal(errorIn(other).code, "NO_EVIDENCE");
    // What the tag names, nobody knows.
    assert.equal(errorIn(await verify(...KEYED, "--json")).code, "UNREACHABLE");
  });
});

interface Layers {
  readonly layers: readonly { readonly digest: string }[];
}

describe("pull", () => {
  test("places what is signed, and says by whom", async (t) => {
    const { folder, reference, run } = await terminal(t, "keyed-legacy-ok");
    const args = ["pull", reference, "--plain-http", "--output", "out", "--json", ...KEYED];
    const { exitCode, stdout, stderr } = await run(...args);
    assert.equal(exitCode, 0, stderr + stdout);
    const { signers } = JSON.parse(stdout) as { readonly signers: readonly string[] };
    assert.match(signers.join(), /^key sha256:[0-9a-f]{64}$/);
    assert.ok(existsSync(join(folder, "out")));
  });

  test("places nothing that is not, and leaves what was there", async (t) => {
    const { folder, reference, registry, run } = await terminal(t, "keyed-legacy-ok");
    const pull = (...flags: readonly string[]): Promise<Run> =>
      run("pull", reference, "--plain-http", "--output", "out", ...flags);
    const refused = await pull("--verify-key", "k2.pub", "--ignore-tlog");
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /^cannot verify .*team\/app:v1: the signature does not hold/);
    assert.match(refused.stderr, /\nhint: check that --verify-key holds the public key/);
    assert.equal(existsSync(join(folder, "out")), false);
    assert.equal((await pull(...KEYED)).exitCode, 0);
    const { publicKey } = signingKey();
    writeFileSync(join(folder, "k1.pub"), publicKey);
    registry.clearRequests();
    // The content is in the cache and in place: it passes for the key of then, and not for this one.
    assert.equal((await pull(...KEYED)).exitCode, 1);
    assert.equal(readFileSync(join(folder, "k1.pub"), "utf8"), publicKey);
    assert.ok(existsSync(join(folder, "out")));
  });

  test("of a list: what is signed is placed, and what is not is named", async (t) => {
    const { folder, reference, registry, run } = await terminal(t, "keyed-legacy-ok");
    serveLayout(registry.repository("team/other"), "layouts/unsigned.tar.gz");
    const other = reference.replace("app", "other");
    writeFileSync(join(folder, "list.txt"), `${reference}\tsigned\n${other}\tother\n`);
    const options = JSON.stringify({ [registry.host]: { plainHttp: true } });
    writeFileSync(join(folder, "registries.json"), options);
    const from = ["--from-file", "list.txt", "--registries", "registries.json"];
    const { exitCode, stderr } = await run("pull", ...from, ...KEYED);
    assert.equal(exitCode, 1);
    assert.match(stderr, /team\/other:v1 \(line 2\):\n {2}cannot verify .*no signature of it/);
    assert.ok(existsSync(join(folder, "signed")));
    assert.equal(existsSync(join(folder, "other")), false);
  });
});
