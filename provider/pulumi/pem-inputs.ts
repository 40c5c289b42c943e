/**
 * Inputs that are a PEM text or the path of a PEM file: certificates, and keys, which no error shows.
 * Nothing is dialled.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { OciError, systemCode } from "../errors";
import { registerSecret } from "../redact";
import { pairProblem } from "../settings/client-certificate";
import { withoutEmptyLines } from "../settings/pem-certificates";
import type { ClientCertificate } from "../types";

/**
 * The certificates of an input, as texts.
 *
 * @param name - of the input, for errors; paths are relative to `directory`
 * @throws OciError CONFIG where one cannot be read or holds none.
 */
export async function certificatesOf(
  entries: readonly string[] | undefined,
  name: string,
  directory: string,
): Promise<readonly string[]> {
  return await Promise.all(
    (entries ?? []).map((entry, index) =>
      pemText(entry, { name: `${name}[${index}]`, label: "CERTIFICATE" }, directory),
    ),
  );
}

/**
 * The pair of an input, as texts; every secret of it is known to the redaction gate.
 *
 * @throws OciError CONFIG where a half cannot be read, or they do not belong together.
 */
export async function clientPair(
  given: ClientCertificate,
  name: string,
  directory: string,
): Promise<ClientCertificate> {
  registerSecret(given.passphrase);
  const part = async (field: "certificate" | "key", label: string): Promise<string> => {
    const subject = { name: `${name}.${field}`, label, isSecret: field === "key" };
    return await pemText(given[field], subject, directory);
  };
  const certificate = withoutEmptyLines(await part("certificate", "CERTIFICATE"));
  const key = await part("key", "PRIVATE KEY");
  const pair = Object.freeze({ ...given, certificate, key });
  const problem = pairProblem(pair);
  if (problem === undefined) return pair;
  throw new OciError({
    code: "CONFIG",
    verb: "use",
    subject: `${name}.${problem.field}`,
    fact: problem.fact,
    hint: "give a certificate and its own key, and the passphrase where the key is encrypted",
  });
}

/** What a PEM text is for, and how errors show it. */
interface PemSubject {
  readonly name: string;
  /** What stands behind BEGIN, or ends there: "CERTIFICATE", "PRIVATE KEY". */
  readonly label: string;
  /** Neither the text nor what may be its path is shown. */
  readonly isSecret?: boolean;
}

/** The text, or what the file of that name holds. */
async function pemText(
  entry: string,
  { name, label, isSecret = false }: PemSubject,
  directory: string,
): Promise<string> {
  const isPath = !entry.includes("-----BEGIN");
  const shown = isPath && !isSecret ? entry : isPath ? "the file" : "the text";
  const problem = (fact: string, cause?: unknown): OciError =>
    new OciError({
      code: "CONFIG",
      verb: "use",
      subject: name,
      fact: `${shown} ${fact}`,
      hint: "give a PEM text, or the path of a PEM file, relative to the program's directory",
      cause,
    });
  let text = entry;
  try {
    if (isPath) text = await readFile(resolve(directory, entry), "utf8");
  } catch (error) {
    throw problem(`cannot be read (${systemCode(error) ?? "unknown reason"})`, error);
  }
  if (isSecret) registerSecret(text);
  const isOne = new RegExp(`-----BEGIN (?:[A-Z]+ )*${label}-----`).test(text);
  if (!isOne) throw problem(`holds no ${label.toLowerCase()}`);
  return text;
}

/**
 * What the file of an input holds that is no secret.
 *
 * @param name - Of the input, for errors; the path is relative to `directory`.
 * @throws OciError CONFIG where it cannot be read.
 */
export async function textOfFile(path: string, name: string, directory: string): Promise<string> {
  try {
    return await readFile(resolve(directory, path), "utf8");
  } catch (cause) {
    throw new OciError({
      code: "CONFIG",
      verb: "use",
      subject: name,
      fact: `${path} cannot be read (${systemCode(cause) ?? "unknown reason"})`,
      hint: "give a PEM text, or the path of a PEM file, relative to the program's directory",
      cause,
    });
  }
}
