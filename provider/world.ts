/**
 * What a process opens once and every pull shares: connections, the cache of blobs, the trees of
 * one program. Holds no request.
 */
import { createRegistryClient, type RegistryClient } from "./registry/client";
import type { Settings } from "./settings/settings";
import { openBlobs, type BlobStore } from "./store/blobs";
import { openClaims, type ClaimStore } from "./store/claims";
import { openTagMemory, type TagMemory } from "./store/tag-memory";
import { openTrees, type TreeStore } from "./store/trees";

export interface World {
  readonly settings: Settings;
  readonly client: RegistryClient;
  readonly blobs: BlobStore;
  readonly tags: TagMemory;
  readonly trees: TreeStore;
  readonly claims: ClaimStore;
}

/** The part of a world that the road itself uses; where the tree goes is the caller's choice. */
export interface PullRooms extends Pick<World, "client" | "blobs" | "tags"> {
  readonly trees: Pick<TreeStore, "ensure">;
}

/** Opens the world for a program in `projectDirectory`; nothing is written or dialled yet. */
export function openWorld(settings: Settings, projectDirectory: string): World {
  const trees = openTrees(projectDirectory);
  return Object.freeze({
    settings,
    client: createRegistryClient(settings),
    blobs: openBlobs(settings.cacheDirectory),
    tags: openTagMemory(settings.cacheDirectory),
    trees,
    claims: openClaims(trees.directory),
  });
}
