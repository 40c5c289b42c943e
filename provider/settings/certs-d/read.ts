/**
 * Reads the certificates of one host: whom to trust there, and what to show of oneself. It trusts
 * nobody on the word of another host's directory, and shows nothing of a key.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { factOfReading, hintOfReading } from "../../disk-facts";
import { OciError, systemCode } from "../../errors";
import { registerSecret } from "../../redact";
import type { ClientCertificate } from "../../types";
import { pairProblem } from "../client-certificate";
import { isMissing } from "../missing";
import { certificateBlocks, isCertificate, withoutEmptyLines } from "../pem-certificates";
import type { CertificatePlaces } from "./locate";

/** What the machine has for a host. */
export interface HostCertificates {
  /** The one directory that counts; undefined where there is none. */
  readonly directory?: string;
  /** PEM texts, one certificate each; trusted beside the system's. */
  readonly certificateAuthorities: readonly string[];
  /** Of several pairs, the first by name. */
  readonly clientCertificate?: ClientCertificate;
  /** What lies there and does not count, with what would help: for whoever is not trusted. */
  readonly notes: readonly string[];
}

/**
 * The certificates of a host: the first directory that there is for it counts alone, even if it is
 * empty. Directories that this user may not read are passed over.
 *
 * @param host - As references and registries.conf name it, with its port if it has one; Docker Hub is
 *   "docker.io".
 * @throws OciError CONFIG for half a pair, a pair that is none, or a file that cannot be read.
 */
export async function readHostCertificates(
  places: CertificatePlaces,
  host: string,
): Promise<HostCertificates> {
  for (const parent of places.directories) {
    const directory = join(parent, host);
    const names = await namesIn(directory);
    if (names !== undefined) return await readDirectory(directory, names);
  }
  return Object.freeze({ certificateAuthorities: NONE, notes: NONE });
}

const NONE: readonly string[] = Object.freeze([]);

async function readDirectory(
  directory: string,
  names: readonly string[],
): Promise<HostCertificates> {
  const authorities: string[] = [];
  const notes = names.filter(isMisnamed).map((name) => misnamed(join(directory, name)));
  for (const name of names.filter((each) => each.endsWith(".crt"))) {
    const file = join(directory, name);
    // A link that leads nowhere: the one that it is for may have gone on purpose.
    const text = isMissing(file) ? undefined : await readText(file);
    const found = certificatesOf(text ?? "");
    if (text === undefined) notes.push(`${file} leads to no file`);
    else if (found.length === 0) notes.push(worthless(file));
    authorities.push(...found);
  }
  const pairs = await readPairs(directory, names);
  return Object.freeze({
    directory,
    certificateAuthorities: Object.freeze(authorities),
    ...(pairs[0] === undefined ? {} : { clientCertificate: pairs[0] }),
    notes: Object.freeze(notes),
  });
}

/** All pairs, by name. Each has to be whole, also those that are not shown. */
async function readPairs(
  directory: string,
  names: readonly string[],
): Promise<readonly ClientCertificate[]> {
  const pairs: ClientCertificate[] = [];
  for (const name of names) {
    const stem = /^(.*)\.(?:cert|key)$/.exec(name)?.[1];
    if (stem === undefined) continue;
    const [certificate, key] = [`${stem}.cert`, `${stem}.key`];
    if (!names.includes(certificate)) throw withoutCertificate(directory, stem, names);
    if (!names.includes(key)) throw withoutKey(directory, stem);
    if (name === certificate) pairs.push(await readPair(directory, certificate, key));
  }
  return pairs;
}

async function readPair(
  directory: string,
  certificateName: string,
  keyName: string,
): Promise<ClientCertificate> {
  const certificate = withoutEmptyLines(await readText(join(directory, certificateName)));
  const key = await readText(join(directory, keyName));
  registerSecret(key);
  const problem = pairProblem({ certificate, key });
  if (problem === undefined) return Object.freeze({ certificate, key });
  const isEncrypted = problem.field === "passphrase";
  const name = problem.field === "certificate" ? certificateName : keyName;
  throw broken(
    join(directory, name),
    isEncrypted ? "it is encrypted" : problem.fact,
    isEncrypted
      ? "store it without a passphrase, or give clientCertificate, which has one"
      : "put the client's certificate and its own key there, both in PEM form",
  );
}

/** Names of the entries, in order; undefined where there is no directory for this user. */
async function namesIn(directory: string): Promise<readonly string[] | undefined> {
  if (isMissing(directory)) return undefined;
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ENOTDIR" && !isMissing(directory)) {
      const hint = "make it a directory, and put the authority's certificate there as ca.crt";
      throw broken(directory, "it is no directory", hint, error);
    }
    if (["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes(code)) return undefined;
    throw broken(directory, factOfReading(code), hintOfReading(code), error);
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "latin1");
  } catch (error) {
    const code = systemCode(error);
    throw broken(file, factOfReading(code), hintOfReading(code), error);
  }
}

/** What is no certificate in a bundle harms the others as little as it does elsewhere. */
function certificatesOf(text: string): readonly string[] {
  return certificateBlocks(text).filter(isCertificate);
}

/** Names that people give to certificates, and that count nowhere. */
function isMisnamed(name: string): boolean {
  return /\.(pem|cer|crt|cert|key)$/i.test(name) && !/\.(crt|cert|key)$/.test(name);
}

function misnamed(file: string): string {
  return `${file} does not count: authorities are *.crt, and a client's pair is *.cert with *.key`;
}

function worthless(file: string): string {
  return `${file} holds no certificate in PEM form: if it is in DER form, convert it (openssl x509 -inform der)`;
}

function withoutCertificate(directory: string, stem: string, names: readonly string[]): OciError {
  const hint = names.includes(`${stem}.crt`)
    ? `rename ${stem}.crt to ${stem}.cert: *.crt are authorities to trust`
    : `put the client's certificate beside it, as ${stem}.cert, or take the key away`;
  return broken(join(directory, `${stem}.key`), `there is no ${stem}.cert for this key`, hint);
}

function withoutKey(directory: string, stem: string): OciError {
  const hint = `put its key beside it, as ${stem}.key; if it is an authority to trust, rename it to ${stem}.crt`;
  const fact = `there is no ${stem}.key for this client certificate`;
  return broken(join(directory, `${stem}.cert`), fact, hint);
}

function broken(subject: string, fact: string, hint?: string, cause?: unknown): OciError {
  return new OciError({ code: "CONFIG", verb: "use", subject, fact, hint, cause });
}
