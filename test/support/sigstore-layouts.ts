/**
 * The signed layouts of test/data/sigstore in a test registry, and its keys and roots. What cosign says
 * of each stands in cases.json. Signs nothing.
 */
import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parsePolicy } from "../../provider/verify/parse-policy";
import type { VerifyOptions, VerifyPolicy } from "../../provider/verify/policy";
import { REPOSITORY as CHECKOUT } from "./repository";
import type { TestRepository } from "./registry-types";

/** The folder of layouts, keys and roots. Absolute. */
export const SIGSTORE_DATA = join(CHECKOUT, "test/data/sigstore");

/** The text of a file of the data: "keys/k1.pub", "roots/root.json". */
export function sigstoreText(name: string): string {
  return readFileSync(join(SIGSTORE_DATA, name), "utf8");
}

/** The policy of options that name files of the data. */
export function policyFrom({ keys, trustedRoot, ...others }: VerifyOptions): VerifyPolicy {
  const parsed = parsePolicy({
    ...others,
    ...(keys === undefined ? {} : { keys: keys.map(sigstoreText) }),
    ...(trustedRoot === undefined ? {} : { trustedRoot: sigstoreText(trustedRoot) }),
  });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.policy;
}

interface LayoutIndex {
  readonly manifests: readonly {
    readonly digest: string;
    readonly annotations?: Readonly<Record<string, string>>;
  }[];
}

/**
 * Puts a layout into the repository as a push would: manifests with their tags, all else as blobs.
 * @param name - "layouts/keyed-legacy-ok.tar.gz"
 */
export function serveLayout(repository: TestRepository, name: string): void {
  const files = untar(gunzipSync(readFileSync(join(SIGSTORE_DATA, name))));
  const index = JSON.parse(String(files.get("index.json"))) as LayoutIndex;
  for (const [path, bytes] of files) {
    const [, hex] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(path) ?? [];
    if (hex === undefined) continue;
    // The name, and not what the bytes come to: a layout may lie.
    if (isManifest(bytes)) repository.putManifest(bytes, { digest: `sha256:${hex}` });
    else repository.putBlob(bytes, `sha256:${hex}`);
  }
  for (const { digest, annotations } of index.manifests) {
    const tag = annotations?.["org.opencontainers.image.ref.name"];
    if (tag !== undefined) repository.tag(tag, digest);
  }
}

function isManifest(bytes: Buffer): boolean {
  try {
    const json = JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>;
    return "layers" in json || "manifests" in json;
  } catch {
    return false;
  }
}

/** Path and content of each file; the layouts have plain headers only. */
function untar(archive: Buffer): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let offset = 0; archive[offset] !== undefined && archive[offset] !== 0;) {
    const text = (from: number, length: number): string =>
      archive.toString("latin1", offset + from, offset + from + length).replace(/\0.*$/s, "");
    const size = parseInt(text(124, 12), 8);
    const begin = offset + 512;
    files.set(text(0, 100).replace(/^\.\//, ""), archive.subarray(begin, begin + size));
    offset = begin + Math.ceil(size / 512) * 512;
  }
  return files;
}
