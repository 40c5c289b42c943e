/**
 * Reads one entry of a file with credentials. Pure; it decodes nothing but the entry that is asked
 * for, so that a broken one harms its own host alone, and it never quotes what it reads.
 */
import type { Credential } from "../../types";
import { field, isRecord } from "../fields";
import { brokenFile } from "./parse";

/** The secrets of a credential, without where they came from. */
export type Secrets = Omit<Credential, "source" | "explicit">;

/**
 * The secrets of an entry, or undefined where it holds none ("{}" marks a host whose secrets a
 * helper keeps). `auth` beats `username` and `password`.
 *
 * @param file - Its file, for errors.
 * @param listed - Where the file has it, for errors: `auths["ghcr.io"]`.
 * @throws OciError CONFIG for an entry that cannot be read.
 */
export function readEntry(entry: unknown, file: string, listed: string): Secrets | undefined {
  // As Go reads it: null is as good as nothing.
  if (entry === null) return undefined;
  if (!isRecord(entry)) throw brokenFile(file, `${listed} is not an object`);
  const text = (name: string): string | undefined => {
    const value = field(entry, name) ?? "";
    if (typeof value !== "string") throw brokenFile(file, `${name} of ${listed} is not a text`);
    return value === "" ? undefined : value;
  };
  const auth = text("auth");
  const [username, password] =
    auth === undefined
      ? [text("username"), text("password")]
      : userAndPassword(decodeBase64(auth, file, listed));
  const identityToken = text("identitytoken");
  const registryToken = text("registrytoken");
  const secrets: Secrets = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identityToken }),
    ...(registryToken === undefined ? {} : { registryToken }),
  };
  return Object.keys(secrets).length === 0 ? undefined : secrets;
}

/** Splits at the first colon; a text without one is no pair, and Docker passes over it, too. */
function userAndPassword(pair: string): readonly [string | undefined, string | undefined] {
  const colon = pair.indexOf(":");
  const username = pair.slice(0, Math.max(colon, 0));
  // Some writers pad the password with NULs.
  const password = pair.slice(colon + 1).replace(/^\u0000+|(?<!\u0000)\u0000+$/g, "");
  return colon < 0 || username + password === "" ? [undefined, undefined] : [username, password];
}

/** Base64 with its padding, as Docker writes it; Buffer alone would read anything. */
function decodeBase64(auth: string, file: string, listed: string): string {
  const text = auth.replace(/[\r\n]/g, "");
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw brokenFile(file, `auth of ${listed} is not valid base64`);
  }
  return Buffer.from(text, "base64").toString("utf8");
}
