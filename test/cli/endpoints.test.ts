/** `oci-artifact inspect --endpoints` as a user runs it: where a pull would go, and nobody is asked. */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { parseCommand } from "../../cli/arguments";
import { createCertificates } from "../support/certificates";
import { inspectWorld } from "./inspect-world";

describe("offline", () => {
  const TABLES = `
[[registry]]
prefix = "registry.example/team"
location = "registry.example/team-2"
[[registry.mirror]]
location = "cache.example:5000/registry"
insecure = true
[[registry.mirror]]
location = "frozen.example/registry"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "old.example"

[[registry]]
prefix = "*.example.org"
insecure = true

[[registry]]
location = "old.example"
blocked = true
`;
  const SECRETS = ["geheim-eins", "geheim-zwei", "geheim-drei", "geheim-vier"] as const;
  const { authority, client } = createCertificates();

  /** A machine with something of everything, and the arguments that ask for it. */
  function rich(context: TestContext) {
    const HTTPS_PROXY = `http://me:${SECRETS[0]}@proxy.example:3128`;
    const made = inspectWorld(context, { HTTPS_PROXY, NO_PROXY: "cache.example" });
    const { write, folder } = made;
    write("registries.conf", TABLES);
    const auth = Buffer.from(`me:${SECRETS[1]}`).toString("base64");
    write(
      "auth.json",
      JSON.stringify({
        auths: { "registry.example/team-2": { auth, identitytoken: SECRETS[2] } },
        credHelpers: { "cache.example:5000": "test" },
      }),
    );
    write("bin/docker-credential-test", `#!/bin/sh\n: > ${folder}/has-run\n`, 0o755);
    const directory = ".config/containers/certs.d/registry.example";
    write(`${directory}/ca.crt`, authority.cert);
    write(`${directory}/client.cert`, client.cert);
    write(`${directory}/client.key`, client.key);
    write("ca.pem", authority.cert);
    const credentials = { username: "me", password: SECRETS[3] };
    const mirror = { location: "inline.example/cache", credentials, caCertificates: ["ca.pem"] };
    write("mirrors.json", JSON.stringify([mirror, { location: "plain.example", plainHttp: true }]));
    const args = ["registry.example/team/crds:1.4", "--endpoints", "--mirrors", "mirrors.json"];
    return { ...made, args };
  }

  test("says of each place how it is reached, and why it is passed over", async (t) => {
    const { args, inspect, folder } = rich(t);
    const { exitCode, stderr, stdout } = await inspect(args);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr, "");
    assert.equal(
      stdout.replaceAll(folder, "/home"),
      `reference      registry.example/team/crds:1.4
files          /home/registries.conf

1 mirror       inline.example/cache/team/crds
  named by     --mirrors
  url          https://inline.example/v2/cache/team/crds/manifests/1.4
  connection   HTTPS, verified by the system's authorities and 1 given
  proxy        http://proxy.example:3128, by HTTPS_PROXY
  credential   the input "mirrors[0].credentials"

2 mirror       plain.example/team/crds
  named by     --mirrors
  url          http://plain.example/v2/team/crds/manifests/1.4
  connection   plain HTTP
  credential   none

3 mirror       cache.example:5000/registry/crds
  named by     [[registry]] "registry.example/team" of /home/registries.conf
  url          https://cache.example:5000/v2/registry/crds/manifests/1.4
  connection   HTTPS, not verified; plain HTTP where no TLS connection can be made
  credential   docker-credential-test (credHelpers["cache.example:5000"] of /home/auth.json)
  note         docker-credential-test (credHelpers["cache.example:5000"] of /home/auth.json) is not asked here; where it has nothing: none

4 mirror       frozen.example/registry/crds
  named by     [[registry]] "registry.example/team" of /home/registries.conf
  skipped      it is for digests only (pull-from-mirror = "digest-only")

5 mirror       old.example/crds
  named by     [[registry]] "registry.example/team" of /home/registries.conf
  skipped      blocked by [[registry]] "old.example" of /home/registries.conf

6 origin       registry.example/team-2/crds
  named by     [[registry]] "registry.example/team" of /home/registries.conf
  url          https://registry.example/v2/team-2/crds/manifests/1.4
  connection   HTTPS, verified by the system's authorities and 1 of /home/.config/containers/certs.d/registry.example
               with the client certificate of /home/.config/containers/certs.d/registry.example
  proxy        http://proxy.example:3128, by HTTPS_PROXY
  credential   /home/auth.json (auths["registry.example/team-2"])

credentials    none for 2; looked at
               /home/auth.json
`,
    );
  });

  test("shows no secret, and runs no helper", async (t) => {
    const { args, inspect, folder } = rich(t);
    const encoded = SECRETS.map((secret) => Buffer.from(`me:${secret}`).toString("base64"));
    for (const more of [[], ["--json"]]) {
      const { stdout, stderr } = await inspect([...args, ...more]);
      for (const secret of [...SECRETS, ...encoded, client.key]) {
        assert.ok(!`${stdout}${stderr}`.includes(secret), secret);
      }
    }
    assert.equal(existsSync(join(folder, "has-run")), false);
  });

  test("as JSON", async (t) => {
    const { inspect, write, folder } = inspectWorld(t);
    write("auth.json", "{}");
    write("registries.conf", `[[registry]]\nlocation = "old.example"\nblocked = true\n`);
    const args = ["app.example/crds:1", "--endpoints", "--json", "--mirror", "old.example/x"];
    const { stdout, exitCode } = await inspect([...args, "--plain-http"]);
    assert.equal(exitCode, 0);
    assert.deepEqual(JSON.parse(stdout), {
      reference: "app.example/crds:1",
      files: [join(folder, "registries.conf")],
      endpoints: [
        {
          role: "mirror",
          location: "old.example/x/crds",
          namedBy: "mirrors[0]",
          skipped: `blocked by [[registry]] "old.example" of ${join(folder, "registries.conf")}`,
        },
        {
          role: "origin",
          location: "app.example/crds",
          url: "http://app.example/v2/crds/manifests/1",
          scheme: "http",
          credential: { searched: [join(folder, "auth.json")] },
        },
      ],
    });
  });

  test("a list of places that are all passed over is no failure", async (t) => {
    const { inspect, write, folder } = inspectWorld(t);
    write("registries.conf", `[[registry]]\nlocation = "old.example"\nblocked = true\n`);
    const { stdout, exitCode, stderr } = await inspect(["old.example/app:1", "--endpoints"]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(
      stdout.replaceAll(folder, "/home"),
      `reference      old.example/app:1
files          /home/registries.conf

1 origin       old.example/app
  named by     [[registry]] "old.example" of /home/registries.conf
  skipped      blocked by [[registry]] "old.example" of /home/registries.conf

endpoints      all are passed over: a pull would fail
`,
    );
  });

  test("flags are named where they leave the registry out", async (t) => {
    const { inspect } = inspectWorld(t);
    const { stdout } = await inspect(["app.example/app:1", "--endpoints", "--no-fallback"]);
    assert.match(stdout, /\n {2}skipped +left out by --no-fallback\n/);
  });

  test("a name without a registry says what it means", async (t) => {
    const { inspect, write, folder } = inspectWorld(t);
    write("auth.json", "{}");
    const list = 'unqualified-search-registries = ["one.example", "two.example"]';
    write("registries.conf", `${list}\n[aliases]\ncrds = "ghcr.io/team/crds"\n`);
    const alias = await inspect(["crds:1", "--endpoints"]);
    const means = `\nmeans          ghcr.io/team/crds:1 ([aliases] of ${folder}/registries.conf)\n`;
    assert.ok(alias.stdout.includes(means), alias.stdout);
    const { stdout } = await inspect(["app:1", "--endpoints"]);
    assert.match(
      stdout,
      /\nmeans +one\.example\/app:1 \(unqualified-search-registries\)\n +two\.example\/app:1 \(/,
    );
    assert.match(stdout, /\n2 origin +two\.example\/app\n.*\n {2}for +two\.example\/app:1\n/);
  });

  test("a file that cannot be used is an error, as for a pull", async (t) => {
    const { inspect, write } = inspectWorld(t);
    write("registries.conf", "[[registry]\n");
    const { exitCode, stdout, stderr } = await inspect(["old.example/app:1", "--endpoints"]);
    assert.equal(exitCode, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^cannot .*registries\.conf/);
  });
});

describe("flags that do not go together", () => {
  const cases: readonly [readonly string[], string][] = [
    [["inspect", "a", "--online"], "--online needs --endpoints"],
    [["inspect", "a", "--endpoints", "--output", "x"], "inspect takes no --output"],
    [["pull", "a", "--output", "x", "--endpoints"], "pull takes no --endpoints"],
    [["pull", "--from-file", "x", "--online"], "pull takes no --online"],
  ];
  for (const [args, problem] of cases) {
    test(args.join(" "), () => {
      assert.deepEqual(parseCommand(args), { kind: "wrong", problem });
    });
  }
});
