/**
 * From the inputs of a reference to its way: the places that are asked, in order, each prepared as an
 * endpoint, and those that are passed over. Reads registries.conf, certs.d and certificate files;
 * dials nothing, and looks for no credential.
 */
import { resolve } from "node:path";
import { asOciError } from "../errors";
import { formatReference } from "../reference/format";
import type { CredentialSearch } from "../settings/credentials";
import { endpointOf, type HostFacts } from "../settings/endpoints";
import type { RegistriesConf } from "../settings/registries-conf/tables";
import { routeOf, type Stop, usableStops } from "../settings/route";
import type { Configuration } from "../settings/configuration";
import type { Endpoint, Reference } from "../types";
import { isAsSafe, withoutLogin } from "./same-host";
import { type AskedHost, type AskedMirror, hasFallback, hostOptions, mirrorsOf } from "./transport";
import type { TransportInputs } from "./transport-types";

/** What a way depends on. */
export interface RouteWorld {
  readonly inputs: TransportInputs;
  /** Of the program; paths of inputs are relative to it. Absolute. */
  readonly directory: string;
  readonly configuration: Configuration;
  readonly conf: RegistriesConf;
  /** Where a credential is looked for, at all places alike. */
  readonly search: CredentialSearch;
}

/** The endpoints that are asked for the reference, in order. Never empty. @throws OciError BLOCKED, CONFIG. */
export async function endpointsFor(
  reference: Reference,
  world: RouteWorld,
): Promise<readonly Endpoint[]> {
  const stops = usableStops(formatReference(reference), stopsFor(reference, world));
  return Object.freeze(await Promise.all(stops.map((stop) => prepared(stop, reference, world))));
}

/** All places of the reference, also those that are passed over. @throws OciError CONFIG. */
export function stopsFor(reference: Reference, { inputs, conf }: RouteWorld): readonly Stop[] {
  const mirrors = mirrorsOf(inputs, reference.registry);
  return routeOf(reference, {
    conf,
    mirrors,
    fallback: hasFallback(inputs, reference.registry),
  });
}

/** The endpoint of a place that is asked. @throws OciError CONFIG where an input's file cannot be used. */
export async function prepared(
  stop: Stop,
  reference: Reference,
  world: RouteWorld,
): Promise<Endpoint> {
  const { inputs, directory } = world;
  const asked = askedHost(stop, reference, inputs);
  const options = await hostOptions(inputs, asked, directory);
  const facts = await factsOf(stop, options.plainHttp === true, world);
  if (stop.role === "origin" || !asked.isOwn) return endpointOf(stop, options, facts);
  const own = await hostOptions(inputs, { ...asked, mirror: undefined }, directory);
  const isInsecure = stopsFor(reference, world).some(
    ({ role, registry, insecure }) => role === "origin" && registry === stop.registry && insecure,
  );
  const isSafe = isAsSafe(
    { insecure: stop.insecure, ...options },
    { insecure: isInsecure, ...own },
  );
  return endpointOf(stop, isSafe ? options : withoutLogin(options, asked.mirror?.options), facts);
}

/** Where a credential is looked for, as the inputs say. @throws OciError CONFIG for `authFile`. */
export async function searchOf(world: Omit<RouteWorld, "search">): Promise<CredentialSearch> {
  const { inputs, directory, configuration, conf } = world;
  const { authFile } = inputs;
  const file = authFile === undefined ? undefined : resolve(directory, authFile);
  return await configuration.credentialSearch(file, conf.credentialHelpers);
}

/** What certs.d has for the host. Where that is unusable, it ends this endpoint's turn and no other's. */
async function factsOf(
  stop: Stop,
  isPlain: boolean,
  { search, configuration }: RouteWorld,
): Promise<HostFacts> {
  if (isPlain) return { search };
  try {
    return { ...(await configuration.hostCertificates(stop.registry)), search };
  } catch (error) {
    return { search, unusable: asOciError(error, "use the certificates of", stop.registry) };
  }
}

function askedHost({ registry, mirror }: Stop, reference: Reference, inputs: TransportInputs) {
  const asked: AskedMirror | undefined =
    mirror === undefined ? undefined : mirrorsOf(inputs, reference.registry)[mirror];
  const isOwn = registry === reference.registry;
  return {
    registry,
    isOwn,
    ...(asked === undefined ? {} : { mirror: { name: asked.name, options: asked } }),
  } satisfies AskedHost;
}
