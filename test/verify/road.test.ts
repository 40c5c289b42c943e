/**
 * The cases of cosign over the road that programs and the command line take, from plain inputs to who
 * has signed: keys and roots as texts and as files. What passes is proven once more by its digest, with
 * the registry gone.
 */
import * as assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test, type TestContext } from "node:test";
import { verifyInputs } from "../../provider/pulumi/session";
import type { VerifyOptions } from "../../provider/verify/policy";
import { registryFor } from "../support/registry-for-test";
import { programsFor } from "../support/session-for-test";
import { serveLayout, SIGSTORE_DATA, sigstoreText } from "../support/sigstore-layouts";
import { assertVerdict, CASES, type Case } from "./cases";

const PROGRAMS = programsFor({ after });

/** How the cases name keys and roots, and how a program gives them. */
const FORMS = [
  { form: "as texts, by the referrers API", omitReferrers: false, inputOf: withTexts },
  {
    form: "as files, by the fallback tag",
    omitReferrers: true,
    inputOf: (options: VerifyOptions) => options,
  },
] as const;

function withTexts({ keys, trustedRoot, ...others }: VerifyOptions): VerifyOptions {
  return {
    ...others,
    ...(keys === undefined ? {} : { keys: keys.map(sigstoreText) }),
    ...(trustedRoot === undefined ? {} : { trustedRoot: sigstoreText(trustedRoot) }),
  };
}

async function verify(
  t: TestContext,
  { layout, reference, verify: options }: Case,
  { omitReferrers, inputOf }: (typeof FORMS)[number],
): Promise<{ readonly signers: readonly string[] }> {
  const registry = await registryFor(t, { quirks: { omitReferrers } });
  serveLayout(registry.repository("team/app"), layout);
  const { directory, inputs } = PROGRAMS.next();
  for (const name of ["keys", "roots"]) {
    cpSync(join(SIGSTORE_DATA, name), join(directory, name), { recursive: true });
  }
  const ask = (asked: string) =>
    verifyInputs({ ...inputs, reference: asked, verify: inputOf(options) }, { directory });
  const separator = reference.startsWith("sha256:") ? "@" : ":";
  const found = await ask(`${registry.host}/team/app${separator}${reference}`);
  assert.equal(found.pinned, `${registry.host}/team/app@${found.digest}`);
  await registry.close();
  assert.deepEqual((await ask(found.pinned)).signers, found.signers);
  return found;
}

for (const form of FORMS) {
  describe(`as cosign says, with keys and roots ${form.form}`, () => {
    for (const vector of CASES) {
      test(vector.name, (t) => assertVerdict(vector, verify(t, vector, form)));
    }
  });
}
