/**
 * The options of registries that a program has in its stack configuration, `oci-artifact:registries`,
 * and those that it gives as an input: one map, in which what is given wins. Reads nothing else.
 */
import * as pulumi from "@pulumi/pulumi";
import type { InputType } from "../provider/pulumi/input-types";
import { TRANSPORT_INPUTS } from "../provider/pulumi/transport-inputs";
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
  return typed(value, TRANSPORT_INPUTS.registries.type) as Registries;
}

/**
 * `pulumi config set --path` makes a number of what looks like one, and a text of what does not: it
 * knows no types. What cannot be meant otherwise is taken so; the rest is for the check to refuse.
 */
function typed(value: unknown, type: InputType): unknown {
  switch (type.kind) {
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    case "number":
      return typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value))
        ? Number(value)
        : value;
    case "boolean":
      return value === "true" || value === "false" ? value === "true" : value;
    case "object":
      return mapped(value, (item, name) => {
        const field = type.fields[name];
        return field === undefined ? item : typed(item, field.type);
      });
    case "mirrors":
      return Array.isArray(value)
        ? value.map((item: unknown) => typed(item, { ...type, kind: "object" }))
        : value;
    case "registries":
      return mapped(value, (item) => typed(item, { ...type, kind: "object" }));
    default:
      return value;
  }
}

function mapped(value: unknown, change: (item: unknown, name: string) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]: [string, unknown]) => [name, change(item, name)]),
  );
}

function wrongConfiguration(fact: string): Error {
  return userError(
    `cannot use the configuration oci-artifact:registries: ${fact}\nhint: pulumi config set --path 'oci-artifact:registries["registry.example:5000"].plainHttp' true`,
    "INVALID_INPUT",
  );
}
