/**
 * From the inputs of a push to what the road of publishing is asked: the same for the resource and the
 * command line. Reads registries.conf and files of certificates and keys; dials nothing.
 */
import { resolve } from "node:path";
import { OciError } from "../../errors";
import type { FileItem } from "../../pack/request";
import type { PublishRequest, PublishSource } from "../../publish";
import { formatReference } from "../../reference/format";
import { parsePlatform } from "../../reference/platform";
import type { Origin } from "../../registry/writer";
import type { Settings } from "../../settings/settings";
import type { Reference } from "../../types";
import { requestOf, type RequestWorld } from "../request";
import { prepared, type RouteWorld, searchOf, stopsFor } from "../routes";
import { registerSecrets, totalTimeout } from "../transport";
import type { TransportInputs } from "../transport-types";
import type { PushInputs } from "./push-inputs";
import type { ReadPushInputs } from "./read-push-inputs";

/** Where a push is asked for. */
export interface PushWorld extends RequestWorld {
  readonly settings: Pick<Settings, "sourceDateEpoch">;
}

/** Of the "how" inputs, those that hold for other hosts than the one that is pushed to. */
const FOR_ALL_HOSTS = ["registries", "authFile", "proxy", "timeouts"] as const;

/** Those that say only how the one host is reached. */
const FOR_ONE_HOST = [
  "plainHttp",
  "skipTlsVerify",
  "insecure",
  "caCertificates",
  "clientCertificate",
  "credentials",
] as const;

/**
 * What is published, and where to.
 *
 * @throws OciError CONFIG where a file, or SOURCE_DATE_EPOCH, cannot be used; BLOCKED where the registry
 * may not be asked.
 */
export async function publishRequestOf(
  read: ReadPushInputs,
  world: PushWorld,
): Promise<PublishRequest> {
  const { inputs, reference } = read;
  const { tags, annotations, git, subject, immutableTags } = inputs;
  registerSecrets(inputs);
  return Object.freeze({
    source: await sourceOf(read, world),
    reference,
    endpoint: await originOf(reference, inputs, world),
    seconds: secondsOf(world.settings),
    totalTimeout: totalTimeout(inputs, reference.registry),
    ...(tags === undefined ? {} : { tags }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(git === undefined ? {} : { git }),
    ...(subject === undefined ? {} : { subject }),
    ...(immutableTags === undefined ? {} : { immutableTags }),
  });
}

/**
 * The registry of a reference itself, as it is reached for writing. What registries.conf says of mirrors
 * and of other locations is about reading; what it blocks, and where TLS is not verified, counts.
 *
 * @throws OciError CONFIG, BLOCKED
 */
export async function originOf(
  reference: Reference,
  inputs: TransportInputs,
  world: RequestWorld,
): Promise<Origin> {
  const { configuration, directory, report } = world;
  const conf = await configuration.registriesConf(undefined, report);
  const unsearched = { inputs, directory, configuration, conf };
  const routes: RouteWorld = { ...unsearched, search: await searchOf(unsearched) };
  const own = stopsFor(reference, {
    ...routes,
    inputs: { ...inputs, fallback: true, mirrors: [] },
  });
  const stop = own.find(({ role }) => role === "origin");
  if (stop?.skipped !== undefined) throw blocked(reference, stop.skipped);
  const { registry, repository } = reference;
  const isItself = stop?.registry === registry && stop.repository === repository;
  const insecure = isItself && stop.insecure;
  const place = { role: "origin", registry, repository, insecure } as const;
  return { ...(await prepared(place, reference, routes)), role: "origin" };
}

function blocked(reference: Reference, reason: string): OciError {
  return new OciError({
    code: "BLOCKED",
    verb: "push to",
    subject: formatReference(reference),
    fact: reason,
    hint: "use another registry, or take blocked = true out of the table, if that is yours to decide",
  });
}

async function sourceOf(read: ReadPushInputs, world: PushWorld): Promise<PublishSource> {
  const { inputs, from } = read;
  const { source = "", sources, platforms, artifactType } = inputs;
  const at = (path: string): string => resolve(world.directory, path);
  const type = artifactType === undefined ? {} : { artifactType };
  if (from !== undefined) return await existingSource(from, read, world);
  if (platforms !== undefined) {
    const builds = Object.entries(platforms).map(([name, path]) => ({
      platform: parsePlatform(name),
      archive: at(path),
    }));
    return { from: "builds", builds };
  }
  if (sources !== undefined) {
    const files = sources.map((file): FileItem => ({ ...file, path: at(file.path) }));
    return { from: "files", files, ...type };
  }
  const { include, exclude, layerType } = inputs;
  return {
    from: "path",
    kind: kindOf(inputs),
    path: at(source),
    ...type,
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(layerType === undefined ? {} : { mediaType: layerType }),
  };
}

/** A provider has platforms and no source: its kind does not get here. */
function kindOf({ kind = "files", alsoArgocd }: PushInputs) {
  if (kind === "opentofu-module") return alsoArgocd === true ? "opentofu-argocd" : kind;
  return kind === "opentofu-provider" ? "files" : kind;
}

/** It is asked for as a pull asks; what is said of the one host that is pushed to opens no other. */
async function existingSource(
  from: Reference,
  { inputs, reference }: ReadPushInputs,
  world: RequestWorld,
): Promise<PublishSource> {
  const isSame = from.registry === reference.registry;
  const names = [...FOR_ALL_HOSTS, ...(isSame ? FOR_ONE_HOST : [])];
  const how = Object.fromEntries(
    names.flatMap((name) => (inputs[name] === undefined ? [] : [[name, inputs[name]]])),
  ) as TransportInputs;
  const { source = "", platform } = inputs;
  const read = { inputs: { ...how, reference: source }, reference: from };
  const { endpoints, reference: found } = await requestOf(read, undefined, world);
  const wanted = platform === undefined ? {} : { platform: parsePlatform(platform) };
  return { from: "artifact", reference: found, endpoints, ...wanted };
}

/** https://reproducible-builds.org/specs/source-date-epoch/ */
function secondsOf({ sourceDateEpoch = "0" }: PushWorld["settings"]): number {
  if (/^\d{1,10}$/.test(sourceDateEpoch)) return Number(sourceDateEpoch);
  throw new OciError({
    code: "CONFIG",
    verb: "read",
    subject: "the environment variable SOURCE_DATE_EPOCH",
    fact: `${JSON.stringify(sourceDateEpoch)} is no time that an archive can hold`,
    hint: "set it to whole seconds since 1970, or not at all",
  });
}
