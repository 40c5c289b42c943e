/** Statements and entries at the borders of what cosign's readers take. */
import * as assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import { statementClaims } from "../../provider/verify/claims";
import { refuseOtherSigners } from "../../provider/verify/logged-key";
import { parseProtoJson } from "../../provider/verify/proto-json";
import { createCertificates } from "../support/certificates";

const HEX = "ab".repeat(32);

function statementWith(subjects: number): Buffer {
  const subject = Array.from({ length: subjects }, () => ({ digest: { sha256: HEX } }));
  const predicateType = "https://sigstore.dev/cosign/sign/v1";
  return Buffer.from(
    JSON.stringify({ _type: "https://in-toto.io/Statement/v1", subject, predicateType }),
  );
}

test("a statement about 1,024 subjects counts, and one about more does not", () => {
  const digest = `sha256:${HEX}`;
  assert.deepEqual(statementClaims(statementWith(1_024), digest), { annotations: {} });
  assert.throws(() => statementClaims(statementWith(1_025), digest), {
    name: "Rejection",
    message: /it has 1025 subjects, and 1024 are the most/,
  });
});

test("an integer has 64 bits", () => {
  const read = (size: string): unknown =>
    parseProtoJson(Buffer.from(JSON.stringify({ size })), { members: { size: "int64" } }, "it");
  for (const size of ["9223372036854775807", "-9223372036854775808"]) {
    assert.deepEqual(read(size), { size });
  }
  for (const size of ["9223372036854775808", "-9223372036854775809"]) {
    assert.throws(() => read(size), { message: /"size" of it is no integer/ });
  }
});

test("a certificate beside a signature by another key is not what was logged", () => {
  const { client, server } = createCertificates();
  const certificate = new X509Certificate(client.cert).raw;
  const publicKey = { content: Buffer.from(client.cert).toString("base64") };
  const spec = { signature: { publicKey }, data: { hash: { algorithm: "sha256" } } };
  const entry = {
    kindVersion: { kind: "hashedrekord", version: "0.0.1" },
    canonicalizedBody: Buffer.from(JSON.stringify({ spec })),
  } as unknown as TransparencyLogEntry;
  const check = (key: string): void => {
    refuseOtherSigners([entry], "messageSignature", { key: createPublicKey(key), certificate });
  };
  check(client.cert);
  assert.throws(
    () => {
      check(server.cert);
    },
    { name: "Rejection", message: "the certificate that was logged is of another key" },
  );
});
