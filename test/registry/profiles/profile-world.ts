/**
 * A registry by its profile, under its true names: a machine whose proxy leads all of them to the
 * test registry, over TLS of an authority of its own, with the login in Docker's file. No assertions.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Context } from "../../../provider/context";
import { pull, type Pulled } from "../../../provider/pull";
import { parseReference } from "../../../provider/reference/parse";
import type { RegistryClient } from "../../../provider/registry/client";
import type { HostOptions } from "../../../provider/settings/endpoints";
import { findCredential } from "../../../provider/settings/credentials";
import { readSettings } from "../../../provider/settings/settings";
import type { Endpoint } from "../../../provider/types";
import { openWorld as openRooms } from "../../../provider/world";
import type { Artifact } from "../../support/artifacts";
import { createAuthority, createServerCertificate } from "../../support/certificates";
import { endpointFor } from "../../support/endpoint";
import { folderFor } from "../../support/folder-for-test";
import { FIRST, publishFiles } from "../../support/manifests";
import { type ProfileName, PROFILES, type RegistryProfile } from "../../support/registry-profiles";
import type {
  BasicAuth,
  RegistryQuirks,
  TestRegistry,
  TokenAuth,
} from "../../support/registry-types";
import { startProxy } from "../proxy-server";
import { openWorld, serve } from "../world";

export interface ProfileOptions {
  /** Nobody has logged in on this machine. */
  readonly isLoggedOut?: boolean;
  readonly auth?: Partial<BasicAuth> | Partial<TokenAuth>;
  readonly quirks?: RegistryQuirks;
  readonly now?: () => number;
  /** Instead of the true authority. */
  readonly transport?: HostOptions;
  /** Each pause that is asked for. */
  readonly onPause?: () => void;
  /** The registry has no TLS. */
  readonly isPlain?: boolean;
}

export interface ProfileWorld {
  readonly registry: TestRegistry;
  readonly artifact: Artifact;
  readonly client: RegistryClient;
  readonly context: Context;
  readonly endpoint: Endpoint;
  readonly warnings: readonly string[];
  /** The whole road, for the profile's reference or another one. */
  readonly pull: (more?: {
    readonly reference?: string;
    readonly known?: string;
  }) => Promise<Pulled>;
  /** "GET ghcr.io manifest bearer 200", in order. */
  readonly trace: () => readonly string[];
}

/** Opens the world of a profile, with one artifact in it. Closes with the test. */
export async function openProfile(
  t: TestContext,
  name: ProfileName,
  more: ProfileOptions = {},
): Promise<ProfileWorld> {
  const profile: RegistryProfile = PROFILES[name];
  const authority = createAuthority();
  const registry = await startProfile(t, profile, more, authority);
  const artifact = publishFiles(registry, FIRST, "1", profile.repository);
  const folder = folderFor(t);
  const settings = readSettings({
    environment: await environmentFor(t, profile, registry),
    home: homeFor(folder, profile, more),
    root: folder,
  });
  const world = openWorld(t, {
    settings,
    findCredential,
    wait: () => {
      more.onPause?.();
      return Promise.resolve();
    },
  });
  const transport = more.transport ?? { caCertificates: [authority.cert] };
  const endpoint = endpointFor(parseReference(profile.reference), transport);
  const rooms = { ...openRooms(settings, folder), client: world.client };
  return {
    ...world,
    registry,
    artifact,
    endpoint,
    pull: ({ reference: text = profile.reference, known } = {}) => {
      const reference = parseReference(text);
      const endpoints = [endpointFor(reference, transport)];
      return pull({ reference, known, endpoints }, rooms, world.context);
    },
    trace: () =>
      registry.requests.map(({ method, host, kind, authorization, status }) =>
        [method, host, kind, authorization, status].join(" "),
      ),
  };
}

async function startProfile(
  t: TestContext,
  { host, otherHosts = [], options, faults = [] }: RegistryProfile,
  { auth, quirks, now, isPlain }: ProfileOptions,
  authority: ReturnType<typeof createAuthority>,
): Promise<TestRegistry> {
  const names = [new URL(`https://${host}`).hostname, ...otherHosts];
  const registry = await serve(t, {
    ...options,
    ...(isPlain === true ? {} : { tls: createServerCertificate(authority, { names }) }),
    ...(options.auth === undefined ? {} : { auth: { ...options.auth, ...auth } }),
    quirks: { ...options.quirks, ...quirks },
    ...(now === undefined ? {} : { now }),
  });
  for (const fault of faults) registry.fault(fault);
  return registry;
}

async function environmentFor(
  t: TestContext,
  { host, otherHosts = [] }: RegistryProfile,
  { port }: TestRegistry,
): Promise<Readonly<Record<string, string>>> {
  const hosts = [host, ...otherHosts].map((each) => (each.includes(":") ? each : `${each}:443`));
  const proxy = await startProxy(t, { ports: Object.fromEntries(hosts.map((it) => [it, port])) });
  return { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
}

/** What `docker login` and its like leave behind. */
function homeFor(
  folder: string,
  { login }: RegistryProfile,
  { isLoggedOut }: ProfileOptions,
): string {
  if (isLoggedOut === true) return folder;
  const { key, username, password, identityToken } = login;
  const entry = {
    auth: Buffer.from(`${username}:${password}`).toString("base64"),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
  };
  mkdirSync(join(folder, ".docker"));
  const text = JSON.stringify({ auths: { [key]: entry } });
  writeFileSync(join(folder, ".docker", "config.json"), text);
  return folder;
}
