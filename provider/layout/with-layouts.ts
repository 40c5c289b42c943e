/**
 * One client for registries and image layouts: an endpoint that has a layout is read, any other is
 * dialled. The code of layouts is loaded with the first one.
 */
import type { RegistryClient } from "../registry/client";
import type { Endpoint } from "../types";
import type { LayoutClient } from "./client";

/** The client, for layouts, too. */
export function withLayouts(registries: RegistryClient): RegistryClient {
  let layouts: LayoutClient | undefined;
  const of = ({ layout }: Endpoint): LayoutClient =>
    layout === undefined ? registries : (layouts ??= load());
  return Object.freeze({
    headManifest: (endpoint, ...rest) => of(endpoint).headManifest(endpoint, ...rest),
    getManifest: (endpoint, ...rest) => of(endpoint).getManifest(endpoint, ...rest),
    getBlob: (endpoint, ...rest) => of(endpoint).getBlob(endpoint, ...rest),
    listTags: (endpoint, ...rest) => of(endpoint).listTags(endpoint, ...rest),
    getReferrers: (endpoint, ...rest) => of(endpoint).getReferrers(endpoint, ...rest),
    close: () => registries.close(),
  } satisfies RegistryClient);
}

function load(): LayoutClient {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as in registry/client.ts
  return (require("./client") as typeof import("./client")).createLayoutClient();
}
