/**
 * A world for tests of publishing: a test registry, a project with a folder to publish, a cache, and hosts
 * (processes of the engine) that share them. Nothing of the machine's own settings gets in.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createLifecycle, type Lifecycle, type Properties } from "../../provider/pulumi/lifecycle";
import { createPushLifecycle, type PushLifecycle } from "../../provider/pulumi/push/push-lifecycle";
import type { RunOptions } from "../../provider/pulumi/run-options";
import { readSettings, type Environment } from "../../provider/settings/settings";
import { NO_CONFIRMATIONS, openConfirmations } from "../../provider/store/confirmations";
import { ownIdentity, type ProcessIdentity } from "../../provider/store/process-identity";
import { digestOf } from "../../provider/digest";
import type { Descriptor } from "../../provider/types";
import { openWorld, type World } from "../../provider/world";
import { folderFor } from "../support/folder-for-test";
import type { RegistryOptions, TestRegistry, TestRepository } from "../support/registry";
import { registryFor, type CleanUp } from "../support/registry-for-test";
import { recordReport, type RecordedReport } from "../support/report-for-test";

export const NO_SIGNAL: AbortSignal = new AbortController().signal;

const URN = "urn:pulumi:dev::project::pulumi-nodejs:dynamic/oci-artifact:OciArtifactPush::content";

/** One process of the engine. */
export interface PushHost {
  readonly lifecycle: PushLifecycle;
  /** What pulls, in the same process. */
  readonly pulls: Lifecycle;
  /** The hidden input. */
  run(preview: boolean): RunOptions;
  readonly report: RecordedReport;
  check(
    inputs: Properties,
    run?: Partial<RunOptions> | null,
    olds?: Properties,
  ): Promise<{ readonly inputs: Properties; readonly failures: readonly string[] }>;
  /** Check and create, as an update does it. */
  create(inputs: Properties): Promise<Properties>;
  /** Check, diff, and update where there is a change; what the state is then. */
  update(inputs: Properties, olds: Properties): Promise<Properties>;
  /** What a preview says: the checked inputs, and whether something changes. */
  preview(
    inputs: Properties,
    olds: Properties,
  ): Promise<{ readonly inputs: Properties; readonly changes: boolean }>;
}

export interface PushWorld {
  readonly registry: TestRegistry;
  readonly repository: TestRepository;
  readonly project: string;
  readonly cache: string;
  /** "127.0.0.1:1234/team/app:1" */
  readonly reference: string;
  /** The inputs that publish the folder `content`. */
  readonly inputs: Properties;
  /** Writes files of the project. */
  write(files: Readonly<Record<string, string>>): void;
  /** A fresh process; `null` is one that cannot see its CLI. */
  host(options?: {
    readonly cli?: ProcessIdentity | null;
    readonly environment?: Environment;
  }): PushHost;
  /** What packed blobs lie in, and has not been removed. */
  staged(): readonly string[];
}

/** A world with a folder of two files, and nothing in the registry. */
export async function pushWorld(
  context: CleanUp & { after(work: () => void): void },
  options: RegistryOptions = {},
): Promise<PushWorld> {
  const folder = folderFor(context);
  const registry = await registryFor(context, options);
  const project = join(folder, "project");
  const cache = join(folder, "cache");
  const opened: World[] = [];
  context.after(async () => {
    await Promise.all(opened.map((world) => world.client.close()));
  });
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
  };
  write({ "content/main.tf": "a = 1\n", "content/charts/b.yaml": "b: 2\n" });
  const reference = `${registry.host}/team/app:1`;
  return {
    registry,
    repository: registry.repository("team/app"),
    project,
    cache,
    reference,
    inputs: { source: "./content", reference, plainHttp: true },
    write,
    host({ cli = ownIdentity(), environment = {} } = {}) {
      const own = { OCI_ARTIFACT_CACHE: cache, PATH: process.env["PATH"], ...environment };
      const settings = readSettings({ environment: own, home: join(folder, "home"), root: folder });
      const world = openWorld(settings, project);
      opened.push(world);
      return hostProcess(world, project, cli, registry.host);
    },
    staged: () => readdirSync(join(cache, "staging")),
  };
}

function hostProcess(
  world: World,
  directory: string,
  cli: ProcessIdentity | null,
  registry: string,
): PushHost {
  const report = recordReport();
  const { cacheDirectory } = world.settings;
  const confirmations = cli === null ? NO_CONFIRMATIONS : openConfirmations(cacheDirectory, cli);
  const planned = new Map<string, Descriptor>();
  const host = { world: () => world, report: () => report, confirmations, directory, planned };
  const lifecycle = createPushLifecycle(host, () =>
    JSON.stringify({ [registry]: { plainHttp: true } }),
  );
  const whole = { preview: false, urn: URN, directory, dependsOn: false };
  const check: PushHost["check"] = (inputs, run = {}, olds = {}) =>
    lifecycle.check(
      olds,
      { ...inputs, ...(run === null ? {} : { __run: { ...whole, ...run } }) },
      NO_SIGNAL,
    );
  const checked: PushHost["check"] = async (...given) => {
    const answer = await check(...given);
    if (answer.failures.length > 0) throw new Error(answer.failures.join("\n"));
    return { ...answer, inputs: asTheEngineHasIt(answer.inputs) };
  };
  return {
    lifecycle,
    pulls: createLifecycle(host),
    run: (preview) => ({ ...whole, preview }),
    report,
    check,
    async create(inputs) {
      const { inputs: news } = await checked(inputs);
      return (await lifecycle.create(news, NO_SIGNAL)).outs;
    },
    async update(inputs, olds) {
      const { inputs: news } = await checked(inputs, {}, olds);
      const { changes } = await lifecycle.diff("id", olds, news);
      return changes ? (await lifecycle.update("id", olds, news, NO_SIGNAL)).outs : olds;
    },
    async preview(inputs, olds) {
      const { inputs: news } = await checked(inputs, { preview: true }, olds);
      return { inputs: news, ...(await lifecycle.diff("id", olds, news)) };
    },
  };
}

/** Maps with their keys in order, whatever order they came in. */
function asTheEngineHasIt<T>(value: T): T {
  if (Array.isArray(value)) return value.map(asTheEngineHasIt) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, asTheEngineHasIt(item)])) as T;
}

/** "POST upload", "PUT manifest 1": what changes a registry, and tags instead of digests. */
export function writesTo(registry: TestRegistry): readonly string[] {
  return registry.requests
    .filter(({ method }) => method !== "GET" && method !== "HEAD")
    .map(({ method, kind, reference = "" }) =>
      kind === "manifest" && !reference.startsWith("sha256:")
        ? `${method} tag ${reference}`
        : `${method} ${kind}`,
    );
}

/** The parts of a manifest that tests look at. */
export interface Manifest {
  readonly artifactType?: string;
  readonly layers: readonly {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The manifest of a tag or a digest. */
export function manifestOf({ repository }: Pick<PushWorld, "repository">, name = "1"): Manifest {
  const found = repository.manifest(name);
  assert.ok(found !== undefined, `there is no manifest ${name}`);
  return JSON.parse(Buffer.from(found.bytes).toString()) as Manifest;
}

/** What the output `files` has for a file with this text. */
export function short(text: string): string {
  return digestOf(Buffer.from(text)).slice("sha256:".length).slice(0, 12);
}
