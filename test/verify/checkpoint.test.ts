/** Checkpoints of logs of this test's own, each wrong in one thing that no other rule looks at. */
import * as assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, test } from "node:test";
import type { TransparencyLogEntry } from "@sigstore/bundle";
import type { TrustMaterial } from "@sigstore/verify";
import { refuseOddCheckpoints } from "../../provider/verify/checkpoint";

const HOST = "log.example";
const ROOT = createHash("sha256").update("a tree").digest();
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const LOG_ID = createHash("sha256").update("a log").digest();
const EMPTY: TrustMaterial = {
  certificateAuthorities: [],
  timestampAuthorities: [],
  ctlogs: [],
  tlogs: [],
  publicKey: () => {
    throw new TypeError("nobody asks for keys");
  },
};
const TRUST: TrustMaterial = {
  ...EMPTY,
  tlogs: [
    {
      logID: LOG_ID,
      publicKey,
      baseURL: `https://${HOST}`,
      validFor: { start: new Date(0), end: new Date(8.64e15) },
    },
  ],
};

interface Note {
  /** Whose tree it is of. */
  readonly origin?: string;
  /** Who the line says has signed. */
  readonly name?: string;
  readonly hint?: Buffer;
  /** Lines of others behind that of the log. */
  readonly others?: readonly string[];
}

/** What the log has signed, whatever it says. */
function check({ origin = HOST, name = HOST, hint = LOG_ID.subarray(0, 4), others = [] }: Note) {
  const text = `${origin}\n7\n${ROOT.toString("base64")}\n`;
  const signature = sign(null, Buffer.from(text), privateKey);
  const own = `\u2014 ${name} ${Buffer.concat([hint, signature]).toString("base64")}`;
  const envelope = `${text}\n${[own, ...others].map((line) => `${line}\n`).join("")}`;
  const inclusionProof = {
    logIndex: "3",
    treeSize: "7",
    rootHash: ROOT,
    hashes: [],
    checkpoint: { envelope },
  };
  const entry = { logId: { keyId: LOG_ID }, logIndex: "3", inclusionProof };
  refuseOddCheckpoints([entry as unknown as TransparencyLogEntry], TRUST);
}

const WITNESS = `\u2014 witness.example ${Buffer.alloc(68, 1).toString("base64")}`;

describe("a checkpoint", () => {
  test("of the log itself holds, whoever has signed beside it", () => {
    check({});
    check({ others: [WITNESS] });
    check({ others: Array.from({ length: 99 }, () => WITNESS) });
  });

  const wrong: Readonly<Record<string, readonly [Note, RegExp]>> = {
    "of another host's tree": [
      { origin: "other.example", name: "other.example" },
      /not signed by the log/,
    ],
    "under another name": [{ name: "other.example" }, /not signed by the log/],
    "under the identifier of another key": [{ hint: Buffer.alloc(4) }, /not signed by the log/],
    "with more than a hundred signatures": [
      { others: Array.from({ length: 100 }, () => WITNESS) },
      /has too many signatures/,
    ],
    "with a signature of no bytes": [
      { others: [`\u2014 witness.example ${Buffer.alloc(4).toString("base64")}`] },
      /is none/,
    ],
  };
  for (const [title, [note, message]] of Object.entries(wrong)) {
    test(`${title} does not`, () => {
      assert.throws(
        () => {
          check(note);
        },
        { name: "Rejection", kind: "tlog", message },
      );
    });
  }
});
