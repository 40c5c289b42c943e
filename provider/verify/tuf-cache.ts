/**
 * Where the files of a TUF repository lie between runs: one folder for each state that was had, the
 * newest counts. They appear by one rename, complete, and are never written again. What is in them is
 * the library's affair.
 */
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureFolder } from "../ensure-folder";

/** A folder to work in, which nobody else knows. */
export interface TufDraft {
  readonly path: string;
  /** Where states are published; undefined where the cache takes none. */
  readonly folder: string | undefined;
}

/** Text of the target that all is about, beside the library's own files. */
const TEXT = "trusted_root.json";

/** Nobody works on a draft, or copies an old state, for as long. */
const ABANDONED_MS = 60 * 60 * 1000;

/** A draft in the folder, or in a temporary one where that cannot be written. */
export async function openDraft(folder: string, temporary: string): Promise<TufDraft> {
  try {
    // What lies there is trusted.
    ensureFolder(folder, 0o700);
    return { path: await mkdtemp(join(folder, "draft-")), folder };
  } catch {
    return { path: await mkdtemp(join(temporary, "oci-artifact-tuf-")), folder: undefined };
  }
}

/**
 * Puts the newest state into the draft, or the root to begin with.
 * @returns the file of that root, where there is one
 */
export async function copyNewest(
  draft: TufDraft,
  root: string | undefined,
): Promise<string | undefined> {
  const newest = draft.folder === undefined ? undefined : await newestWhole(draft.folder);
  if (newest !== undefined) await cp(newest, draft.path, { recursive: true });
  if (root === undefined) return undefined;
  const file = join(draft.path, "first-root.json");
  await writeFile(file, root);
  return file;
}

/** Makes the draft the newest state, unless it is the same as before. Best effort: it is a cache. */
export async function publish(draft: TufDraft, text: string): Promise<void> {
  const { folder, path } = draft;
  if (folder === undefined) return;
  try {
    const newest = await newestWhole(folder);
    if (newest !== undefined && (await contentOf(newest)) === (await contentOf(path))) return;
    await writeFile(join(path, TEXT), text);
    const time = String(Date.now()).padStart(16, "0");
    await rename(path, join(folder, `${time}-${randomBytes(4).toString("hex")}`));
    await sweep(folder);
  } catch {
    // The next run asks the repository again.
  }
}

/** The trusted root of the newest state; undefined where there is none. */
export async function newestText(folder: string): Promise<string | undefined> {
  const newest = await newestWhole(folder);
  return newest === undefined ? undefined : await readFile(join(newest, TEXT), "utf8");
}

/** The newest state that a failing disk has left readable: the library would stop at any other. */
async function newestWhole(folder: string): Promise<string | undefined> {
  for (const state of await states(folder)) {
    const texts = [...(await jsonFiles(state)).values()];
    if (texts.length > 0 && texts.every(isJson)) return state;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

/** Newest first. */
async function states(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const published = names.filter((name) => /^\d{16}-[0-9a-f]{8}$/.test(name));
  return published
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** Names and texts of the library's own files. */
async function contentOf(state: string): Promise<string> {
  const files = [...(await jsonFiles(state))].filter(([name]) => name !== TEXT);
  return JSON.stringify(files.sort());
}

async function jsonFiles(state: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const name of await readdir(state, { recursive: true })) {
    if (name.endsWith(".json")) files.set(name, await readFile(join(state, name), "utf8"));
  }
  return files;
}

/** Old states and drafts of killed runs; two states stay, because somebody may be copying one. */
async function sweep(folder: string): Promise<void> {
  const kept = new Set((await states(folder)).slice(0, 2));
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (kept.has(path)) continue;
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}
