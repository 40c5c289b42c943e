/** Options by registry: which count, what wins, what is refused, and that nothing of them is shown. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { checkInputs } from "../../provider/pulumi/check-inputs";
import { storedInputs } from "../../provider/pulumi/inputs";
import { hostOptions, registerSecrets } from "../../provider/pulumi/transport";
import type { TransportInputs } from "../../provider/pulumi/transport-types";
import { redact } from "../../provider/redact";
import type { HostOptions } from "../../provider/settings/endpoints";
import { createCertificates } from "../support/certificates";
import { folderFor } from "../support/folder-for-test";
import { lifecycleWorld } from "./lifecycle-world";

const { authority } = createCertificates();

function optionsOf(
  inputs: TransportInputs,
  registry: string,
  directory = "/nowhere",
): Promise<HostOptions> {
  return hostOptions(inputs, { registry, isOwn: true }, directory);
}

describe("which options count", () => {
  test("those of the reference's own registry, and of no other", async () => {
    const registries = { "one:5000": { plainHttp: true }, two: { skipTlsVerify: true } };
    const one = await optionsOf({ registries }, "one:5000");
    assert.deepEqual(one, { plainHttp: true, caCertificates: [] });
    const two = await optionsOf({ registries }, "two");
    assert.deepEqual(two, { skipTlsVerify: true, caCertificates: [] });
    assert.deepEqual(await optionsOf({ registries }, "one"), { caCertificates: [] });
  });

  test("Docker Hub is found by both of its names", async () => {
    for (const name of ["docker.io", "index.docker.io"]) {
      const registries = { [name]: { timeouts: { stall: 5 } } };
      const found = await optionsOf({ registries }, "docker.io");
      assert.deepEqual(found.timeouts, { stall: 5_000 });
    }
  });

  test("an option beside it wins, and authorities of both are trusted", async (context) => {
    const directory = folderFor(context);
    writeFileSync(join(directory, "ca.crt"), authority.cert);
    const registries = {
      host: {
        plainHttp: true,
        insecure: true,
        caCertificates: [authority.cert],
        credentials: { username: "theirs", password: "p" },
        timeouts: { connect: 1, stall: 2 },
      },
    };
    const given = {
      registries,
      plainHttp: false,
      caCertificates: ["ca.crt"],
      credentials: { username: "own", password: "p" },
      timeouts: { stall: 3 },
    };
    const found = await optionsOf(given, "host", directory);
    assert.equal(found.plainHttp, false);
    assert.equal(found.insecure, true);
    assert.equal(found.credentials?.username, "own");
    assert.deepEqual(found.caCertificates, [authority.cert, authority.cert]);
    assert.deepEqual(found.timeouts, { connect: 1_000, stall: 3_000 });
  });

  test("a host without options says nothing", async () => {
    const found = await optionsOf({ registries: { host: null } }, "host");
    assert.deepEqual(found, { caCertificates: [] });
    assert.equal(checkInputs({ reference: "host/app:1", registries: { host: null } }).ok, true);
  });

  test("errors say where a value came from", async () => {
    const registries = {
      host: { caCertificates: ["gone.crt"] },
    };
    await assert.rejects(optionsOf({ registries }, "host"), (error) => {
      assert.ok(error instanceof OciError);
      assert.match(error.message, /^cannot use registries\["host"\]\.caCertificates\[0\]: /);
      return true;
    });
    const login = { credentials: { username: "u", password: "p" } };
    const found = await optionsOf({ registries: { host: login } }, "host");
    assert.equal(found.credentials?.source, 'the input "registries["host"].credentials"');
  });

  test("secrets of all registries are known as such, whichever is used", () => {
    const registries = {
      other: { credentials: { username: "u", password: "of another 77" } },
    };
    registerSecrets({ registries });
    assert.equal(redact("it was of another 77"), "it was [secret]");
  });
});

describe("what is refused", () => {
  const cases: readonly [unknown, string][] = [
    [[], '"registries": it must be an object, and is a list'],
    [{ host: true }, '"registries["host"]": it must be an object, and is a boolean'],
    [{ host: { plainHttp: 1 } }, '"registries["host"].plainHttp": it must be true or false'],
    [{ host: { plainHtp: true } }, '"registries["host"].plainHtp": there is no such input'],
    [{ host: { registries: {} } }, '"registries["host"].registries": there is no such input'],
    [{ "https://host": {} }, '"registries["https://host"]": '],
    [{ "host/team": {} }, '"registries["host/team"]": host "host/team" contains "/"'],
    [
      { host: { credentials: { username: "u" } } },
      '"registries["host"].credentials": it is not complete',
    ],
    [{ host: { proxy: "socks5://p" } }, '"registries["host"].proxy": it names no proxy'],
  ];
  for (const [registries, failure] of cases) {
    test(JSON.stringify(registries), () => {
      const checked = checkInputs({ reference: "host/app:1", registries });
      assert.ok(!checked.ok);
      assert.equal(checked.failures.length, 1, checked.failures.join("\n"));
      assert.ok(
        checked.failures[0]?.startsWith(`cannot use input ${failure}`),
        checked.failures[0],
      );
    });
  }
});

test("a pull by them works, and nothing of them is stored or a diff", async (context) => {
  const world = await lifecycleWorld(context);
  world.publish({ "a.txt": "a" });
  const { reference, registry } = world;
  const host = world.host();
  const first = await host.check({
    reference,
    registries: { [registry.host]: { plainHttp: true } },
  });
  assert.deepEqual(first.failures, []);
  assert.deepEqual(storedInputs({ registries: {} }), {});
  assert.equal("registries" in first.inputs, false);
  const second = await host.check({ reference, plainHttp: true }, {}, first.inputs);
  assert.deepEqual(second.inputs, first.inputs);
});
