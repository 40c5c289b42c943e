/**
 * Unpacks a blob while it is fetched: the crew reads its draft as far as it has come, and is the one who
 * hashes it. Where that goes wrong, nothing of it counts, and it is no error: the blob is hashed, and then
 * unpacked, as if nobody had begun.
 */
import { OciError, type ErrorCode } from "./errors";
import type { BlobKey } from "./store/blobs";
import type { DraftReader } from "./store/fill-draft";
import { createGrowth, grow, hasGrownTo, loseGrowth, type Growth } from "./store/growth";
import type { WrittenEntry } from "./store/receipt";
import type { Descriptor } from "./types";
import type { BlobFile } from "./unpack/blob";
import { mayWaitForBytes } from "./unpack/crew";

/** Below this, a blob has come sooner than anybody could begin. */
const LEAST_BYTES = 4 * 1024 ** 2;

const ABOUT_CONTENT: ReadonlySet<ErrorCode> = new Set([
  "BAD_ARCHIVE",
  "UNSAFE_ARCHIVE",
  "LIMIT_EXCEEDED",
  "NO_MATCHING_LAYER",
]);

type BlobFiles = (descriptor: Descriptor) => BlobFile;

/** Of the one blob that is missing. It reads one draft: what begins anew is unpacked when it is whole. */
export class UnpackAlong {
  readonly #isForCrew: boolean;
  readonly #blobFiles: BlobFiles;
  readonly #unpack: (blobFiles: BlobFiles) => Promise<readonly WrittenEntry[]>;
  readonly #growth = createGrowth();
  #hasTried = false;
  #job: Promise<readonly WrittenEntry[] | OciError> | undefined;
  #release: (() => void) | undefined;

  /**
   * @param isForCrew - whether the crew unpacks what the blobs hold: else nobody reads along
   * @param blobFiles - where the other blobs are
   * @param unpack - unpacks all of them; begun at most once
   */
  constructor(
    isForCrew: boolean,
    blobFiles: BlobFiles,
    unpack: (blobFiles: BlobFiles) => Promise<readonly WrittenEntry[]>,
  ) {
    this.#isForCrew = isForCrew;
    this.#blobFiles = blobFiles;
    this.#unpack = unpack;
  }

  /** For the store, of the draft that it begins to write. */
  readonly read = (draft: string, blob: BlobKey): DraftReader | undefined => {
    if (this.#hasTried || blob.size < LEAST_BYTES || !this.#isForCrew) return undefined;
    this.#hasTried = true;
    const growth = this.#growth;
    this.#release = mayWaitForBytes(() => {
      if (!hasGrownTo(growth, blob.size)) loseGrowth(growth);
    });
    if (this.#release === undefined) return undefined;
    return {
      grown: (bytes) => {
        grow(growth, bytes);
        this.#job ??= this.#begin({ path: draft, growth }, blob);
      },
      isRight: async () => {
        const result = await this.#job;
        if (result instanceof OciError && result.code === "CANCELLED") throw result;
        return result !== undefined && !(result instanceof OciError);
      },
      lost: () => {
        loseGrowth(growth);
      },
    };
  };

  /** To be called when nothing is fetched any more; after it nobody writes any more. */
  async end(): Promise<void> {
    loseGrowth(this.#growth);
    await this.#job;
    this.#release?.();
  }

  /**
   * What the blobs, which are whole, came to; undefined where they have to be unpacked from the beginning.
   * @throws OciError for what is wrong with the content: it would be so again
   */
  async result(): Promise<readonly WrittenEntry[] | undefined> {
    const result = await this.#job;
    if (!(result instanceof OciError)) return result;
    if (ABOUT_CONTENT.has(result.code)) throw result;
    return undefined;
  }

  /** Whether there may be something of it where it was unpacked to. */
  get hasBegun(): boolean {
    return this.#job !== undefined;
  }

  async #begin(
    growing: { readonly path: string; readonly growth: Growth },
    { digest }: BlobKey,
  ): Promise<readonly WrittenEntry[] | OciError> {
    try {
      return await this.#unpack((descriptor) =>
        descriptor.digest === digest ? growing : this.#blobFiles(descriptor),
      );
    } catch (error) {
      if (error instanceof OciError) return error;
      return new OciError({ code: "STORE", verb: "unpack", subject: digest, fact: String(error) });
    }
  }
}
