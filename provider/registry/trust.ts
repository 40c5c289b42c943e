/**
 * Which certificate authorities are trusted: Node's, those that the environment names, the system's,
 * and those given for an endpoint. Reads the files once, and only when they are needed; it takes
 * nothing away from what Node trusts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as tls from "node:tls";
import { OciError } from "../errors";
import { certificateBlocks, isCertificate } from "../settings/pem-certificates";
import type { Settings } from "../settings/settings";

/** Where Linux distributions keep their bundle; the first that exists is the system's. */
const BUNDLES: readonly string[] = [
  "etc/ssl/certs/ca-certificates.crt",
  "etc/pki/tls/certs/ca-bundle.crt",
  "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "etc/ssl/ca-bundle.pem",
  "etc/ssl/cert.pem",
];

export interface Trust {
  /** The machine's authorities beside Node's own, as PEM. */
  ambient(): readonly string[];
  /** A context that trusts Node's, the machine's and the given authorities, and shows the identity. */
  context(given: readonly string[], identity?: Identity): tls.SecureContext;
  /** One that trusts the given ones alone, in a tenth of the time; Node's own where none are given. */
  narrowContext(given: readonly string[], identity?: Identity): tls.SecureContext;
}

/** What a client shows of itself. */
export type Identity = Pick<tls.SecureContextOptions, "cert" | "key" | "passphrase">;

/** The trust of this process. */
export function createTrust(settings: Settings): Trust {
  let found: readonly string[] | undefined;
  const ambient = () => (found ??= readAmbient(settings));
  return {
    ambient,
    context: (given, identity = {}) => {
      const added = given.flatMap(authoritiesOf);
      const ca = [...tls.rootCertificates, ...ambient(), ...added];
      return tls.createSecureContext({ ...identity, ca });
    },
    narrowContext: (given, identity = {}) => {
      const ca = given.flatMap(authoritiesOf);
      return tls.createSecureContext({ ...identity, ...(ca.length > 0 ? { ca } : {}) });
    },
  };
}

function readAmbient(settings: Settings): readonly string[] {
  const known = new Set(tls.rootCertificates.map(withoutBreaks));
  const added = new Map<string, string>();
  for (const text of ambientTexts(settings)) {
    for (const pem of certificateBlocks(text)) {
      const key = withoutBreaks(pem);
      if (!known.has(key) && isCertificate(pem)) added.set(key, pem);
    }
  }
  return [...added.values()];
}

function ambientTexts(settings: Settings): readonly string[] {
  const { certificateFile, extraCertificateFile, certificateDirectories, root } = settings;
  const named = [extraCertificateFile, certificateFile].flatMap((file) => file ?? []);
  const listed = certificateDirectories.flatMap((directory) =>
    namesIn(directory).map((name) => join(directory, name)),
  );
  return [...[...named, ...listed].map(readText), systemText(root)];
}

/** The system's bundle; newer Nodes know the stores of macOS and Windows too. */
function systemText(root: string): string {
  const bundles = BUNDLES.map((bundle) => readText(join(root, bundle)));
  const bundle = bundles.find((text) => text !== "") ?? "";
  if (root !== "/" || !("getCACertificates" in tls)) return bundle;
  const storeOf = tls.getCACertificates as (store: string) => readonly string[];
  return [bundle, ...storeOf("system")].join("\n");
}

/** A file that cannot be read adds no trust; what lacks it fails by name at the handshake. */
function readText(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return "";
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch {
    return [];
  }
}

function withoutBreaks(pem: string): string {
  return pem.replace(/\s/g, "");
}

function authoritiesOf(text: string): readonly string[] {
  const certificates = certificateBlocks(text);
  if (certificates.length > 0 && certificates.every(isCertificate)) return certificates;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "use",
    subject: "caCertificates",
    fact: "one of them is no certificate in PEM form",
    hint: "give the text of the file that begins with -----BEGIN CERTIFICATE-----, not its path",
  });
}
