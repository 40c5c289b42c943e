/**
 * What the tests of lies about credentials share: a registry that asks for a login, the user who has
 * it, and a stranger who must never see it. No assertions.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TestContext } from "node:test";
import {
  LOGIN,
  openSandbox,
  publishKnown,
  type PullOptions,
  type PullResult,
  type Sandbox,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { LoggedRequest, RegistryAuth, TestRegistry } from "../support/registry-types";

export const BASIC: RegistryAuth = { kind: "basic", ...LOGIN };
export const TOKEN = { kind: "token", ...LOGIN } as const satisfies RegistryAuth;

/** The user's login, as an input. */
export const GIVEN: PullOptions = { inputs: { plainHttp: true, credentials: LOGIN } };

/** How a pull goes where nobody lies. */
export const BY_BASIC = ["manifest none 401", "manifest basic 200", "blob basic 200"];
export const BY_TOKEN = [
  "manifest none 401",
  "token basic 200",
  "manifest bearer 200",
  "blob bearer 200",
];

/** "manifest basic 200", for `trafficOf`. */
export function withScheme({ kind, authorization, status }: LoggedRequest): string {
  return `${kind} ${authorization} ${status ?? "-"}`;
}

export interface AuthWorld {
  readonly registry: TestRegistry;
  /** Open to everybody, with the same artifact. */
  readonly stranger: TestRegistry;
  readonly sandbox: Sandbox;
  /** With the user's login. */
  readonly pull: () => Promise<PullResult>;
}

/** A registry that wants this of whoever pulls. */
export async function openAuthWorld(t: TestContext, auth?: RegistryAuth): Promise<AuthWorld> {
  const registry = await registryFor(t, auth === undefined ? {} : { auth });
  const stranger = await registryFor(t);
  for (const server of [registry, stranger]) publishKnown(server);
  const sandbox = openSandbox(t, registry, [stranger]);
  return { registry, stranger, sandbox, pull: () => sandbox.pull(GIVEN) };
}

/** Answers every manifest request with 401 and these header lines. */
export function challenge(
  registry: TestRegistry,
  lines: readonly string[],
  times = Infinity,
): void {
  const handle = (_: IncomingMessage, response: ServerResponse): void => {
    response.setHeader("www-authenticate", [...lines]);
    response.writeHead(401).end();
  };
  registry.fault({ kind: "manifest", when: "any", times, then: { kind: "handler", handle } });
}

/** A Bearer challenge with that realm. */
export function bearer(realm: string): string {
  return `Bearer realm="${realm}",service="test-registry"`;
}
