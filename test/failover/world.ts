/**
 * What the tests of this room share: mirrors and an origin with the same content, and a run that
 * pulls from them with a client that never sleeps. Each pull has a cache of its own. No assertions.
 */
import { createHash } from "node:crypto";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { planContent } from "../../provider/content/plan";
import type { Context, Report } from "../../provider/context";
import { createEndpointHealth } from "../../provider/endpoint-health";
import { fetchBlobs } from "../../provider/fetch";
import type { FetchRooms } from "../../provider/fetch-blob";
import { DEFAULT_LIMITS, type Limits } from "../../provider/limits";
import { parseReference } from "../../provider/reference/parse";
import { createRegistryClient, type RegistryClient } from "../../provider/registry/client";
import type { Deadlines } from "../../provider/registry/deadlines";
import { resolve, type ResolveRequest, type ResolveRooms } from "../../provider/resolve";
import { readSettings } from "../../provider/settings/settings";
import { openBlobs } from "../../provider/store/blobs";
import { openTagMemory } from "../../provider/store/tag-memory";
import type { Endpoint, Resolved } from "../../provider/types";
import { NO_POLICY, verify } from "../../provider/verify/verify";
import { MEDIA_TYPES, publish, type Artifact, type ArtifactContent } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";
import { recordReport, type RecordedReport } from "../support/report-for-test";

/** What users call it; its origin is wherever a test says. */
export const NAME = "registry.example/team/app";

/** At the origin. */
export const REPOSITORY = "team/app";

/** At mirrors. */
export const CACHED = "cache/team/app";

/** Bytes that look like nothing, the same each time. */
export function noise(length: number, seed = "x"): Buffer {
  const block = Buffer.concat(
    Array.from({ length: 2_048 }, (_, index) =>
      createHash("sha256").update(`${seed}${index}`).digest(),
    ),
  );
  const blocks = Math.ceil(length / block.length);
  return Buffer.concat(Array.from({ length: blocks }, () => block)).subarray(0, length);
}

/** One layer; as long as several pieces of a socket. */
export const LAYER = noise(300_000);

export function artifactOf(...layers: readonly Buffer[]): ArtifactContent {
  return {
    layers: layers.map((bytes, index) => ({
      bytes,
      mediaType: "application/octet-stream",
      title: `${index}.bin`,
    })),
  };
}

/** A registry that closes with the test, and holds the content where a mirror or an origin would. */
export async function siteWith(
  t: TestContext,
  role: Endpoint["role"],
  content: ArtifactContent | Artifact | undefined,
  options: RegistryOptions = {},
): Promise<TestRegistry> {
  const registry = await registryFor(t, options);
  const repository = role === "origin" ? REPOSITORY : CACHED;
  if (content !== undefined) publish(registry, repository, "1", content);
  return registry;
}

/** The endpoint at a host; of a mirror unless told otherwise. */
export function mirrorAt(host: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    role: "mirror",
    host,
    registry: host,
    repository: CACHED,
    plainHttp: true,
    tls: { skipVerify: false, certificateAuthorities: [] },
    namedBy: "mirrors[0]",
    ...more,
  };
}

export function originAt(host: string, more: Partial<Endpoint> = {}): Endpoint {
  const { namedBy: _none, ...endpoint } = mirrorAt(host);
  return { ...endpoint, role: "origin", repository: REPOSITORY, ...more };
}

export interface RunOptions {
  /** Milliseconds. */
  readonly deadlines?: Partial<Deadlines>;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export type RunRooms = ResolveRooms & FetchRooms;

/** One run of a program: what is learned of endpoints holds for all its pulls. */
export interface Run {
  readonly client: RegistryClient;
  readonly context: Context;
  readonly report: RecordedReport;
  /** Milliseconds of each pause that was asked for. */
  readonly pauses: readonly number[];
  /** What progress was told. */
  readonly doneBytes: readonly number[];
  /** Rooms with an empty cache. */
  readonly rooms: () => RunRooms;
  /** Resolves and fetches. Default: the tag 1, into an empty cache. */
  readonly pull: (
    endpoints: readonly Endpoint[],
    request?: Partial<ResolveRequest>,
    rooms?: RunRooms,
  ) => Promise<Resolved>;
}

export function openRun(t: TestContext, options: RunOptions = {}): Run {
  const settings = readSettings({ environment: {}, home: "/nowhere", root: "/nowhere" });
  const pauses: number[] = [];
  const report = recordReport();
  const client = createRegistryClient(settings, {
    deadlines: options.deadlines ?? {},
    wait: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
  t.after(() => client.close());
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const signal = options.signal ?? new AbortController().signal;
  const doneBytes: number[] = [];
  const status: Report["status"] = (message, progress) => {
    report.status(message);
    if (progress !== undefined) doneBytes.push(progress.doneBytes);
  };
  const context: Context = { settings, limits, report: { ...report, status }, signal };
  const health = createEndpointHealth();
  const rooms = (): RunRooms => {
    const folder = folderFor(t);
    return { client, health, blobs: openBlobs(folder), tags: openTagMemory(folder) };
  };
  return {
    client,
    context,
    report,
    pauses,
    doneBytes,
    rooms,
    async pull(endpoints, request = {}, own = rooms()) {
      const asked = { reference: parseReference(`${NAME}:1`), ...request };
      const resolved = await resolve(asked, endpoints, own, context);
      const verified = await verify(resolved, NO_POLICY, () => Promise.resolve([]));
      const plan = planContent(verified.manifest, NAME, limits);
      await fetchBlobs(verified, plan, own, context);
      return verified;
    },
  };
}

/** A server that takes connections and never says a word. Closes with the test. */
export async function silentHost(
  t: TestContext,
): Promise<{ readonly host: string; readonly dials: () => number }> {
  const sockets = new Set<Socket>();
  let dials = 0;
  const server = createServer((socket) => {
    dials += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, dials: () => dials };
}

/** An index that lists nobody, or these. */
export function indexOf(manifests: readonly object[]): Buffer {
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests }));
}

/** A run, a mirror with everything, and an origin with everything. */
export async function openPair(t: TestContext, artifact: Artifact, options: RunOptions = {}) {
  const mirror = await siteWith(t, "mirror", artifact);
  const origin = await siteWith(t, "origin", artifact);
  const endpoints = [mirrorAt(mirror.host), originAt(origin.host)];
  return { ...openRun(t, options), mirror, origin, endpoints };
}
