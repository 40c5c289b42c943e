/** What tests of logging in share: a registry that asks for it, and what it was sent. */
import type { TestContext } from "node:test";
import type { Endpoint } from "../../provider/types";
import type { RegistryOptions, TestRegistry } from "../support/registry-types";
import { endpointAt, LOGIN, openWorld, REPOSITORY, serve, type WorldOptions } from "./world";

export const TOKEN = { kind: "token", ...LOGIN } as const;
export const BASIC = { kind: "basic", ...LOGIN } as const;

export interface Setup extends WorldOptions {
  readonly auth?: RegistryOptions["auth"];
  readonly endpoint?: Partial<Endpoint>;
}

/** A registry with one manifest in two repositories, and a client for it. */
export async function open(t: TestContext, { auth, endpoint, ...options }: Setup) {
  const registry = await serve(t, auth === undefined ? {} : { auth });
  for (const name of [REPOSITORY, "team/other"]) {
    registry.repository(name).putManifest({ schemaVersion: 2 }, { tag: "1" });
  }
  const world = openWorld(t, options);
  return {
    ...world,
    registry,
    get: (more: Partial<Endpoint> = {}) =>
      world.client.getManifest(
        endpointAt(registry.host, { ...endpoint, ...more }),
        "1",
        world.context,
      ),
    head: () => world.client.headManifest(endpointAt(registry.host, endpoint), "1", world.context),
  };
}

/** "GET manifest none 401", in order. */
export function trace(registry: TestRegistry): readonly string[] {
  return registry.requests.map(({ method, kind, authorization, status }) =>
    [method, kind, authorization, status].join(" "),
  );
}

/** Answers every manifest request with this challenge. */
export function challenge(registry: TestRegistry, header: string, times = Infinity) {
  const headers = { "www-authenticate": header };
  registry.fault({
    kind: "manifest",
    when: "any",
    times,
    then: { kind: "status", status: 401, headers },
  });
}
