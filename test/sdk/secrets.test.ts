/** Inputs that are secret leave the program as secrets, whatever the user gave. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { INPUT_ROWS } from "../../provider/pulumi/inputs";
import { OciArtifact } from "../../sdk/artifact";
import type { OciArtifactArgs } from "../../sdk/args";

const ARGS: OciArtifactArgs = {
  reference: "localhost:1/team/app:1",
  plainHttp: true,
  insecure: true,
  skipTlsVerify: false,
  caCertificates: ["ca.crt"],
  credentials: { username: "u", password: "p" },
  clientCertificate: { certificate: "client.crt", key: "client.key" },
  mirrors: [{ location: "mirror.example", credentials: { username: "u", password: "p" } }],
  proxy: "http://me:geheim@proxy.example:3128",
  timeouts: { connect: 1 },
  registries: { "registry.example:5000": { credentials: { username: "u", password: "p" } } },
};

/** What the class hands to the engine, before anything unwraps it. */
function handedOver(args: OciArtifactArgs): Readonly<Record<string, unknown>> {
  let seen: Readonly<Record<string, unknown>> = {};
  const look: pulumi.ResourceTransformation = ({ props, opts }) => {
    seen = props;
    return { props: props, opts };
  };
  new OciArtifact("app", args, { transformations: [look] });
  return seen;
}

describe("an input is handed over as a secret where the table of inputs says so", () => {
  for (const [name, row] of INPUT_ROWS) {
    if (!(name in ARGS)) continue;
    test(name, async () => {
      await pulumi.runtime.setMocks({
        newResource: ({ name: id, inputs }) => ({ id, state: inputs as object }),
        call: ({ inputs }) => inputs as object,
      });
      const value = handedOver(ARGS)[name];
      assert.equal(await pulumi.isSecret(pulumi.output(value)), row.secret === true);
    });
  }

  test("and no secret of the table was forgotten here", () => {
    const secret = [...INPUT_ROWS].filter(([, row]) => row.secret).map(([name]) => name);
    assert.deepEqual(
      secret.filter((name) => !(name in ARGS)),
      [],
    );
  });
});
