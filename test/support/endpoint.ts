/** The endpoint of a reference at its own registry, for tests of what is asked there. */
import { endpointOf, type HostOptions } from "../../provider/settings/endpoints";
import type { Endpoint, Reference } from "../../provider/types";

/** As options say; registries.conf has no part in it. */
export function endpointFor(
  { registry, repository }: Pick<Reference, "registry" | "repository">,
  options: HostOptions = {},
): Endpoint {
  return endpointOf({ role: "origin", registry, repository, insecure: false }, options);
}
