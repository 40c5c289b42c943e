/**
 * Signatures of which one part is not as it should be, each with the verdict of cosign 3.1.3: made in a
 * Sigstore of their own, whose logs and authorities sign anything. Nobody is asked.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { candidateCheck } from "../../provider/verify/check-candidate";
import type { Candidate } from "../../provider/verify/find-candidates";
import { parsePolicy } from "../../provider/verify/parse-policy";
import type { VerifyOptions } from "../../provider/verify/policy";
import { Rejection } from "../../provider/verify/reasons";
import { REPOSITORY as CHECKOUT } from "../support/repository";

interface Case {
  readonly name: string;
  /** What cosign says, "accepted" or "refused"; and of what is refused, why it is here. */
  readonly verdict: string;
  readonly reason?: string;
  readonly kind: "bundle" | "layer";
  readonly bundle?: string;
  readonly payload?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly verify: VerifyOptions;
  /** Index of the trusted root. */
  readonly root: number;
}

const { digest, roots, cases } = JSON.parse(
  readFileSync(join(CHECKOUT, "test/data/sigstore-verdicts/cases.json"), "utf8"),
) as {
  readonly digest: string;
  readonly roots: readonly object[];
  readonly cases: readonly Case[];
};

function candidateOf({ kind, bundle = "", payload = "", annotations = {} }: Case): Candidate {
  const place = "here";
  return kind === "bundle"
    ? { kind, place, bytes: Buffer.from(bundle) }
    : { kind, place, payload: Buffer.from(payload), annotations };
}

function verdictOn(vector: Case): Pick<Case, "verdict" | "reason"> {
  const trustedRoot = JSON.stringify(roots[vector.root]);
  const parsed = parsePolicy({ ...vector.verify, trustedRoot });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  try {
    candidateCheck(parsed.policy, trustedRoot)(candidateOf(vector), digest);
    return { verdict: "accepted" };
  } catch (error) {
    // An authority that may not issue such certificates is none.
    if (error instanceof OciError && error.code === "TRUSTED_ROOT") {
      assert.match(error.message, /no certificate authority that may .* is left out\n/);
      return { verdict: "refused", reason: error.code };
    }
    assert.ok(error instanceof Rejection, String(error));
    return { verdict: "refused", reason: `${error.kind}: ${error.message}` };
  }
}

describe("what cosign takes, and nothing else", () => {
  for (const vector of cases) {
    test(vector.name, () => {
      const { verdict, reason } = vector;
      assert.deepEqual(verdictOn(vector), reason === undefined ? { verdict } : { verdict, reason });
    });
  }
});
