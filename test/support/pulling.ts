/**
 * Pulls over the whole road, from inputs to a tree, into a sandbox of its own, and checks after each
 * pull what must hold whatever the registry did: see checks below. What the pull came to is for the
 * test to judge. Nothing of the machine's own settings gets in.
 */
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Context } from "../../provider/context";
import { createEndpointHealth } from "../../provider/endpoint-health";
import { OciError, type ErrorCode } from "../../provider/errors";
import { limitsWith, type Limits } from "../../provider/limits";
import { pull, type Pulled } from "../../provider/pull";
import type { CheckedInputs } from "../../provider/pulumi/inputs";
import { readInputs } from "../../provider/pulumi/read-inputs";
import { requestOf } from "../../provider/pulumi/request";
import { createRegistryClient } from "../../provider/registry/client";
import type { Deadlines } from "../../provider/registry/deadlines";
import { openConfiguration } from "../../provider/settings/configuration";
import { readSettings, type Settings } from "../../provider/settings/settings";
import { openBlobs } from "../../provider/store/blobs";
import { openEvidence } from "../../provider/store/evidence-folder";
import { openTagMemory } from "../../provider/store/tag-memory";
import { openTrees } from "../../provider/store/trees";
import { gzip, tar, tarGz, type TarMember } from "./archives";
import { MEDIA_TYPES, publish, type Artifact, type ArtifactContent } from "./artifacts";
import { folderFor } from "./folder-for-test";
import { checkFolders, checkTexts, checkTraffic, treesIn } from "./pulling-checks";
import { registryFor } from "./registry-for-test";
import type { LoggedRequest, TestRegistry } from "./registry-types";
import { recordReport, type RecordedReport } from "./report-for-test";

/** The repository that is pulled unless a test says otherwise, under the tag 1. */
export const REPOSITORY = "team/app";

/** The user's, for the registry; found nowhere else in a test. */
export const LOGIN = { username: "robot$x", password: "correct horse" } as const;

/** Text that no compression makes small, the same each time, so that blobs come in several pieces. */
function noise(length: number): string {
  const parts: string[] = [];
  for (let index = 0; index * 44 < length; index += 1) {
    parts.push(createHash("sha256").update(String(index)).digest("base64"));
  }
  return parts.join("").slice(0, length);
}

/** The known tree. */
export const FILES: Readonly<Record<string, string>> = Object.freeze({
  "crds/widget.yaml": "kind: CustomResourceDefinition\n",
  "noise.txt": noise(200_000),
});

/** The known artifact: one layer with the known tree. */
export const KNOWN: ArtifactContent = {
  artifactType: "application/vnd.example.manifests.v1",
  layers: [{ bytes: tarGz(FILES), mediaType: MEDIA_TYPES.tarGzip }],
};

/** Puts the known artifact, or that one, under the tag 1. */
export function publishKnown(
  registry: Pick<TestRegistry, "repository">,
  content: ArtifactContent | Artifact = KNOWN,
): Artifact {
  return publish(registry, REPOSITORY, "1", content);
}

export interface PullOptions {
  /** Default: the tag 1 of the repository. */
  readonly reference?: string;
  /** The inputs of the user. Default: plain HTTP where the registry speaks that. */
  readonly inputs?: Partial<CheckedInputs>;
  /** Takes exactly this digest. */
  readonly digest?: string;
  readonly limits?: Partial<Limits>;
  /** Milliseconds. Default: those of the world. */
  readonly deadlines?: Partial<Deadlines>;
  readonly signal?: AbortSignal;
  /** At each pause; the pause itself is left out. */
  readonly onPause?: () => void;
  /** All requests at all servers since the last pull. Default 12. */
  readonly mostRequests?: number;
}

/** What a pull came to: a tree or an error. */
export interface PullResult {
  readonly pulled?: Pulled;
  /** path → content, or " -> target" of symlinks; without directories. */
  readonly files?: Readonly<Record<string, string>>;
  readonly error?: OciError;
  readonly report: RecordedReport;
  /** Milliseconds of each pause that was asked for. */
  readonly pauses: readonly number[];
}

/** A program's folder, a user's home and a cache, with a canary beside them. */
export interface Sandbox {
  readonly folder: string;
  readonly settings: Settings;
  /** Pulls as a process of its own: with new connections, and nothing remembered but the cache. */
  pull(options?: PullOptions): Promise<PullResult>;
}

/**
 * A sandbox for pulls from `registry`.
 *
 * @param strangers - Servers that nobody gave a credential for: they must never see one.
 * @param login - Lies in Docker's config file, for the registry alone.
 */
export function openSandbox(
  t: TestContext,
  registry: TestRegistry,
  strangers: readonly TestRegistry[] = [],
  login?: { readonly username: string; readonly password: string },
): Sandbox {
  const folder = folderFor(t);
  for (const name of ["canary", "home/.docker", "project", "tmp"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(join(folder, "canary", "song"), "alive");
  const { username, password } = login ?? {};
  const auth = Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64");
  const config = login === undefined ? {} : { auths: { [registry.host]: { auth } } };
  writeFileSync(join(folder, "home/.docker/config.json"), JSON.stringify(config));
  const environment = { OCI_ARTIFACT_CACHE: join(folder, "cache"), PATH: "" };
  const home = join(folder, "home");
  const settings = readSettings({ environment, home, root: home });
  return {
    folder,
    settings,
    async pull(options = {}) {
      const before = treesIn(folder);
      const seen = [registry, ...strangers].map((server) => server.requests.length);
      const result = await within(join(folder, "tmp"), () =>
        pullOnce(registry, settings, join(folder, "project"), options),
      );
      const { pulled, error, report } = result;
      checkFolders(folder, pulled === undefined ? before : [...before, pulled.tree.name]);
      const host = options.reference?.split("/")[0] ?? registry.host;
      checkTraffic(host, registry, strangers, seen, options.mostRequests ?? 12);
      checkTexts(error, report.lines, secretsOf([registry, ...strangers], options.inputs));
      return result;
    },
  };
}

/** Temporary files of the work would be found there. */
async function within<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

async function pullOnce(
  registry: TestRegistry,
  settings: Settings,
  project: string,
  options: PullOptions,
): Promise<PullResult> {
  const report = recordReport();
  const pauses: number[] = [];
  const client = createRegistryClient(settings, {
    deadlines: options.deadlines ?? {},
    wait: (milliseconds) => {
      pauses.push(milliseconds);
      options.onPause?.();
      return Promise.resolve();
    },
  });
  const context: Context = {
    settings,
    limits: { ...limitsWith(options.inputs?.limits), ...options.limits },
    report,
    signal: options.signal ?? new AbortController().signal,
  };
  const reference = options.reference ?? `${registry.host}/${REPOSITORY}:1`;
  const plainHttp = registry.url.startsWith("http:");
  const inputs = { plainHttp, ...options.inputs, reference };
  try {
    const read = readInputs(inputs);
    assert.ok("inputs" in read, "failures" in read ? read.failures.join("\n") : "");
    const configuration = openConfiguration(settings);
    const world = { configuration, directory: project, report };
    const request = await requestOf(read, options.digest, world);
    const rooms = {
      client,
      health: createEndpointHealth(),
      blobs: openBlobs(settings.cacheDirectory),
      tags: openTagMemory(settings.cacheDirectory),
      evidence: openEvidence(settings.cacheDirectory),
      trees: openTrees(project),
    };
    const pulled = await pull(request, rooms, context);
    return { pulled, files: filesOf(pulled), report, pauses };
  } catch (error) {
    assert.ok(error instanceof OciError, `an OciError, not ${String(error)}`);
    return { error, report, pauses };
  } finally {
    await client.close();
  }
}

function filesOf({ tree }: Pulled): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tree.entries
      .filter(({ type }) => type !== "directory")
      .map(({ path, type, target }) => [
        path,
        type === "symlink"
          ? ` -> ${target ?? ""}`
          : readFileSync(join(tree.directory, path), "utf8"),
      ]),
  );
}

/** The user's, and whatever was granted on the way. */
function secretsOf(
  servers: readonly TestRegistry[],
  inputs: Partial<CheckedInputs> | undefined,
): readonly string[] {
  const sent = servers
    .flatMap(({ requests }) => requests)
    .flatMap(({ headers }) => headers.authorization?.split(" ")[1] ?? []);
  const { password, identityToken } = inputs?.credentials ?? {};
  return [LOGIN.password, password, identityToken, ...sent].filter((text) => text !== undefined);
}

/** Pulls an artifact with these members, or this archive, in each of its layers. */
export async function pullLayers(
  t: TestContext,
  ...layers: readonly (readonly TarMember[] | Buffer)[]
): Promise<PullResult> {
  const registry = await registryFor(t);
  const sandbox = openSandbox(t, registry);
  publishKnown(registry, {
    layers: layers.map((layer) => ({
      bytes: Buffer.isBuffer(layer) ? layer : gzip(tar(layer)),
      mediaType: MEDIA_TYPES.tarGzip,
    })),
  });
  return await sandbox.pull();
}

/** The pull succeeded with exactly these files. */
export function assertPulled(
  result: PullResult,
  files: Readonly<Record<string, string>> = FILES,
): Pulled {
  if (result.error !== undefined) throw result.error;
  assert.deepEqual(result.files, files);
  assert.ok(result.pulled !== undefined);
  return result.pulled;
}

/** The pull failed with the code, in words that match. */
export function assertFailed(result: PullResult, code: ErrorCode, words: RegExp): OciError {
  const { error } = result;
  assert.ok(error !== undefined, "the pull succeeded");
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  return error;
}

/** "manifest 200", "blob - x3" (no status line, three times), by arrival. */
export function trafficOf(
  registry: TestRegistry,
  describe: (request: LoggedRequest) => string = ({ kind, status }) => `${kind} ${status ?? "-"}`,
): readonly string[] {
  const runs: { readonly text: string; count: number }[] = [];
  for (const text of registry.requests.map(describe)) {
    const last = runs.at(-1);
    if (last?.text === text) last.count += 1;
    else runs.push({ text, count: 1 });
  }
  return runs.map(({ text, count }) => (count === 1 ? text : `${text} x${count}`));
}
