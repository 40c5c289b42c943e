/** Certificates: whom they name, who may issue them, and what of that is only claimed. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { claimedIdentities } from "../../provider/verify/claimed-identities";
import type { VerifyPolicy } from "../../provider/verify/policy";
import { sigstoreText } from "../support/sigstore-layouts";
import { GITHUB, keyless, rootWith, SIGNER, WORKFLOW } from "./roots";
import { openSignedWorld } from "./world";

describe("whom a certificate names", () => {
  const identities = (identity: object): VerifyPolicy => keyless({ identities: [identity] });

  test("is compared whole, or found by RE2", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-legacy-ok" });
    const { certificateIdentity, certificateOidcIssuer } = SIGNER;
    for (const good of [
      SIGNER,
      { certificateIdentityRegexp: "acme/app", certificateOidcIssuer },
      { certificateIdentityRegexp: "(?i)^HTTPS://github\\.com/ACME/", certificateOidcIssuer },
      { certificateIdentity, certificateOidcIssuerRegexp: "^https://token\\.actions\\." },
      { certificateIdentityRegexp: ".*", certificateOidcIssuerRegexp: ".*" },
    ]) {
      assert.deepEqual((await world.verify(identities(good))).signers, [`${WORKFLOW} (${GITHUB})`]);
    }
    for (const bad of [
      { ...SIGNER, certificateIdentity: WORKFLOW.slice(0, -1) },
      { ...SIGNER, certificateIdentity: WORKFLOW.replace(/\./g, ".?") },
      { ...SIGNER, certificateOidcIssuer: `${GITHUB}/` },
      { certificateIdentityRegexp: "^acme/app", certificateOidcIssuer },
      { certificateIdentityRegexp: "app$", certificateOidcIssuer },
    ]) {
      const error = await world.refusal(identities(bad));
      assert.equal(error.code, "WRONG_SIGNER");
      const who = `${WORKFLOW} (${GITHUB})`;
      assert.equal(error.fact, `the signature is by ${who}, whom verify.identities does not name`);
      assert.match(error.message, /hint: if this signer is to be trusted, add it/);
    }
  });

  test("name and issuer of one entry count, not one of each", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-legacy-ok" });
    const crossed = [
      { ...SIGNER, certificateOidcIssuer: "https://gitlab.com" },
      { ...SIGNER, certificateIdentity: "somebody@example.com" },
    ];
    const error = await world.refusal(keyless({ identities: crossed }));
    assert.equal(error.code, "WRONG_SIGNER");
    await world.verify(keyless({ identities: [...crossed, SIGNER] }));
  });

  test("is claimed, for the error that asks for it, before anything is checked", async (t) => {
    for (const layout of ["keyless-legacy-valid-but-foreign", "keyless-bundle-rekor1-ok"]) {
      const { digest, source, context } = await openSignedWorld(t, { layout });
      const [claim, ...more] = await claimedIdentities(digest, source, context);
      assert.equal(claim?.certificateOidcIssuer, GITHUB);
      assert.match(claim.certificateIdentity, /^https:\/\/github\.com\/(?:acme|evil)\/app\//);
      assert.deepEqual(more, []);
    }
    for (const layout of ["keyed-legacy-ok", "unsigned", "keyed-bundle-statement-not-json"]) {
      const { digest, source, context } = await openSignedWorld(t, { layout });
      assert.deepEqual(await claimedIdentities(digest, source, context), []);
    }
    const { registry, digest, source, context } = await openSignedWorld(t);
    registry.fault({ then: { kind: "status", status: 503 } });
    assert.deepEqual(await claimedIdentities(digest, source, context), []);
  });
});

describe("certificates", () => {
  test("have to be in a log of certificates that is trusted, unless that is ignored", async (t) => {
    for (const layout of ["keyless-bundle-rekor1-ok", "keyless-legacy-ok"]) {
      const world = await openSignedWorld(t, { layout });
      const trustedRoot = rootWith(() => ({ ctlogs: [] }));
      const error = await world.refusal(keyless({ trustedRoot }));
      assert.equal(error.code, "UNTRUSTED_CERTIFICATE");
      assert.match(error.message, /verify\.ignoreSct$/);
      await world.verify(keyless({ trustedRoot, ignoreSct: true }));
    }
    const none = await openSignedWorld(t, { layout: "keyless-legacy-no-sct" });
    const error = await none.refusal(keyless());
    assert.equal(error.code, "UNTRUSTED_CERTIFICATE");
    assert.match(error.fact, /expected 1 SCTs, got 0/);
  });

  test("that is ignored, and nothing else: the authority still has to be the right one", async (t) => {
    const world = await openSignedWorld(t, { layout: "keyless-bundle-rekor1-ok" });
    for (const name of ["other-ca", "ca-ended"]) {
      const trustedRoot = sigstoreText(`roots/${name}.json`);
      const error = await world.refusal(keyless({ trustedRoot, ignoreSct: true }));
      assert.equal(error.code, "UNTRUSTED_CERTIFICATE");
    }
  });
});
