/**
 * The content of the test registry, in memory: blobs, manifests and tags of each repository, and
 * uploads under way. It stores what it is given and never checks it.
 */
import { digestOf } from "../../provider/digest";
import type { StoredManifest, TestRepository } from "./registry-types";

/** Media type of a manifest that names none. */
export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

class MemoryRepository implements TestRepository {
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #manifests = new Map<string, StoredManifest>();
  readonly #tags = new Map<string, string>();

  constructor(readonly name: string) {}

  putBlob(bytes: Uint8Array | string, digest = digestOf(bytes)): string {
    this.#blobs.set(digest, Buffer.from(bytes));
    return digest;
  }

  putManifest(
    document: Uint8Array | string | object,
    options: { readonly tag?: string; readonly mediaType?: string; readonly digest?: string } = {},
  ): string {
    const bytes = bytesOf(document);
    const digest = options.digest ?? digestOf(bytes);
    const mediaType = options.mediaType ?? declaredMediaType(bytes) ?? OCI_MANIFEST;
    this.#manifests.set(digest, { digest, mediaType, bytes });
    if (options.tag !== undefined) this.tag(options.tag, digest);
    return digest;
  }

  tag(tag: string, digest: string): void {
    this.#tags.set(tag, digest);
  }

  untag(tag: string): boolean {
    return this.#tags.delete(tag);
  }

  deleteBlob(digest: string): boolean {
    return this.#blobs.delete(digest);
  }

  deleteManifest(digest: string): boolean {
    for (const [tag, target] of this.#tags) {
      if (target === digest) this.#tags.delete(tag);
    }
    return this.#manifests.delete(digest);
  }

  tags(): readonly string[] {
    return [...this.#tags.keys()].sort();
  }

  blob(digest: string): Uint8Array | undefined {
    return this.#blobs.get(digest);
  }

  manifest(reference: string): StoredManifest | undefined {
    return this.#manifests.get(this.#tags.get(reference) ?? reference);
  }

  manifests(): readonly StoredManifest[] {
    return [...this.#manifests.values()];
  }
}

/** One upload under way: the repository it belongs to and the bytes so far. */
export interface Upload {
  readonly repository: string;
  readonly bytes: Buffer;
}

/** All repositories of a registry. */
export interface RegistryStore {
  readonly repositories: Map<string, TestRepository>;
  readonly uploads: Map<string, Upload>;
  /** Repositories that a pull-through cache has fetched. */
  readonly imported: Set<string>;
  /** The repository of that name; made where there is none. */
  repository(name: string): TestRepository;
}

/** An empty store. */
export function createStore(): RegistryStore {
  const repositories = new Map<string, TestRepository>();
  return {
    repositories,
    uploads: new Map(),
    imported: new Set(),
    repository(name) {
      const existing = repositories.get(name);
      if (existing !== undefined) return existing;
      const made = new MemoryRepository(name);
      repositories.set(name, made);
      return made;
    },
  };
}

/** Text and bytes as they are, anything else as JSON. */
export function bytesOf(document: Uint8Array | string | object): Buffer {
  if (typeof document === "string" || document instanceof Uint8Array) return Buffer.from(document);
  return Buffer.from(JSON.stringify(document));
}

/** The JSON object in the bytes, or undefined where there is none. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a JSON value is an object, neither null nor a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function declaredMediaType(bytes: Uint8Array): string | undefined {
  const mediaType = parseObject(bytes)?.["mediaType"];
  return typeof mediaType === "string" ? mediaType : undefined;
}
