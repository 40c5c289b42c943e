/**
 * Signatures in both of cosign's formats, changed at random: what still counts signs the very digest that
 * was signed, and says the very same; what does not is rejected with a reason.
 */
import * as assert from "node:assert/strict";
import { digestOf } from "../../provider/digest";
import { certificateBeside } from "../../provider/verify/read-candidate";
import { candidateCheck, type CandidateCheck } from "../../provider/verify/check-candidate";
import type { Candidate } from "../../provider/verify/find-candidates";
import { Rejection } from "../../provider/verify/reasons";
import { policyOf, signedBundle, signedLayer, signingKey } from "../support/sigstore-signing";
import type { Grammar } from "./grammar";
import { mutated, mutatedJson, mutatedText } from "./mutations";
import type { Random } from "./random";

const DIGEST = digestOf("signed");
const OTHER = digestOf("not signed");

interface Signed {
  readonly check: CandidateCheck;
  readonly layer: ReturnType<typeof signedLayer>;
  readonly bundle: string;
}

let signed: Signed | undefined;

/** Keys take long to make: one for all rounds. */
function sign(): Signed {
  const key = signingKey();
  return {
    check: candidateCheck(policyOf([key]), undefined),
    layer: signedLayer(key, DIGEST),
    bundle: signedBundle(key, DIGEST),
  };
}

/** As log entries, certificates and timestamps look that somebody writes beside a signature. */
const BESIDE = [
  ["dev.sigstore.cosign/bundle", '{"SignedEntryTimestamp":"AAAA","Payload":{"body":"e30="}}'],
  ["dev.sigstore.cosign/rfc3161timestamp", '{"SignedRFC3161Timestamp":"AAAA"}'],
  [
    "dev.sigstore.cosign/certificate",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
  ],
] as const;

const PARTS = ['"', "=", "A", "\\", "{", "}", "[", ":", ",", "-----", OTHER, "tlogEntries", "null"];

const MATERIAL = {
  logIndex: "1",
  logId: { keyId: "AA==" },
  kindVersion: { kind: "dsse", version: "0.0.1" },
  integratedTime: "1",
  inclusionPromise: { signedEntryTimestamp: "AA==" },
  canonicalizedBody: "e30=",
};

function changedLayer({ layer }: Signed, random: Random): Candidate {
  const annotations: Record<string, string> = { ...layer.annotations };
  if (random.oneIn(2)) {
    const [name, text] = random.pick(BESIDE);
    annotations[name] = random.oneIn(3) ? text : mutatedText(text, random, PARTS);
  }
  const payload = Buffer.from(layer.payload);
  const name = random.pick(Object.keys(annotations));
  if (random.oneIn(2)) annotations[name] = mutatedText(annotations[name] ?? "", random, PARTS);
  const isWhole = random.oneIn(2);
  return {
    kind: "layer",
    place: "a layer",
    payload: isWhole ? payload : mutated(payload, random, [Buffer.from(OTHER)]),
    annotations,
  };
}

function changedBundle({ bundle }: Signed, random: Random): Candidate {
  const document = JSON.parse(bundle) as Readonly<Record<string, object>>;
  const material = { ...document["verificationMaterial"], tlogEntries: [MATERIAL] };
  const whole = random.oneIn(3) ? { ...document, verificationMaterial: material } : document;
  const text = random.oneIn(2)
    ? mutatedJson(whole, random)
    : mutatedText(JSON.stringify(whole), random, PARTS);
  return { kind: "bundle", place: "a referrer", bytes: Buffer.from(text) };
}

function verdict(check: () => string): string {
  try {
    assert.match(check(), /^key sha256:|^key /);
    return "signed";
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    assert.doesNotMatch(
      error.message,
      /\[native code\]|\[object |Cannot read prop|is not a function/,
    );
    return error.kind;
  }
}

export const signatures: Grammar = {
  name: "signatures",
  share: 2_000,
  reaches: ["signed", "format", "signature"],
  round({ random }) {
    const known = (signed ??= sign());
    const candidate = random.oneIn(2) ? changedLayer(known, random) : changedBundle(known, random);
    certificateBeside(candidate);
    assert.notEqual(
      verdict(() => known.check(candidate, OTHER)),
      "signed",
    );
    const outcome = verdict(() => known.check(candidate, DIGEST));
    if (outcome !== "signed") return outcome;
    // Who changes what is signed has no signature of it.
    if (candidate.kind === "layer") assert.equal(candidate.payload.toString(), known.layer.payload);
    else assert.deepEqual(envelopeIn(candidate.bytes), envelopeIn(Buffer.from(known.bundle)));
    return outcome;
  },
};

/** What is signed, in whichever case and with whichever company it stands. */
function envelopeIn(bytes: Buffer): unknown {
  const { dsseEnvelope } = JSON.parse(bytes.toString()) as {
    readonly dsseEnvelope: { readonly payload: string; readonly payloadType: string };
  };
  return [Buffer.from(dsseEnvelope.payload, "base64").toString(), dsseEnvelope.payloadType];
}
