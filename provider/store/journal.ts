/**
 * Journals of destinations: small files beside the folder that name the process at work there and,
 * once it is about to change anything, say all that is needed to finish without it. They keep others
 * out, and outlive a kill. It carries nothing out itself.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureFolder } from "../ensure-folder";
import { OciError, systemCode } from "../errors";
import { steadyMs } from "../steady-clock";
import {
  isLegalPath,
  parseRecord,
  recordBytes,
  type DestinationRecord,
} from "./destination-record";
import { observe } from "./observe";
import type { FileSteps, Steps } from "./plan-placing";
import { formatIdentity, lifeOf, ownIdentity, parseIdentity } from "./process-identity";
import { rename } from "./rename";
import { namesIn, removeEmptyFolder, removeFile } from "./small-steps";
import { removeTree } from "./staging";
import { isFarFrom } from "./use-mark";
import { readJsonFile, writeFileWhole } from "./write-file";

/** Ends the name of a journal: `<process>.<random>.journal`. */
const ENDING = ".journal";

/** Begins the name of a journal whose process has given up, and lives on. */
const ABANDONED = "abandoned";

/** A process of another host or container is taken for dead after so long: its work takes seconds. */
const FOREIGN_WORK_MS = 10 * 60 * 1000;

/** How long to wait for others unless it is said, and how long at most between two looks. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 50;

/** What is about to be done, whole: everything that it needs is on the disk by then. */
export interface Journal {
  readonly version: 1;
  /** Name of the folder with the new content, in the folder of the journal; absent where none is needed. */
  readonly draft?: string;
  readonly steps: Steps;
  /** Name of the record's file, and its folder as seen from that of the journal. */
  readonly recordFile: string;
  readonly recordFolder: string;
  /** The record to come; absent where it goes. */
  readonly record?: DestinationRecord;
}

/** The right to change the destination; nobody else has it at the same time. */
export interface Turn {
  /** From here on, what is begun will be finished: by us, or by whoever comes after a kill. */
  announce(journal: Journal): Promise<void>;
}

/** What somebody who has the turn is able to do about the work of the dead. */
export interface Heir {
  /** Finishes or rolls back; may be called again for a journal that it could not finish. */
  finish(journal: Journal): Promise<void>;
  /** Removes what the dead have left without a journal. */
  tidy(): Promise<void>;
}

/**
 * Does `work` while nobody else works at the destination whose journals lie in `area`. What dead
 * processes have begun is finished first; so it is where `work` fails after it was announced.
 *
 * @param subject - the destination, for errors
 * @throws OciError STORE where another process stays at work there.
 */
export async function inTurn<T>(
  area: string,
  subject: string,
  heir: Heir,
  work: (turn: Turn) => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const file = await takeTurn(area, subject, patienceMs);
  let announced: Journal | undefined;
  try {
    await inherit(area, file, heir);
    const result = await work({
      async announce(journal) {
        await writeFileWhole(file, journalBytes(journal));
        announced = journal;
      },
    });
    announced = undefined;
    return result;
  } catch (error) {
    if (announced !== undefined && (await isFinished(announced, heir))) announced = undefined;
    throw error;
  } finally {
    if (announced === undefined) removeFile(file);
    else await rename(file, journalPath(area, ABANDONED));
    leave(area);
  }
}

/** Whether anything lies beside the destination that has to be seen to. An empty folder goes at once. */
export function hasLeftovers(area: string): boolean {
  const names = namesIn(area);
  if (names.length === 0) leave(area);
  return names.length > 0;
}

/** Removes the folder of drafts and journals unless others are at work in it. */
export function leave(area: string): void {
  removeEmptyFolder(area);
}

/**
 * Each puts up a sign and then looks for those of others: of two, at least one sees the other, and
 * steps back. So no sign of a dead process has to be taken over, which two could do at once.
 */
async function takeTurn(area: string, subject: string, patienceMs: number): Promise<string> {
  const deadline = steadyMs() + patienceMs;
  for (;;) {
    const file = putUpSign(area);
    const rival = file === undefined ? undefined : await livingRival(area, file);
    if (file !== undefined && rival === undefined) return file;
    if (file !== undefined) removeFile(file);
    if (rival !== undefined && steadyMs() > deadline) throw busy(subject, rival);
    await sleep(Math.random() * LOOK_MS);
  }
}

/** Undefined where somebody has removed the folder, which was empty, at this very moment. */
function putUpSign(area: string): string | undefined {
  ensureFolder(area);
  const file = journalPath(area, formatIdentity(ownIdentity()));
  try {
    writeFileSync(file, "", { flag: "wx" });
    return file;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function journalPath(area: string, owner: string): string {
  return join(area, `${owner}.${randomBytes(6).toString("hex")}${ENDING}`);
}

function journalsIn(area: string): readonly string[] {
  return readdirSync(area)
    .filter((name) => name.endsWith(ENDING))
    .map((name) => join(area, name));
}

async function livingRival(area: string, ours: string): Promise<string | undefined> {
  for (const file of journalsIn(area)) {
    if (file !== ours && (await isAtWork(file))) return file;
  }
  return undefined;
}

async function isAtWork(file: string): Promise<boolean> {
  const identity = parseIdentity(ownerOf(file));
  if (identity === undefined) return false;
  const life = lifeOf(identity);
  if (life !== "elsewhere") return life === "alive";
  const facts = await stat(file).catch(() => undefined);
  return facts !== undefined && !isFarFrom(Date.now(), facts.mtimeMs, FOREIGN_WORK_MS);
}

/** Whether a file of a process says what it has begun; any other file of this ending is nobody's. */
function isLeft(file: string): boolean {
  const owner = ownerOf(file);
  if (owner !== ABANDONED && parseIdentity(owner) === undefined) return false;
  return observe(file)?.type === "file";
}

function ownerOf(file: string): string {
  return basename(file, ENDING).replace(/\.[0-9a-f]+$/, "");
}

async function inherit(area: string, ours: string, heir: Heir): Promise<void> {
  for (const file of journalsIn(area)) {
    if (file === ours || !isLeft(file) || (await isAtWork(file))) continue;
    const journal = parseJournal(await readJsonFile(file));
    if (journal !== undefined) await heir.finish(journal);
    removeFile(file);
  }
  await heir.tidy();
  // What a process was about to announce when it died.
  const halves = readdirSync(area).filter((name) => /\.journal\.[0-9a-f-]+$/.test(name));
  await Promise.all(halves.map((name) => removeTree(join(area, name)).catch(() => undefined)));
}

async function isFinished(journal: Journal, heir: Heir): Promise<boolean> {
  return await heir.finish(journal).then(
    () => true,
    () => false,
  );
}

function busy(subject: string, file: string): OciError {
  return new OciError({
    code: "STORE",
    verb: "place content at",
    subject,
    fact: "another run places something there at the same time",
    hint: `run again when the other run has ended; ${file} names its process`,
  });
}

function journalBytes({ record, ...others }: Journal): Buffer {
  const text = JSON.stringify(others);
  if (record === undefined) return Buffer.from(text);
  const start = Buffer.from(`${text.slice(0, -1)},"record":`);
  return Buffer.concat([start, recordBytes(record), Buffer.from("}")]);
}

/** The journal in parsed JSON; undefined where it announces nothing. */
export function parseJournal(value: unknown): Journal | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, draft, steps, recordFile, recordFolder, record } = value as Partial<Journal>;
  if (version !== 1 || typeof recordFolder !== "string" || !isSteps(steps)) return undefined;
  if (typeof recordFile !== "string" || !/^[0-9a-f]{32}\.json$/.test(recordFile)) return undefined;
  if (draft !== undefined && !isStagingName(draft)) return undefined;
  if (record !== undefined && parseRecord(record) === undefined) return undefined;
  return value as Journal;
}

function isStagingName(name: unknown): boolean {
  if (typeof name !== "string") return false;
  return parseIdentity(name.slice(0, name.lastIndexOf("."))) !== undefined && !name.includes("/");
}

function isSteps(value: unknown): value is Steps {
  if (typeof value !== "object" || value === null) return false;
  const { kind } = value as Partial<Steps>;
  if (kind === "whole") return true;
  const { remove, drop, make, bring, mend } = value as Partial<FileSteps>;
  return [remove, drop, make, bring, mend].every(
    (list) => Array.isArray(list) && (list as readonly unknown[]).every(isStep),
  );
}

function isStep(value: unknown): boolean {
  const path: unknown = value instanceof Object && "path" in value ? value.path : value;
  return typeof path === "string" && isLegalPath(path);
}
