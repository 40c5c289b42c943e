/**
 * What a reference is at this moment, with its content: for those who write it down. It leaves no tree
 * behind, only what the cache holds.
 */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { pull } from "../pull";
import { removeTree } from "../store/staging";
import { makeTemporaryFolder } from "../store/temporary";
import { openTrees } from "../store/trees";
import type { TreeEntry } from "../types";
import type { Properties } from "./lifecycle";
import { prepare, type SessionOptions } from "./session";

export interface Looked {
  readonly digest: string;
  /** What a range has chosen; absent without one. */
  readonly tag?: string;
  readonly contentDigest: string;
  readonly entries: readonly TreeEntry[];
}

/** Of this process; gone with it. */
let temporary: string | undefined;

/** Pulls by plain inputs, and lets the tree go. @throws like pullInputs */
export async function lookAt(values: Properties, options: SessionOptions): Promise<Looked> {
  const { request, world, context } = await prepare(values, options);
  temporary ??= makeTemporaryFolder(world.settings.temporaryDirectory);
  const folder = await mkdtemp(join(temporary, "look-"));
  try {
    const rooms = { ...world, trees: openTrees(folder) };
    const { digest, chosen, tree } = await pull(request, rooms, context);
    const { contentDigest, entries } = tree;
    const tag = chosen === undefined ? {} : { tag: chosen.tag };
    return { digest, ...tag, contentDigest, entries };
  } finally {
    await removeTree(folder);
  }
}
