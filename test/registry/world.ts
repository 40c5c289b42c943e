/**
 * What the tests of this room share: a client that never sleeps, a context that remembers what it
 * was told, endpoints of a test registry. No assertions.
 */
import type { TestContext } from "node:test";
import type { Context } from "../../provider/context";
import { DEFAULT_LIMITS, type Limits } from "../../provider/limits";
import {
  type ClientOptions,
  createRegistryClient,
  type RegistryClient,
} from "../../provider/registry/client";
import { readSettings, type Settings } from "../../provider/settings/settings";
import type { Credential, Endpoint } from "../../provider/types";
import { startRegistry } from "../support/registry";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";

export const REPOSITORY = "team/app";

/** A machine without files, credentials or certificates of its own. */
export const BARE: Settings = readSettings({ environment: {}, home: "/nowhere", root: "/nowhere" });

export interface World {
  readonly client: RegistryClient;
  readonly context: Context;
  /** Milliseconds of each pause that was asked for. */
  readonly pauses: readonly number[];
  readonly warnings: readonly string[];
}

export interface WorldOptions extends ClientOptions {
  readonly settings?: Settings;
  /** What the machine holds. */
  readonly ambient?: Credential;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

/** Closes with the test. */
export function openWorld(t: TestContext, options: WorldOptions = {}): World {
  const { settings = BARE, ambient, limits, signal } = options;
  const pauses: number[] = [];
  const warnings: string[] = [];
  const client = createRegistryClient(settings, {
    findCredential: () => Promise.resolve(ambient),
    wait: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
    ...options,
  });
  t.after(() => client.close());
  const report = {
    info: () => undefined,
    status: () => undefined,
    warning: (message: string) => {
      warnings.push(message);
    },
  };
  const context = {
    settings,
    limits: { ...DEFAULT_LIMITS, ...limits },
    report,
    signal: signal ?? new AbortController().signal,
  };
  return { client, context, pauses, warnings };
}

/** A registry that closes with the test. */
export async function serve(t: TestContext, options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  t.after(() => registry.close());
  return registry;
}

/** The endpoint of a host; plain HTTP unless told otherwise. */
export function endpointAt(host: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    role: "origin",
    host,
    registry: host,
    repository: REPOSITORY,
    plainHttp: true,
    tls: { skipVerify: false, certificateAuthorities: [] },
    ...more,
  };
}

/** What was found on the machine. */
export function ambient(more: Partial<Credential> = {}): Credential {
  return { ...LOGIN, source: "/home/x/.docker/config.json (auths)", explicit: false, ...more };
}

/** What the user gave. */
export function explicit(more: Partial<Credential> = {}): Credential {
  return { ...LOGIN, source: 'the input "credentials"', explicit: true, ...more };
}

export const LOGIN = { username: "robot$x", password: "correct horse" } as const;

/** All of a stream. */
export async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
