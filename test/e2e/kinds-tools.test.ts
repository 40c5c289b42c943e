/**
 * What the tools themselves make of pulled content: the real `tofu init` takes a provider for a mirror
 * in both layouts and a module from its folder, and the real helm takes a chart, unpacked and packed, by
 * the very names that it gives.
 */
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { hexOf } from "../../provider/digest";
import type { CheckedInputs } from "../../provider/pulumi/inputs";
import { sha256 } from "../support/archives";
import { folderFor } from "../support/folder-for-test";
import { CHART_FILES } from "../support/kind-artifacts";
import { openSandbox } from "../support/pulling";
import { run, type Finished } from "../support/processes";
import { registryFor } from "../support/registry-for-test";
import { findOrBuild } from "../support/toolchain";
import { modulePush, NETWORK_MODULE, providerPush } from "../support/tool-shapes";

const HERE = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;

/** A machine with a registry, a sandbox and one of the tools, which sees nothing else. */
async function machine(t: TestContext, tool: "tofu" | "helm") {
  const program = await findOrBuild(tool);
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  const work = folderFor(t);
  return {
    registry,
    work,
    /** The folder of the content. */
    pull: async (reference: string, inputs: Partial<CheckedInputs> = {}): Promise<string> => {
      const { pulled, error } = await sandbox.pull({
        reference: `${registry.host}/${reference}`,
        inputs,
      });
      if (error !== undefined) throw error;
      return pulled?.tree.directory ?? "";
    },
    /** What the tool prints; it has to succeed. */
    run: async (words: readonly string[], environment: Record<string, string> = {}) => {
      const home = { HOME: work, XDG_CACHE_HOME: join(work, "cache"), TMPDIR: work };
      const options = { cwd: work, owner: work, timeoutMs: 120_000 };
      const finished: Finished = await run(program, words, {
        ...options,
        environment: { ...home, ...environment },
      });
      assert.equal(finished.exitCode, 0, `${tool} ${words.join(" ")}\n${finished.text}`);
      return finished.text;
    },
  };
}

describe("tofu init", () => {
  const ADDRESS = "registry.opentofu.org/example/greeting";
  const MAIN =
    'terraform {\n  required_providers {\n    greeting = { source = "example/greeting" }\n  }\n}\n';
  const configurationOf = (path: string): string =>
    `provider_installation {\n  filesystem_mirror {\n    path = "${path}"\n  }\n}\n`;
  const lockOf = async (path: string): Promise<string> => {
    const archive = `terraform-provider-greeting_2.1.0_${HERE}.zip`;
    const hash = hexOf(sha256(await readFile(join(path, ADDRESS, archive))));
    return `provider "${ADDRESS}" {\n  version = "2.1.0"\n  hashes = ["zh:${hash}"]\n}\n`;
  };
  const INIT = ["init", "-input=false", "-no-color"];

  for (const [layout, inputs, isPacked] of [
    ["packed, for all platforms", {}, true],
    ["packed, for one platform", { platform: HERE.replace("_", "/") }, true],
    ["unpacked", { extract: "always" }, false],
  ] as const) {
    test(`installs a provider from its mirror, ${layout}`, async (t) => {
      const { registry, work, pull, run: tofu } = await machine(t, "tofu");
      const target = { registry, repository: "mirror/example/greeting", tag: "2.1.0" };
      providerPush(target, "greeting", [HERE, "plan9_arm"]);
      const path = await pull("mirror/example/greeting:2.1.0", inputs);
      const configuration = join(work, "tofu.tfrc");
      await writeFile(configuration, configurationOf(path));
      await writeFile(join(work, "main.tf"), MAIN);
      // What the publisher's registry has said of the very archive.
      if (isPacked) await writeFile(join(work, ".terraform.lock.hcl"), await lockOf(path));
      const text = await tofu(INIT, { TF_CLI_CONFIG_FILE: configuration });
      assert.match(text, /Installed example\/greeting v2\.1\.0/);
    });
  }

  test("reads a module from its folder", async (t) => {
    const { registry, work, pull, run: tofu } = await machine(t, "tofu");
    modulePush({ registry, repository: "modules/network", tag: "1.2.0" }, NETWORK_MODULE);
    const source = await pull("modules/network:1.2.0", { kind: "opentofu-module" });
    const main = `module "network" {\n  source = "${source}"\n  cidr = "10.0.0.0/16"\n}\noutput "subnets" { value = module.network.subnets }\n`;
    await writeFile(join(work, "main.tf"), main);
    await tofu(INIT);
    assert.match(await tofu(["apply", "-auto-approve", "-no-color"]), /10\.0\.1\.0\/24/);
  });
});

describe("helm", () => {
  async function pushed(t: TestContext) {
    const made = await machine(t, "helm");
    const { registry, work, run: helm } = made;
    for (const [name, content] of Object.entries(CHART_FILES)) {
      await mkdir(join(work, name, ".."), { recursive: true });
      await writeFile(join(work, name), content);
    }
    await helm(["package", "web"]);
    // What it holds is for whoever has the key; helm pushes whatever lies there.
    await writeFile(join(work, "web-1.2.3+b.tgz.prov"), "not signed\n");
    await helm(["push", "web-1.2.3+b.tgz", `oci://${registry.localhost}/charts`, "--plain-http"]);
    return made;
  }

  test("renders a chart from its folder, and from its archive", async (t) => {
    const { pull, run: helm } = await pushed(t);
    const folder = await pull("charts/web:1.2.3_b", { kind: "helm-chart" });
    const packed = await pull("charts/web:1.2.3_b", { extract: "never" });
    const stripped = await pull("charts/web:1.2.3_b", { stripComponents: 1 });
    const rendered = await helm(["template", join(folder, "web")]);
    assert.match(rendered, /kind: Service\nmetadata:\n {2}name: web\n/);
    for (const path of [join(packed, "web-1.2.3+b.tgz"), stripped]) {
      assert.equal(await helm(["template", path]), rendered);
      assert.match(
        await helm(["show", "chart", path]),
        /appVersion: v7\n[^]*version: 1\.2\.3\+b\n/,
      );
    }
    assert.ok(existsSync(join(folder, "web-1.2.3+b.tgz.prov")));
    assert.ok(!existsSync(join(stripped, "web-1.2.3+b.tgz.prov")));
  });

  test("has made the very files that lie there, and the provenance names", async (t) => {
    const { work, pull } = await pushed(t);
    const packed = await pull("charts/web:1.2.3_b", { extract: "never" });
    const names = ["web-1.2.3+b.tgz", "web-1.2.3+b.tgz.prov"];
    assert.deepEqual((await readdir(packed)).toSorted(), names);
    for (const name of names) {
      assert.deepEqual(await readFile(join(packed, name)), await readFile(join(work, name)));
    }
  });
});
