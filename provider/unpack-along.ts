/**
 * Unpacks a blob while it is fetched: the crew reads its draft as far as it has come. What is one file is
 * hashed by the crew, which has to know that hash; an archive, which keeps the crew busy, by whoever fetches
 * it. Where that goes wrong, nothing of it counts, and it is no error: the blob is unpacked, hashed before
 * if nobody has, as if nobody had begun.
 */
import { statSync } from "node:fs";
import { OciError, type ErrorCode } from "./errors";
import type { BlobKey } from "./store/blobs";
import { fileFacts, isUntouched, type FileFacts } from "./store/file-facts";
import type { DraftReader } from "./store/fill-draft";
import { createGrowth, grow, hasGrownTo, loseGrowth, type Growth } from "./store/growth";
import type { WrittenEntry } from "./store/receipt";
import type { Descriptor, Plan } from "./types";
import type { BlobFile } from "./unpack/blob";
import { mayWaitForBytes } from "./unpack/crew";

/** Below this, a blob has come sooner than anybody could begin. */
const LEAST_BYTES = 4 * 1024 ** 2;

/** A zip is read from its end, so that all of it has to be right before. */
const ZIP = /[/+.]zip$/;

const ABOUT_CONTENT: ReadonlySet<ErrorCode> = new Set([
  "BAD_ARCHIVE",
  "UNSAFE_ARCHIVE",
  "LIMIT_EXCEEDED",
  "NO_MATCHING_LAYER",
]);

/** A draft that somebody reads while it is written. */
type GrowingFile = BlobFile & { readonly growth: Growth };

type BlobFiles = (descriptor: Descriptor) => BlobFile;

/** Of the one blob that is missing. It reads one draft: what begins anew is unpacked when it is whole. */
export class UnpackAlong {
  readonly #plan: Plan;
  readonly #blobFiles: BlobFiles;
  readonly #unpack: (blobFiles: BlobFiles) => Promise<readonly WrittenEntry[]>;
  readonly #growth = createGrowth();
  #hasTried = false;
  /** Whether what was read is the blob: it has passed, and nobody has touched it since. */
  #isOfBlob = false;
  #job: Promise<readonly WrittenEntry[] | OciError> | undefined;
  #release: (() => void) | undefined;

  /**
   * @param isForCrew - whether the crew unpacks the plan: else nobody reads along
   * @param blobFiles - where the other blobs are
   * @param unpack - unpacks all of them; begun at most once
   */
  constructor(
    plan: Plan,
    isForCrew: boolean,
    blobFiles: BlobFiles,
    unpack: (blobFiles: BlobFiles) => Promise<readonly WrittenEntry[]>,
  ) {
    this.#plan = plan;
    this.#hasTried = !isForCrew;
    this.#blobFiles = blobFiles;
    this.#unpack = unpack;
  }

  /** For the store, of the draft that it begins to write. */
  readonly read = (draft: string, blob: BlobKey): DraftReader | undefined => {
    if (this.#hasTried || blob.size < LEAST_BYTES) return undefined;
    this.#hasTried = true;
    const growth = this.#growth;
    this.#release = mayWaitForBytes(() => {
      if (!hasGrownTo(growth, blob.size)) loseGrowth(growth);
    });
    if (this.#release === undefined) return undefined;
    const hashes = !this.#isArchive(blob);
    const file: GrowingFile = { path: draft, growth, isHashedElsewhere: !hashes };
    return {
      hashes,
      grown: (bytes) => {
        grow(growth, bytes);
        this.#job ??= this.#begin(file, blob);
      },
      isRight: async (written) => {
        const result = await this.#job;
        if (result instanceof OciError && result.code === "CANCELLED") throw result;
        this.#isOfBlob = isAsWritten(draft, written);
        return this.#isOfBlob && result !== undefined && !(result instanceof OciError);
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
    // Of a draft that did not pass, neither files nor errors say anything about the blob.
    if (!this.#isOfBlob) return undefined;
    if (!(result instanceof OciError)) return result;
    if (ABOUT_CONTENT.has(result.code)) throw result;
    return undefined;
  }

  /** Whether there may be something of it where it was unpacked to. */
  get hasBegun(): boolean {
    return this.#job !== undefined;
  }

  /** Of bytes that are taken one after the other, and inflated most of the time. */
  #isArchive({ digest }: BlobKey): boolean {
    const layer = this.#plan.layers.find(({ descriptor }) => descriptor.digest === digest);
    return layer?.form.kind === "archive" && !ZIP.test(layer.descriptor.mediaType);
  }

  async #begin(
    growing: GrowingFile,
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

function isAsWritten(draft: string, written: FileFacts): boolean {
  const now = statSync(draft, { bigint: true, throwIfNoEntry: false });
  return now !== undefined && isUntouched(written, fileFacts(now));
}
