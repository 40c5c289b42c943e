/**
 * From checked inputs to what the road is asked: the same for the resource, the function and the
 * command line. Reads registries.conf and files of certificates and keys; dials nothing.
 */
import { resolve } from "node:path";
import { selectionOf } from "../content/selection";
import type { Report } from "../context";
import { layoutEndpoint } from "../layout/endpoint";
import type { PullRequest } from "../pull";
import { parsePlatform } from "../reference/platform";
import type { Configuration } from "../settings/configuration";
import type { RegistriesConf } from "../settings/registries-conf/tables";
import type { Endpoint, Reference } from "../types";
import type { ReadInputs } from "./read-inputs";
import { asLocked } from "./locked";
import { endpointsFor, type RouteWorld, searchOf } from "./routes";
import { meantBy } from "./short-name";
import { registerSecrets, totalTimeout } from "./transport";
import { policyOf } from "./policy-of";

/** Where a request is made. */
export interface RequestWorld {
  readonly configuration: Configuration;
  /** Of the program; absolute. */
  readonly directory: string;
  readonly report: Report;
}

/**
 * What a pull is asked.
 * @param digest - Exactly this digest is wanted, whatever the tag says: mirrors may be for digests only.
 * @throws OciError CONFIG where a file cannot be used, BLOCKED where nobody may be asked,
 * INVALID_REFERENCE where a name without a registry means nothing.
 */
export async function requestOf(
  read: ReadInputs,
  digest: string | undefined,
  world: RequestWorld,
): Promise<PullRequest> {
  const { inputs } = read;
  registerSecrets(inputs);
  const wanted = digest ?? read.locked?.digest;
  const [way, ...others] = await waysOf(read, wanted, world);
  return {
    ...way,
    ...(others.length === 0 ? {} : { others }),
    digest: wanted,
    chosen: read.locked?.chosen,
    locked: read.locked,
    version: read.version,
    referrerType: inputs.referrer?.artifactType,
    platform: inputs.platform === undefined ? undefined : parsePlatform(inputs.platform),
    // Who gives a digest has judged the tag: pinning is what the error of a moved one asks for.
    onTagMove: inputs.digest === undefined ? inputs.onTagMove : undefined,
    selection: selectionOf(inputs),
    policy: await policyOf(inputs.verify, world.directory, world.report),
    totalTimeout: totalTimeout(inputs, way.reference.registry),
  };
}

/** What registries.conf says for these inputs. @throws OciError CONFIG, naming the file. */
export async function confOf(
  { inputs: { registriesConf } }: ReadInputs,
  { configuration, directory, report }: RequestWorld,
): Promise<RegistriesConf> {
  const file = registriesConf === undefined ? undefined : resolve(directory, registriesConf);
  return await configuration.registriesConf(file, report);
}

interface Way {
  readonly reference: Reference;
  readonly endpoints: readonly Endpoint[];
  readonly tagEndpoints?: readonly Endpoint[];
}

/** One for each that the reference may mean. For an image layout, no file that is about registries counts. */
async function waysOf(
  read: ReadInputs,
  digest: string | undefined,
  world: RequestWorld,
): Promise<readonly [Way, ...Way[]]> {
  const { inputs, reference: written } = read;
  if (written.layout !== undefined) {
    return [{ reference: written, endpoints: [layoutEndpoint(written, world.directory)] }];
  }
  const conf = await confOf(read, world);
  const unsearched = { ...world, inputs, conf };
  const routes: RouteWorld = { ...unsearched, search: await searchOf(unsearched) };
  const { references } = await meantBy(read, conf, world.configuration);
  const [first, ...others] = references;
  const isSigned = inputs.verify !== undefined;
  const way = await wayOf(asLocked(first, read), digest, isSigned, routes);
  const rest = others.map((other) => wayOf(asLocked(other, read), digest, isSigned, routes));
  return [way, ...(await Promise.all(rest))];
}

/** Which mirrors serve a reference depends on whether it is asked for by digest. */
async function wayOf(
  reference: Reference,
  digest: string | undefined,
  isSigned: boolean,
  routes: RouteWorld,
): Promise<Way> {
  const wanted = digest ?? reference.digest;
  if (wanted === undefined) return { reference, endpoints: await endpointsFor(reference, routes) };
  const endpoints = await endpointsFor({ ...reference, digest: wanted }, routes);
  // Signatures may lie under tags, too.
  if (reference.tag === undefined && !isSigned) return { reference, endpoints };
  const { digest: _digest, ...byTag } = reference;
  // Its tag is asked for best effort, to compare: where nobody may be asked, there is nothing to.
  const tagEndpoints = await endpointsFor(byTag, routes).catch(() => []);
  return { reference, endpoints, tagEndpoints };
}
