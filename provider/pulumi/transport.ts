/**
 * From the inputs that say how to the options of the transport: reads certificate files and
 * registers secrets. Resolves and dials nothing.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { OciError, systemCode } from "../errors";
import { registerSecret } from "../redact";
import type { TransportOptions } from "../settings/endpoints";
import type { CheckedInputs } from "./inputs";

/** @throws OciError CONFIG where a certificate file cannot be read. */
export async function transportOf(
  inputs: CheckedInputs,
  directory: string,
): Promise<TransportOptions> {
  const { plainHttp, skipTlsVerify, caCertificates, credentials } = inputs;
  registerSecret(credentials?.password);
  registerSecret(credentials?.identityToken);
  const certificates = await Promise.all(
    (caCertificates ?? []).map((entry, index) => certificateText(entry, index, directory)),
  );
  return Object.freeze({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(skipTlsVerify === undefined ? {} : { skipTlsVerify }),
    caCertificates: certificates,
    ...(credentials === undefined
      ? {}
      : { credentials: { ...credentials, source: 'the input "credentials"', explicit: true } }),
  });
}

async function certificateText(entry: string, index: number, directory: string): Promise<string> {
  if (entry.includes("-----BEGIN")) return entry;
  const problem = (fact: string, cause?: unknown): OciError =>
    new OciError({
      code: "CONFIG",
      verb: "use",
      subject: `caCertificates[${index}]`,
      fact,
      hint: "give a PEM text, or the path of a PEM file, relative to the program's directory",
      cause,
    });
  let text: string;
  try {
    text = await readFile(resolve(directory, entry), "utf8");
  } catch (error) {
    throw problem(`${entry} cannot be read (${systemCode(error) ?? "unknown reason"})`, error);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw problem(`${entry} holds no certificate`);
  return text;
}
