/**
 * The file that keeps compiled code from one run to the next. Compiled code is code: the file lies beside
 * the code it came of, and counts only where nobody may write it but the owner of that, or we. It never
 * complains: where the file cannot be read or written, everything is compiled as ever.
 */
import { hash } from "node:crypto";
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Compiled forms, each by the digest of its source. */
export type CompiledForms = ReadonlyMap<string, Buffer>;

export interface CompiledFile {
  /** The compiled form of the source with this digest, as it was kept; undefined where there is none. */
  readonly find: (source: string) => Buffer | undefined;
  /**
   * Keeps these, beside the others that are kept.
   *
   * @param make - makes them; called only where they can be kept, as far as that can be seen
   * @param isUseless - Whether the engine has refused what is there
   */
  readonly add: (make: () => CompiledForms, isUseless?: boolean) => void;
}

/** What the file begins with, behind its own length. The forms follow in the order of the entries. */
interface Header {
  readonly engine: string;
  readonly entries: readonly (readonly [source: string, form: string, length: number])[];
}

interface Kept {
  readonly digest: string;
  readonly form: Buffer;
}

const LENGTH_BYTES = 4;

/** All that the command can load comes to a third of it. */
const MOST_BYTES = 8 * 1024 ** 2;

/**
 * Milliseconds for which a file that is of no use to us is left alone. Else two versions of Node, or two
 * users who do not trust each other, would by turns write each its own.
 */
const LEFT_ALONE_MS = 24 * 60 * 60 * 1_000;

/** Of the file: only its owner writes. A group that may write the code need not be that of the file. */
const MODE = 0o644;
const SHARED = 0o022;

export function digestOf(data: string | Buffer): string {
  return hash("sha256", data);
}

/**
 * The file at the path, read at once.
 *
 * @param code - A file of the code, in the same folder: its owner may change the code anyway
 * @param engine - Who has compiled: what another one made is of no use
 * @throws where the code cannot be looked at
 */
export function openCompiled(path: string, code: string, engine: string): CompiledFile {
  const kept = readKept(path, statSync(code).uid, engine);
  const find = (source: string): Buffer | undefined => {
    const found = kept?.get(source);
    return found !== undefined && digestOf(found.form) === found.digest ? found.form : undefined;
  };
  return Object.freeze({
    find,
    add(make: () => CompiledForms, isUseless = kept === undefined) {
      if ((isUseless && !isFree(path)) || !isWritable(dirname(path))) return;
      const forms = make();
      const all = new Map<string, Buffer>();
      for (const source of isUseless ? [] : (kept?.keys() ?? [])) {
        const form = find(source);
        if (form !== undefined) all.set(source, form);
      }
      for (const [source, form] of forms) all.set(source, form);
      const bytes = serialized(engine, all);
      write(path, bytes.length > MOST_BYTES ? serialized(engine, forms) : bytes);
    },
  });
}

/** Undefined where nothing is there that is of use to us. */
function readKept(path: string, owner: number, engine: string): Map<string, Kept> | undefined {
  try {
    const bytes = readTrusted(path, owner);
    let offset = LENGTH_BYTES + bytes.readUInt32LE(0);
    const header = JSON.parse(bytes.toString("latin1", LENGTH_BYTES, offset)) as Header;
    if (header.engine !== engine) return undefined;
    return new Map(
      header.entries.map(([source, digest, length]) => {
        const form = bytes.subarray(offset, offset + length);
        offset += length;
        return [source, { digest, form }];
      }),
    );
  } catch {
    return undefined;
  }
}

/** @throws where it is not there, or may have been written by somebody who cannot write the code. */
function readTrusted(path: string, owner: number): Buffer {
  const file = openSync(path, "r");
  try {
    const { mode, size, uid } = fstatSync(file);
    const ourselves = process.getuid?.();
    const isOurs = uid === owner || uid === ourselves;
    // Windows has no such permissions, and says of all files that they are there.
    const isShared = ourselves !== undefined && (mode & SHARED) !== 0;
    if (!isOurs || isShared || size > MOST_BYTES) throw new Error(`${path} is not to be trusted`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function serialized(engine: string, forms: CompiledForms): Buffer {
  const entries = [...forms].map(
    ([source, form]) => [source, digestOf(form), form.length] as const,
  );
  const header = Buffer.from(JSON.stringify({ engine, entries } satisfies Header), "latin1");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, ...forms.values()]);
}

/** By one rename, or not at all: nothing depends on it. Who writes at the same time is left to it. */
function write(path: string, bytes: Buffer): void {
  const draft = `${path}.new`;
  try {
    if (isFree(draft)) rmSync(draft, { force: true });
    writeFileSync(draft, bytes, { flag: "wx", mode: MODE });
    renameSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") removeQuietly(draft);
  }
}

/** Whether nothing is there, or something that has been left alone for long enough. */
function isFree(path: string): boolean {
  try {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts === undefined || Math.abs(Date.now() - facts.mtimeMs) > LEFT_ALONE_MS;
  } catch {
    return false;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It can be no more removed than made.
  }
}
