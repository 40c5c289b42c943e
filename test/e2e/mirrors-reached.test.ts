/**
 * How a mirror is reached is a matter of its own: by plain HTTP before a registry with HTTPS and an
 * authority of the company, as the program, registries.conf or the stack configuration says. Where the
 * mirror goes, the registry serves, without a diff.
 */
import * as assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { tarGz } from "../support/archives";
import { buildArtifact, publish } from "../support/artifacts";
import { createCertificates } from "../support/certificates";
import { startDistribution, type Distribution } from "../support/distribution";
import { requestsOf } from "../support/distribution-log";
import type { Project } from "../support/engine";
import { projectFor } from "../support/project-for-test";
import { pushOverHttp } from "../support/push-over-http";
import { registryFor } from "../support/registry-for-test";

/** By what names the mirror; each has content of its own. */
const WAYS = ["program", "conf", "stack"] as const;

const contentOf = (name: string) =>
  buildArtifact({
    layers: [{ bytes: tarGz({ "name.txt": name }), mediaType: "application/gzip" }],
  });

/** An artifact for each way; all trust the authority, and nothing else is said of the registry. */
function program(origin: string, mirror: string): string {
  return `
    const { OciArtifact } = require("pulumi-oci-artifact");
    const ways = {
      program: { mirrors: [{ location: "${mirror}/cache", plainHttp: true }] },
      conf: { registriesConf: "registries.conf", mirrors: [] },
      stack: {},
    };
    for (const [name, way] of Object.entries(ways)) {
      const reference = "${origin}/team/" + name + ":1";
      new OciArtifact(name, { reference, caCertificates: ["company.pem"], ...way });
    }`;
}

/** The same server by another name, of which the stack configuration says nothing. */
function localhost({ host }: Pick<Distribution, "host">): string {
  return host.replace("127.0.0.1", "localhost");
}

/** What a pull asks for. */
function gets(name: string, from: string): readonly string[] {
  const [layer] = contentOf(name).layers;
  const repository = `GET ${from}/team/${name}`;
  return [`${repository}/manifests/1`, `${repository}/blobs/${layer?.digest ?? ""}`];
}

async function openSite(t: TestContext) {
  const { authority, server } = createCertificates();
  const origin = await registryFor(t, { tls: server });
  const mirror = await startDistribution();
  t.after(() => mirror.stop());
  for (const name of WAYS) {
    publish(origin, `team/${name}`, "1", contentOf(name));
    await pushOverHttp(mirror.host, `cache/team/${name}`, "1", contentOf(name));
  }
  const conf = `[[registry]]
location = "${origin.host}"
[[registry.mirror]]
location = "${localhost(mirror)}/cache"
insecure = true
`;
  const project = await projectFor(t, {
    program: program(origin.host, mirror.host),
    files: { "company.pem": authority.cert, "registries.conf": conf },
  });
  return { origin, mirror, project };
}

async function configure(project: Project, option: string, value: string): Promise<void> {
  const path = `oci-artifact:registries${option}`;
  const set = await project.run("pulumi", ["config", "set", "--path", path, value]);
  assert.equal(set.exitCode, 0, set.text);
}

test("a mirror by plain HTTP, before a registry by HTTPS", async (t) => {
  const { origin, mirror, project } = await openSite(t);
  await configure(project, `["${origin.host}"].mirrors[0]`, `${mirror.host}/cache`);
  await configure(project, `["${mirror.host}"].plainHttp`, "true");

  const pushed = requestsOf(mirror).length;
  const hostOf = (name: string): string => (name === "conf" ? localhost(mirror) : mirror.host);

  await t.test("serves, whoever names it", async () => {
    const up = await project.up();
    assert.equal(up.exitCode, 0, up.text);
    const served = up.diagnostics.filter(({ message }) => message.startsWith("served by"));
    for (const name of WAYS) {
      const row = served.filter(({ urn }) => urn.endsWith(`::${name}`));
      const [said = "", ...more] = row.map(({ message }) => message.trim());
      assert.deepEqual(more, []);
      assert.match(said, new RegExp(`^served by mirror .*\\b${hostOf(name)}/cache/team/${name}$`));
      assert.doesNotMatch(said, /https:/, "what was not encrypted is not called so");
    }
    const asked = requestsOf(mirror).slice(pushed);
    for (const name of WAYS) {
      const own = asked.filter((line) => line.includes(`/team/${name}/`));
      assert.deepEqual(
        own,
        gets(name, "/v2/cache").map((line) => `${line} 200`),
      );
    }
    assert.equal(origin.count(), 0);
  });

  await t.test("goes, and the registry serves without a diff", async () => {
    await mirror.stop();
    for (const folder of [project.cache, join(project.directory, ".oci-artifacts")]) {
      await rm(folder, { recursive: true });
    }
    const again = await project.up({ args: ["--expect-no-changes"] });
    assert.equal(again.exitCode, 0, again.text);
    for (const name of WAYS) {
      const own = origin.matching({ repository: `team/${name}` });
      assert.deepEqual(
        own.map(({ method, path }) => `${method} ${path}`),
        gets(name, "/v2"),
      );
    }
  });
});
