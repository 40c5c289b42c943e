/**
 * Reads the text of an auth.json, config.json or .dockercfg: which keys it has, and which helpers it
 * names. It never opens a file, reads an entry, or quotes the text, which may hold secrets.
 */
import { OciError } from "../../errors";
import { field, isRecord } from "../fields";

/** What one file says about credentials. */
export interface AuthFile {
  /** For people. */
  readonly name: string;
  /** Hosts stand at its top, and all its keys may be URLs. */
  readonly isLegacy: boolean;
  /** Key ("ghcr.io", "ghcr.io/team", "https://index.docker.io/v1/") to entry, unread. */
  readonly auths: ReadonlyMap<string, unknown>;
  /** Host to the name of its helper. */
  readonly credentialHelpers: ReadonlyMap<string, unknown>;
  /** Name of the helper of all other hosts. */
  readonly credentialStore: unknown;
}

/**
 * Parses the text of a file. Names of fields count without regard to case.
 *
 * @param name - Of the file, for errors.
 * @param isLegacy - Whether it is of the form of `.dockercfg`. Default false.
 * @throws OciError CONFIG.
 */
export function parseAuthFile(text: string, name: string, isLegacy = false): AuthFile {
  const document = parseObject(text, name);
  const mapOf = (key: string): ReadonlyMap<string, unknown> => {
    const value = isLegacy ? {} : (field(document, key) ?? {});
    if (!isRecord(value)) throw brokenFile(name, `${key} is not an object`);
    return new Map(Object.entries(value));
  };
  return Object.freeze({
    name,
    isLegacy,
    auths: isLegacy ? new Map(Object.entries(document)) : mapOf("auths"),
    credentialHelpers: mapOf("credHelpers"),
    credentialStore: isLegacy ? undefined : field(document, "credsStore"),
  });
}

function parseObject(text: string, name: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw brokenFile(name, "it is not valid JSON");
  }
  if (!isRecord(document)) throw brokenFile(name, "it is not a JSON object");
  return document;
}

/** The error of a file that cannot be used. `fact` must not quote it. */
export function brokenFile(subject: string, fact: string, hint?: string): OciError {
  return new OciError({ code: "CONFIG", verb: "read the credentials in", subject, fact, hint });
}
