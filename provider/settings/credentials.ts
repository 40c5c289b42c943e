/**
 * Finds the credential of a repository on this machine: reads the files that may hold it, and runs
 * the helpers that they name. What is broken is a warning and the rest counts; a search never
 * fails, and nobody is asked whether a credential is accepted.
 */
import { readFile } from "node:fs/promises";
import type { Report } from "../context";
import { asOciError, OciError, systemCode } from "../errors";
import { registerSecret } from "../redact";
import type { Credential } from "../types";
import { askHelper, helperProgram } from "./credential-helper";
import {
  type CredentialPlace,
  credentialPlaces,
  type DockerConfig,
  parseDockerConfig,
  readEntry,
  type Secrets,
} from "./docker-config";
import type { Settings } from "./settings";

/**
 * The credential that this machine holds for the repository, or undefined. Files are asked in
 * order, the first with an answer wins; reasons to pass over one go to the report.
 */
export async function findCredential(
  settings: Settings,
  registry: string,
  repository: string,
  report: Report,
): Promise<Credential | undefined> {
  for (const file of credentialFiles(settings)) {
    const config = await attempt(() => readConfig(file), report);
    if (config === undefined || config === FAILED) continue;
    const places = credentialPlaces(config, registry, repository);
    const credential = await askPlaces(places, file, settings, report);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** Files that may hold credentials, the most important first. */
function credentialFiles(settings: Settings): readonly string[] {
  return settings.dockerConfig === undefined ? [] : [settings.dockerConfig];
}

async function askPlaces(
  places: readonly CredentialPlace[],
  file: string,
  settings: Settings,
  report: Report,
): Promise<Credential | undefined> {
  for (const place of places) {
    const secrets = await attempt(() => askPlace(place, file, settings), report);
    if (secrets === FAILED) continue;
    if (secrets !== undefined) return credentialFrom(secrets, sourceOf(place, file));
    if (place.kind === "helper" && place.isFinal) return undefined;
  }
  return undefined;
}

async function askPlace(
  place: CredentialPlace,
  file: string,
  settings: Settings,
): Promise<Secrets | undefined> {
  if (place.kind === "entry") return readEntry(place.entry, file, place.listed);
  for (const server of place.servers) {
    const secrets = await askHelper(settings.searchPath, String(place.name), server);
    if (secrets !== undefined) return secrets;
  }
  return undefined;
}

/** What the file says, or undefined where there is no file. */
async function readConfig(file: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new OciError({
      code: "CONFIG",
      verb: "read the credentials in",
      subject: file,
      fact: code ?? "it is not readable",
      cause: error,
    });
  }
  return parseDockerConfig(text, file);
}

/** Every secret is known to the redaction gate before anybody holds it. */
function credentialFrom(secrets: Secrets, source: string): Credential {
  registerSecret(secrets.password);
  registerSecret(secrets.identityToken);
  registerSecret(secrets.registryToken);
  if (secrets.username !== undefined && secrets.password !== undefined) {
    const pair = `${secrets.username}:${secrets.password}`;
    registerSecret(Buffer.from(pair).toString("base64"));
  }
  return Object.freeze({ ...secrets, source, explicit: false });
}

function sourceOf(place: CredentialPlace, file: string): string {
  return place.kind === "entry"
    ? `${file} (${place.listed})`
    : `${helperProgram(String(place.name))} (${place.listed} of ${file})`;
}

const FAILED = Symbol("failed");

/** What the work gives; where it fails, a warning and FAILED. */
async function attempt<T>(work: () => T | Promise<T>, report: Report): Promise<T | typeof FAILED> {
  try {
    return await work();
  } catch (error) {
    const reason = asOciError(error, "look for", "a credential");
    report.warning(`${reason.message}\ngoing on without it`);
    return FAILED;
  }
}
