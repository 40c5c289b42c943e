/**
 * The options of registries that a program has in its stack configuration, `oci-artifact:registries`,
 * and those that it gives as an input: one map, in which what is given wins. Reads nothing else.
 */
import * as pulumi from "@pulumi/pulumi";
import { TRANSPORT_INPUTS } from "../provider/pulumi/transport-inputs";
import { typedValue } from "../provider/pulumi/typed-inputs";
import { normalizedRegistry } from "../provider/docker-hub";
import type { RegistryArgs } from "./args";
import { userError } from "./user-error";

type Registries = Readonly<Record<string, pulumi.Unwrap<RegistryArgs> | null>>;

/**
 * The input `registries` with the stack configuration in it; undefined where neither says anything.
 *
 * @throws Error where the configuration is no map
 */
export function withConfigured(
  given: pulumi.Input<Readonly<Record<string, pulumi.Input<RegistryArgs>>> | undefined> | undefined,
): pulumi.Output<Registries | undefined> | undefined {
  const configured = configuredRegistries();
  if (configured === undefined) {
    return given === undefined ? undefined : pulumi.output(given);
  }
  return pulumi.output(given).apply((own) => merged(configured, (own ?? {}) as Registries));
}

/** Host by host, however it is spelled, and option by option; what is undefined is not given. */
function merged(configured: Registries, given: Registries): Registries {
  const names = Object.keys(given);
  const nameOf = (host: string): string =>
    names.find((name) => normalizedRegistry(name) === normalizedRegistry(host)) ?? host;
  const known = Object.fromEntries(
    Object.entries(configured).map(([host, options]) => [nameOf(host), options]),
  );
  const own = Object.entries(given).map(([host, options]) => {
    const present = Object.entries(options ?? {}).filter(([, value]) => isPresent(value));
    return [host, { ...known[host], ...Object.fromEntries(present) }];
  });
  return { ...known, ...(Object.fromEntries(own) as Registries) };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function configuredRegistries(): Registries | undefined {
  const config = new pulumi.Config("oci-artifact");
  let value: unknown;
  try {
    value = config.getObject<unknown>("registries");
  } catch {
    // Its own message would show the value, which may hold passwords.
    throw wrongConfiguration("it is not JSON");
  }
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrongConfiguration("it is no map");
  return typedValue(value, TRANSPORT_INPUTS.registries.type) as Registries;
}

function wrongConfiguration(fact: string): Error {
  return userError(
    `cannot use the configuration oci-artifact:registries: ${fact}\nhint: pulumi config set --path 'oci-artifact:registries["registry.example:5000"].plainHttp' true`,
    "INVALID_INPUT",
  );
}
