/**
 * From the inputs that say how to the options of the transport: reads certificate files and
 * registers secrets. Resolves and dials nothing.
 */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { OciError, systemCode } from "../errors";
import { registerSecret } from "../redact";
import { normalizedRegistry } from "../docker-hub";
import { parseProxy } from "../registry/proxy";
import { pairProblem } from "../settings/client-certificate";
import type { PullTimeouts, TransportOptions } from "../settings/endpoints";
import type { ClientCertificate } from "../types";
import type { CheckedInputs } from "./inputs";
import type { TransportInputs } from "./transport-inputs";

/**
 * How a registry is reached: by the options of the inputs, and where they say nothing, by those of
 * `registries` for it. Authorities of both are trusted.
 *
 * @param registry - normalized, as in a {@link Reference}
 * @throws OciError CONFIG where a file of certificates or keys cannot be used.
 */
export async function transportOf(
  inputs: TransportInputs & Pick<CheckedInputs, "registries">,
  registry: string,
  directory: string,
): Promise<TransportOptions> {
  const registries = Object.entries(inputs.registries ?? {});
  for (const [, options] of registries) {
    // None of them may be shown, whichever is used.
    const { credentials, clientCertificate } = options ?? {};
    [credentials?.password, credentials?.identityToken, clientCertificate?.passphrase].forEach(
      registerSecret,
    );
  }
  const [name, named] = registries.find(([host]) => normalizedRegistry(host) === registry) ?? [];
  const own = await optionsOf(inputs, "", directory);
  if (name === undefined || named === undefined || named === null) return own;
  const others = await optionsOf(named, `registries["${name}"].`, directory);
  const timeouts = { ...others.timeouts, ...own.timeouts };
  return Object.freeze({
    ...others,
    ...own,
    caCertificates: [...(others.caCertificates ?? []), ...(own.caCertificates ?? [])],
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
  });
}

/** @param prefix - stands before the names of the inputs in errors */
async function optionsOf(
  inputs: TransportInputs,
  prefix: string,
  directory: string,
): Promise<TransportOptions> {
  const { plainHttp, skipTlsVerify, insecure, credentials, clientCertificate, timeouts } = inputs;
  registerSecret(credentials?.password);
  registerSecret(credentials?.identityToken);
  const caCertificates = await Promise.all(
    (inputs.caCertificates ?? []).map((entry, index) =>
      pemText(
        entry,
        { name: `${prefix}caCertificates[${index}]`, label: "CERTIFICATE" },
        directory,
      ),
    ),
  );
  const pair =
    clientCertificate === undefined
      ? undefined
      : await clientPair(clientCertificate, `${prefix}clientCertificate`, directory);
  const proxy = inputs.proxy === undefined ? undefined : proxyOf(inputs.proxy);
  return Object.freeze({
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(skipTlsVerify === undefined ? {} : { skipTlsVerify }),
    ...(insecure === undefined ? {} : { insecure }),
    caCertificates,
    ...(pair === undefined ? {} : { clientCertificate: pair }),
    ...(credentials === undefined
      ? {}
      : {
          credentials: {
            ...credentials,
            source: `the input "${prefix}credentials"`,
            explicit: true,
          },
        }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(timeouts === undefined ? {} : { timeouts: inMilliseconds(timeouts) }),
  });
}

async function clientPair(
  given: ClientCertificate,
  name: string,
  directory: string,
): Promise<ClientCertificate> {
  registerSecret(given.passphrase);
  const part = async (field: "certificate" | "key", label: string): Promise<string> => {
    const subject = { name: `${name}.${field}`, label, isSecret: field === "key" };
    return await pemText(given[field], subject, directory);
  };
  const certificate = await part("certificate", "CERTIFICATE");
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

/** @throws where the checks of inputs were left out. */
function proxyOf(text: string): URL | "none" {
  if (text === "none") return "none";
  const proxy = parseProxy(text);
  if (proxy === undefined) throw new TypeError("the proxy was not checked");
  registerSecret(proxy.password);
  registerSecret(decodeURIComponent(proxy.password));
  return proxy;
}

function inMilliseconds(timeouts: NonNullable<TransportInputs["timeouts"]>): PullTimeouts {
  // Nought would be no bound at all.
  const entries = Object.entries(timeouts).map(
    ([name, seconds]) => [name, Math.max(1, Math.round(seconds * 1_000))] as const,
  );
  return Object.freeze(Object.fromEntries(entries));
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
