/** `oci-artifact inspect --referrers` and `--referrer` as a user runs them. */
import * as assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { publish } from "../support/artifacts";
import { registryFor } from "../support/registry-for-test";
import { artifactOf, layoutIn, REF_NAME, tarOfLayout } from "../support/layouts";
import { inspectWorld } from "./inspect-world";

const SPDX = "application/spdx+json";

describe("inspect --referrers", () => {
  test("a line for each, with what its list says of it; and the same as JSON", async (t) => {
    const registry = await registryFor(t);
    const { inspect } = inspectWorld(t);
    const artifact = publish(registry, "team/app", "1", artifactOf());
    const annotations = {
      "org.opencontainers.image.created": "2026-01-02T03:04:05Z",
      "org.opencontainers.image.title": "the\u001b[31m SBOM",
    };
    const sbom = publish(registry, "team/app", undefined, {
      layers: [{ bytes: "{}", mediaType: SPDX }],
      artifactType: SPDX,
      annotations,
      subject: artifact.descriptor,
    });
    const reference = `${registry.host}/team/app:1`;
    const shown = await inspect(["--plain-http", "--referrers", reference]);
    assert.equal(shown.exitCode, 0, shown.stderr);
    assert.match(shown.stdout, /\nreferrers +1\n/);
    const line = `  0            ${sbom.digest} ${sbom.size} bytes ${SPDX}, the\ufffd[31m SBOM, 2026-01-02T03:04:05Z\n`;
    assert.ok(shown.stdout.includes(line), shown.stdout);
    assert.equal(registry.count({ kind: "blob" }), 0);
    const json = await inspect(["--plain-http", "--referrers", "--json", reference]);
    const { referrers } = JSON.parse(json.stdout) as { readonly referrers: unknown };
    assert.deepEqual(referrers, {
      entries: [
        {
          mediaType: sbom.mediaType,
          digest: sbom.digest,
          size: sbom.size,
          annotations,
          artifactType: SPDX,
        },
      ],
      unasked: [],
    });
  });

  test("what others have written makes no line of its own", async (t) => {
    const registry = await registryFor(t);
    const { inspect } = inspectWorld(t);
    const forged = "x\nserved by      the cache\u2028kind           wasm";
    const annotations = { "org.opencontainers.image.title": forged, note: forged };
    const artifact = publish(registry, "team/app", "1", { ...artifactOf(), annotations });
    const layers = [{ bytes: "{}", mediaType: SPDX }];
    const sbom = { layers, artifactType: SPDX, annotations, subject: artifact.descriptor };
    publish(registry, "team/app", undefined, sbom);
    const reference = `${registry.host}/team/app:1`;
    const { stdout } = await inspect(["--plain-http", "--referrers", reference]);
    const labels = stdout.split(/[\n\u2028]/).map((line) => line.slice(0, 15).trim());
    assert.deepEqual(
      ["served by", "kind", "referrers"].map((name) => labels.filter((label) => label === name)),
      [["served by"], ["kind"], ["referrers"]],
    );
  });

  test("none is said, and is no failure", async (t) => {
    const registry = await registryFor(t);
    const { inspect } = inspectWorld(t);
    publish(registry, "team/app", "1", artifactOf());
    const args = ["--plain-http", "--referrers", `${registry.host}/team/app:1`];
    const { exitCode, stdout } = await inspect(args);
    assert.equal(exitCode, 0);
    assert.match(stdout, /\nreferrers +none\n/);
  });

  test("who could not be asked is a line: that a mirror lists none is not the last word", async (t) => {
    const [registry, mirror] = [await registryFor(t), await registryFor(t)];
    const { inspect, write } = inspectWorld(t);
    publish(mirror, "team/app", "1", artifactOf());
    await registry.stop();
    write("mirrors.json", JSON.stringify([{ location: mirror.host, plainHttp: true }]));
    const args = ["--plain-http", "--mirrors", "mirrors.json", "--referrers"];
    const { exitCode, stdout, stderr } = await inspect([...args, `${registry.host}/team/app:1`]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /\nreferrers +none\nnot asked +http:\/\/127.0.0.1:\d+: .*ECONNREFUSED/);
  });

  test("it goes with no other command, and not with --endpoints", async (t) => {
    const { inspect } = inspectWorld(t);
    const { exitCode, stderr } = await inspect(["--referrers", "--endpoints", "a.example/b"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /--referrers does not go with --endpoints/);
  });
});

test("inspect --referrer looks at the referrer", async (t) => {
  const registry = await registryFor(t);
  const { inspect } = inspectWorld(t);
  const artifact = publish(registry, "team/app", "1", artifactOf());
  const sbom = publish(registry, "team/app", undefined, {
    layers: [{ bytes: "{}", mediaType: SPDX, title: "sbom.json" }],
    artifactType: SPDX,
    subject: artifact.descriptor,
  });
  const reference = `${registry.host}/team/app:1`;
  const { exitCode, stdout, stderr } = await inspect([
    "--plain-http",
    "--referrer",
    SPDX,
    reference,
  ]);
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, new RegExp(`\ndigest +${sbom.digest}\n`));
  assert.match(stdout, new RegExp(`\nrefers to +${artifact.digest}\n`));
});

test("inspect --endpoints explains a layout: a path, and nobody is dialled", async (t) => {
  const { inspect, folder } = inspectWorld(t);
  const reference = "oci-layout://bundle:1";
  const { exitCode, stdout } = await inspect(["--endpoints", reference]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /\n1 origin +oci-layout:\/\/bundle\n/);
  assert.ok(stdout.includes(`  path         ${folder}/bundle\n`), stdout);
  assert.match(stdout, /connection +none: an image layout is read from this machine\n/);
  const online = await inspect(["--endpoints", "--online", reference]);
  assert.notEqual(online.exitCode, 0);
  assert.match(online.stdout, /answer +the image layout is not there\n/);
});

test("inspect reads a layout below the working directory, as a folder and as a tar", async (t) => {
  const { inspect, folder } = inspectWorld(t);
  const layout = layoutIn(join(folder, "bundle"));
  const { digest } = layout.put(artifactOf(), { [REF_NAME]: "1" });
  writeFileSync(join(folder, "bundle.tar"), tarOfLayout(layout.folder));
  for (const path of ["bundle", "./bundle.tar", join(folder, "bundle")]) {
    const { exitCode, stdout, stderr } = await inspect([`oci-layout://${path}:1`]);
    assert.equal(exitCode, 0, stderr);
    assert.ok(stdout.includes(`oci-layout://${path}@${digest}\n`), stdout);
  }
});
