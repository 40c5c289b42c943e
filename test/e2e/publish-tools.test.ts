/**
 * What is published, taken by the tools that it is for: the real tofu (module and provider, from the
 * registry), helm, crane, the library of ORAS, and our own pull after the real cosign has signed it.
 */
import * as assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import type { Properties } from "../../provider/pulumi/lifecycle";
import { pushWorld } from "../pulumi/push-world";
import { createCertificates, type TestCertificates } from "../support/certificates";
import { cosignFor, GENERATIONS } from "../support/cosign";
import { startDistribution, type Distribution } from "../support/distribution";
import { folderFor } from "../support/folder-for-test";
import { CHART_FILES } from "../support/kind-artifacts";
import { run } from "../support/processes";
import { openSandbox } from "../support/pulling";
import { findOrBuild, type Program } from "../support/toolchain";
import { NETWORK_MODULE } from "../support/tool-shapes";
import { zip } from "../support/zips";

const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

/** Files of a project below a folder. */
function below(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text] as const),
  );
}

describe("over HTTPS, by the tools themselves", () => {
  let certificates: TestCertificates;
  let registry: Distribution;
  before(async () => {
    certificates = createCertificates();
    registry = await startDistribution({ certificate: certificates.server });
  });
  after(async () => {
    await registry.stop();
  });

  /** Publishes files of a project to a repository and a tag. */
  async function published(
    t: TestContext,
    files: Readonly<Record<string, string | Buffer>>,
    place: string,
    inputs: Properties,
  ): Promise<Properties> {
    const world = await pushWorld(t);
    for (const [name, content] of Object.entries(files)) {
      world.write({ [name]: "" });
      writeFileSync(join(world.project, name), content);
    }
    const caCertificates = [certificates.authority.cert];
    const reference = `${registry.host}/${place}`;
    return await world.host().create({ ...inputs, reference, caCertificates });
  }

  /** Runs a tool that trusts the registry; it has to succeed. */
  async function tool(
    t: TestContext,
    program: Program,
    words: readonly string[],
    work: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const authority = join(folderFor(t), "authority.pem");
    writeFileSync(authority, certificates.authority.cert);
    const { exitCode, text } = await run(await findOrBuild(program), words, {
      cwd: work,
      environment: { HOME: work, TMPDIR: work, SSL_CERT_FILE: authority, ...environment },
      owner: work,
      timeoutMs: 120_000,
    });
    assert.equal(exitCode, 0, `${program} ${words.join(" ")}\n${text}`);
    return text;
  }

  const INIT = ["init", "-input=false", "-no-color"];

  test("tofu init takes a module, also one that serves Argo CD", async (t) => {
    for (const alsoArgocd of [false, true]) {
      const place = `modules/network-${alsoArgocd}`;
      const inputs = { source: "network", kind: "opentofu-module", alsoArgocd };
      await published(t, below("network", NETWORK_MODULE), `${place}:1.2.0`, inputs);
      const work = folderFor(t);
      const main = `module "network" {\n  source = "oci://${registry.host}/${place}?tag=1.2.0"\n  cidr = "10.0.0.0/16"\n}\noutput "subnets" { value = module.network.subnets }\n`;
      writeFileSync(join(work, "main.tf"), main);
      await tool(t, "tofu", INIT, work);
      const applied = await tool(t, "tofu", ["apply", "-auto-approve", "-no-color"], work);
      assert.match(applied, /10\.0\.1\.0\/24/);
    }
  });

  test("tofu init takes a provider from an OCI mirror", async (t) => {
    const archive = (platform: string): Buffer =>
      zip([{ path: "terraform-provider-greeting_v2.1.0", content: `for ${platform}` }]);
    const files = { "here.zip": archive("here"), "there.zip": archive("there") };
    const platforms = { [`linux/${ARCHITECTURE}`]: "here.zip", "plan9/arm": "there.zip" };
    const state = await published(t, files, "providers/example/greeting:2.1.0", { platforms });
    assert.deepEqual(Object.keys(state["files"] as object).sort(), [
      `./linux/${ARCHITECTURE}`,
      "./plan9/arm",
    ]);
    assert.equal(state["artifactType"], "application/vnd.opentofu.provider");
    const work = folderFor(t);
    const template = `${registry.host}/providers/\${namespace}/\${type}`;
    const mirror = `provider_installation {\n  oci_mirror {\n    repository_template = "${template}"\n    include = ["registry.opentofu.org/example/*"]\n  }\n}\n`;
    writeFileSync(join(work, "tofu.tfrc"), mirror);
    const main =
      'terraform {\n  required_providers {\n    greeting = { source = "example/greeting", version = "2.1.0" }\n  }\n}\n';
    writeFileSync(join(work, "main.tf"), main);
    const text = await tool(t, "tofu", INIT, work, {
      TF_CLI_CONFIG_FILE: join(work, "tofu.tfrc"),
    });
    assert.match(text, /Installed example\/greeting v2\.1\.0/);
  });

  test("helm shows and pulls a chart", async (t) => {
    const inputs = { source: "web", kind: "helm-chart" };
    const { contentDigest } = await published(t, CHART_FILES, "charts/web:1.2.3_b", inputs);
    assert.match(String(contentDigest), /^sha256:/);
    const work = folderFor(t);
    writeFileSync(join(work, "ca.pem"), certificates.authority.cert);
    const chart = [
      `oci://${registry.host}/charts/web`,
      "--version",
      "1.2.3+b",
      "--ca-file",
      "ca.pem",
    ];
    assert.match(await tool(t, "helm", ["show", "chart", ...chart], work), /^appVersion: v7$/m);
    await tool(t, "helm", ["pull", ...chart, "--untar"], work);
    const values = readFileSync(join(work, "web/values.yaml"), "utf8");
    assert.equal(values, CHART_FILES["web/values.yaml"]);
    const rendered = await tool(
      t,
      "helm",
      ["template", ...chart.slice(0, 1), ...chart.slice(1)],
      work,
    );
    assert.match(rendered, /name: web/);
  });

  test("crane finds what Flux gets whole, and of all the digest that we say", async (t) => {
    const files = { "deploy/a.yaml": "kind: A\n", "deploy/b.yaml": "kind: B\n" };
    const kinds = [{ kind: "flux" }, { kind: "argocd" }, { kind: "files" }];
    for (const { kind } of kinds) {
      const inputs = { source: "deploy", kind, annotations: { "org.example.team": "platform" } };
      const { digest } = await published(t, files, `deploy/${kind}:1`, inputs);
      const reference = `${registry.host}/deploy/${kind}:1`;
      const work = folderFor(t);
      const said = await tool(t, "crane", ["digest", reference], work);
      assert.equal(said.trim(), digest);
      if (kind !== "flux") continue;
      assert.match(await tool(t, "crane", ["validate", "--remote", reference], work), /PASS/);
    }
  });
});

describe("over plain HTTP", () => {
  test("the library of ORAS unpacks a folder at the root, and files under their titles", async (t) => {
    const world = await pushWorld(t);
    const { registry, reference } = world;
    await world.host().create(world.inputs);
    const { source: _source, ...how } = world.inputs;
    const sources = [{ path: "content/main.tf", title: "x/main.tf" }, { path: "content/charts" }];
    const several = `${registry.host}/team/several:1`;
    await world.host().create({ ...how, sources, reference: several });
    const oras = await findOrBuild("oras-pull");
    const pulled = async (name: string): Promise<readonly string[]> => {
      const work = folderFor(t);
      const { exitCode, text } = await run(oras, ["--plain-http", "--output", work, name], {
        cwd: work,
        environment: { HOME: work },
        owner: work,
        timeoutMs: 60_000,
      });
      assert.equal(exitCode, 0, text);
      return readdirSync(work, { recursive: true }).map(String).sort();
    };
    assert.deepEqual(await pulled(reference), ["charts", "charts/b.yaml", "main.tf"]);
    assert.deepEqual(await pulled(several), ["charts", "charts/b.yaml", "x", "x/main.tf"]);
  });

  for (const generation of GENERATIONS) {
    test(`our own pull verifies what cosign ${generation} has signed`, async (t) => {
      const world = await pushWorld(t);
      const { digest, pinned, contentDigest } = await world.host().create(world.inputs);
      const cosign = cosignFor(t, generation);
      const key = await cosign.generateKey(folderFor(t));
      const layout = generation === "2" ? "tag" : "bundle";
      await cosign.sign(String(pinned), { key, layout });
      const sandbox = openSandbox(t, world.registry);
      const verify = { keys: [key.publicKey], ignoreTlog: true };
      const { pulled, error, files } = await sandbox.pull({
        reference: world.reference,
        inputs: { verify },
        mostRequests: 40,
      });
      assert.equal(error, undefined);
      assert.equal(pulled?.digest, digest);
      assert.equal(pulled?.signers.length, 1);
      assert.equal(pulled.tree.contentDigest, contentDigest);
      assert.deepEqual(files, { "charts/b.yaml": "b: 2\n", "main.tf": "a = 1\n" });
      // A signature lies beside it, and is no drift.
      assert.equal((await world.host().preview(world.inputs, { digest })).inputs["digest"], digest);
    });
  }
});
