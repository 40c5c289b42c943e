/**
 * The real cosign, of both generations, with keys and without a log: it signs and verifies what lies
 * in a registry on this machine, and reaches nothing else. What is right is for the test to say.
 */
import * as assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderFor } from "./folder-for-test";
import { run, type Finished } from "./processes";
import { findOrBuild } from "./toolchain";

/** Major versions that are in use. */
export const GENERATIONS = ["2", "3"] as const;

export type Generation = (typeof GENERATIONS)[number];

/**
 * Where a signature lies: in an image under a tag of its own, or in a bundle among the referrers.
 * "referrer" is an experiment of 2023: that image as a referrer. Nobody reads it unless told to.
 */
export type SignatureLayout = "tag" | "bundle" | "referrer";

export type CosignKeyType = "P-256" | "P-384" | "P-521" | "RSA" | "Ed25519";

/** Two files of one key, and the text that others check with. */
export interface CosignKey {
  readonly privateFile: string;
  readonly publicFile: string;
  /** PEM. */
  readonly publicKey: string;
}

/** What `cosign sign` is told. */
export interface CosignSignOptions {
  readonly key: CosignKey;
  readonly layout: SignatureLayout;
  /** What is signed along with the digest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of an index: signs what it lists, too. */
  readonly recursive?: true;
}

/** What `cosign verify` is told. */
export interface CosignVerifyOptions {
  readonly key: CosignKey;
  /** Generation 2 has to be told. Generation 3 looks for bundles, and for a tag where there is none. */
  readonly layout: SignatureLayout;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What is signed by P-384 or P-521 was hashed with; tags only. Default sha256, as for all others. */
  readonly hash?: "sha384" | "sha512";
}

/** What cosign says of content. Anything else that it may say is thrown. */
export interface CosignVerdict {
  /** "unsigned" where it found nothing to check, "refused" where nothing that it found counts. */
  readonly verdict: "accepted" | "unsigned" | "refused";
  /** All that it printed. */
  readonly text: string;
}

/** One cosign. References are "127.0.0.1:5000/team/app@sha256:…"; what is not done is thrown. */
export interface Cosign {
  readonly generation: Generation;
  /**
   * Without a password, one of each type a folder. What cosign does not make itself is made here and
   * imported. Default P-256.
   */
  generateKey(folder: string, type?: CosignKeyType): Promise<CosignKey>;
  sign(reference: string, options: CosignSignOptions): Promise<void>;
  /** Makes a statement about the content that is no signature of it. */
  attest(reference: string, options: Pick<CosignSignOptions, "key" | "layout">): Promise<void>;
  verify(reference: string, options: CosignVerifyOptions): Promise<CosignVerdict>;
}

/** One run takes a fraction of a second; a machine that is busy, some. */
const LONGEST_RUN_MS = 60_000;

/** What lies in the folder that it works in. */
const FILES = {
  "predicate.json": '{"scanned":true}',
  "trusted_root.json": '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
} as const;

/** A cosign that is built on its first use, once. What it leaves goes with the test or suite. */
export function cosignFor(
  context: { after(work: () => void): void },
  generation: Generation,
): Cosign {
  const home = folderFor(context);
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(home, name), content);
  let program: Promise<string> | undefined;
  const attempt = async (words: readonly string[], cwd = home): Promise<Finished> => {
    program ??= findOrBuild(generation === "3" ? "cosign" : "cosign2");
    const environment = environmentOf(home);
    return run(await program, words, { cwd, environment, owner: home, timeoutMs: LONGEST_RUN_MS });
  };
  const succeed = async (words: readonly string[], cwd?: string): Promise<void> => {
    const { exitCode, text } = await attempt(words, cwd);
    assert.equal(exitCode, 0, `cosign ${words.join(" ")}\n${text}`);
  };
  return {
    generation,
    async generateKey(folder, type = "P-256") {
      const name = `${type}-${generation}`;
      await succeed(keyCommand(folder, type, name), folder);
      return keyIn(folder, name);
    },
    sign: (reference, options) => succeed(["sign", ...signFlags(options), reference]),
    attest: (reference, options) =>
      succeed(["attest", ...signFlags(options), "--predicate=predicate.json", reference]),
    async verify(reference, options) {
      const flags = verifyFlags(options, generation);
      const { exitCode, text } = await attempt(["verify", ...flags, reference]);
      return { verdict: exitCode === 0 ? "accepted" : refusalIn(text), text };
    },
  };
}

/** Whatever is no verdict is a failure of the test. */
function refusalIn(text: string): "unsigned" | "refused" {
  if (/^Error: no (signatures found|valid bundles exist)/m.test(text)) return "unsigned";
  assert.match(text, /^Error: no matching (signatures|attestations)/m);
  return "refused";
}

/** The registry is on this machine, and everything else is out of reach: nothing listens on port 9. */
function environmentOf(home: string): Readonly<Record<string, string>> {
  const nowhere = "http://127.0.0.1:9";
  return {
    HOME: home,
    COSIGN_PASSWORD: "",
    // Admits the layout "referrer", and is nothing to the others.
    COSIGN_EXPERIMENTAL: "1",
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    NO_PROXY: "127.0.0.1",
  };
}

function keyCommand(folder: string, type: CosignKeyType, name: string): readonly string[] {
  if (type === "P-256") return ["generate-key-pair", "--output-key-prefix", name];
  const source = join(folder, `${name}.pem`);
  const pem = privateKeyOf(type).export({ type: "pkcs8", format: "pem" });
  writeFileSync(source, pem, { mode: 0o600 });
  return ["import-key-pair", "--key", source, "--output-key-prefix", name];
}

function privateKeyOf(type: Exclude<CosignKeyType, "P-256">): KeyObject {
  if (type === "RSA") return generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;
  if (type === "Ed25519") return generateKeyPairSync("ed25519").privateKey;
  return generateKeyPairSync("ec", { namedCurve: type }).privateKey;
}

function keyIn(folder: string, name: string): CosignKey {
  const publicFile = join(folder, `${name}.pub`);
  return {
    privateFile: join(folder, `${name}.key`),
    publicFile,
    publicKey: readFileSync(publicFile, "utf8"),
  };
}

/** The same words do for both generations; 3 calls the older ones deprecated and obeys. */
function signFlags(options: CosignSignOptions): readonly string[] {
  const { key, layout, recursive } = options;
  return [
    "--yes",
    `--key=${key.privateFile}`,
    `--new-bundle-format=${layout === "bundle"}`,
    // Else 3 asks the public instance of Sigstore which log to write to.
    "--use-signing-config=false",
    "--tlog-upload=false",
    ...annotationFlags(options),
    ...(recursive === true ? ["--recursive"] : []),
    ...(layout === "referrer" ? ["--registry-referrers-mode=oci-1-1"] : []),
  ];
}

function verifyFlags(options: CosignVerifyOptions, generation: Generation): readonly string[] {
  const { hash, key, layout } = options;
  return [
    `--key=${key.publicFile}`,
    "--insecure-ignore-tlog",
    ...layoutFlags(layout, generation),
    ...annotationFlags(options),
    ...(hash === undefined ? [] : [`--signature-digest-algorithm=${hash}`]),
  ];
}

/** Where to look for a signature. */
function layoutFlags(layout: SignatureLayout, generation: Generation): readonly string[] {
  if (layout === "referrer") return ["--experimental-oci11", "--new-bundle-format=false"];
  if (layout === "tag" || generation === "3") return [];
  // 2 takes no bundle without a root, be it one that trusts nobody: the key is trusted anyway.
  return ["--new-bundle-format", "--trusted-root=trusted_root.json"];
}

function annotationFlags({
  annotations = {},
}: Pick<CosignSignOptions, "annotations">): readonly string[] {
  return Object.entries(annotations).map(([name, value]) => `--annotations=${name}=${value}`);
}
