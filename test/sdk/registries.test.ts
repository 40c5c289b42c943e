/** The stack configuration `oci-artifact:registries` and the input of that name become one map. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../../sdk/outputs";
import { withConfigured } from "../../sdk/registries";

function configure(value: string | undefined): void {
  pulumi.runtime.setAllConfig(value === undefined ? {} : { "oci-artifact:registries": value });
}

describe("withConfigured", () => {
  test("nothing is nothing", () => {
    configure(undefined);
    assert.equal(withConfigured(undefined), undefined);
  });

  test("the configuration alone, and the input alone", async () => {
    configure('{"one:5000":{"plainHttp":true}}');
    assert.deepEqual(await knownValue(withConfigured(undefined)), {
      "one:5000": { plainHttp: true },
    });
    configure(undefined);
    const given = { two: { insecure: pulumi.output(true) } };
    assert.deepEqual(await knownValue(withConfigured(given)), { two: { insecure: true } });
  });

  test("host by host and option by option, what is given wins", async () => {
    configure('{"one":{"plainHttp":true,"proxy":"none"},"two":{"insecure":true}}');
    const given = pulumi.output({ one: { plainHttp: false }, three: { skipTlsVerify: true } });
    assert.deepEqual(await knownValue(withConfigured(given)), {
      one: { plainHttp: false, proxy: "none" },
      two: { insecure: true },
      three: { skipTlsVerify: true },
    });
  });

  test("hosts are the same however they are spelled, and undefined is not given", async () => {
    configure('{"index.docker.io":{"insecure":true,"proxy":"none"}}');
    const given = { "docker.io": { insecure: false, proxy: undefined } };
    assert.deepEqual(await knownValue(withConfigured(given)), {
      "docker.io": { insecure: false, proxy: "none" },
    });
  });

  test("types that pulumi config set --path cannot know are those of the inputs", async () => {
    const credentials = { username: 12345, password: "67890" };
    const options = { credentials, timeouts: { connect: "2.5" }, plainHttp: "true" };
    configure(JSON.stringify({ host: options, empty: null }));
    assert.deepEqual(await knownValue(withConfigured(undefined)), {
      host: {
        credentials: { username: "12345", password: "67890" },
        timeouts: { connect: 2.5 },
        plainHttp: true,
      },
      empty: null,
    });
  });

  for (const [name, value, fact] of [
    ["no JSON", "{geheim", "it is not JSON"],
    ["a list", '["geheim"]', "it is no map"],
    ["a text", '"geheim"', "it is no map"],
  ] as const) {
    test(`${name} is refused without its value`, () => {
      configure(value);
      assert.throws(
        () => withConfigured(undefined),
        (error: Error) => {
          assert.ok(
            error.message.startsWith("cannot use the configuration oci-artifact:registries"),
          );
          assert.ok(error.message.includes(fact));
          assert.doesNotMatch(error.message, /geheim/);
          return true;
        },
      );
    });
  }
});
