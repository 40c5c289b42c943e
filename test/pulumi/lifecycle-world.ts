/**
 * A world for tests of the lifecycle: a test registry, a project, a cache, and hosts (processes of
 * the engine) that share them. Nothing of the machine's own settings gets in.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createLifecycle, type Lifecycle, type Properties } from "../../provider/pulumi/lifecycle";
import type { RunOptions } from "../../provider/pulumi/run-options";
import { readSettings } from "../../provider/settings/settings";
import { NO_CONFIRMATIONS, openConfirmations } from "../../provider/store/confirmations";
import type { ProcessIdentity } from "../../provider/store/process-identity";
import { ownIdentity } from "../../provider/store/process-identity";
import { openWorld, type World } from "../../provider/world";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish, type Artifact } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor, type CleanUp } from "../support/registry-for-test";
import type { RegistryOptions, TestRegistry } from "../support/registry";
import { recordReport, type RecordedReport } from "../support/report-for-test";

export const URN =
  "urn:pulumi:dev::project::pulumi-nodejs:dynamic/oci-artifact:OciArtifact::manifests";

/** One process of the engine. */
export interface HostProcess {
  readonly lifecycle: Lifecycle;
  readonly report: RecordedReport;
  check(
    inputs: Properties,
    run?: Partial<RunOptions> | null,
    olds?: Properties,
  ): Promise<{ readonly inputs: Properties; readonly failures: readonly string[] }>;
}

export interface LifecycleWorld {
  readonly registry: TestRegistry;
  readonly project: string;
  readonly cache: string;
  /** "127.0.0.1:1234/team/app:1" */
  readonly reference: string;
  publish(files: Readonly<Record<string, string>>, tag?: string, repository?: string): Artifact;
  /** A fresh process; `null` is one that cannot see its CLI. */
  readonly host: (cli?: ProcessIdentity | null, project?: string, cache?: string) => HostProcess;
}

/** A world with nothing in the registry yet. */
export async function lifecycleWorld(
  context: CleanUp & { after(work: () => void): void },
  options: RegistryOptions = {},
): Promise<LifecycleWorld> {
  const folder = folderFor(context);
  const registry = await registryFor(context, options);
  const project = join(folder, "project");
  mkdirSync(project);
  const cache = join(folder, "cache");
  const opened: World[] = [];
  context.after(async () => {
    await Promise.all(opened.map((world) => world.client.close()));
  });
  return {
    registry,
    project,
    cache,
    reference: `${registry.host}/team/app:1`,
    publish: (files, tag = "1", repository = "team/app") =>
      publish(registry, repository, tag, {
        layers: [{ bytes: tarGz(files), mediaType: MEDIA_TYPES.tarGzip }],
      }),
    host(cli = ownIdentity(), directory = project, cacheDirectory = cache) {
      const environment = { OCI_ARTIFACT_CACHE: cacheDirectory, PATH: "" };
      const settings = readSettings({ environment, home: join(folder, "home"), root: folder });
      const world = openWorld(settings, directory);
      opened.push(world);
      return hostProcess(world, directory, cli);
    },
  };
}

function hostProcess(world: World, directory: string, cli: ProcessIdentity | null): HostProcess {
  const report = recordReport();
  const { cacheDirectory } = world.settings;
  const lifecycle = createLifecycle({
    world: () => world,
    report: () => report,
    confirmations: cli === null ? NO_CONFIRMATIONS : openConfirmations(cacheDirectory, cli),
    directory,
  });
  const whole = { preview: false, urn: URN, directory, dependsOn: false };
  return {
    lifecycle,
    report,
    check: (inputs, run = {}, olds = {}) =>
      lifecycle.check(
        olds,
        { ...inputs, ...(run === null ? {} : { __run: { ...whole, ...run } }) },
        new AbortController().signal,
      ),
  };
}
