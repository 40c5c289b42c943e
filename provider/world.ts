/**
 * What a process opens once and every pull shares: connections, the cache of blobs, the trees of
 * one program. Holds no request.
 */
import { createEndpointHealth, type EndpointHealth } from "./endpoint-health";
import { withLayouts } from "./layout/with-layouts";
import { openAsking } from "./registry/asking";
import { clientOf, type RegistryClient } from "./registry/client";
import { createRegistryWriter, type RegistryWriter } from "./registry/writer";
import { openConfiguration, type Configuration } from "./settings/configuration";
import type { Settings } from "./settings/settings";
import { openBlobs, type BlobStore } from "./store/blobs";
import { openClaims, type ClaimStore } from "./store/claims";
import { openEvidence, type EvidenceFolder } from "./store/evidence-folder";
import { openHomeNotes, type HomeNotes } from "./store/homes";
import { sweepLeftovers } from "./store/leftovers";
import { pruneTrees } from "./store/prune-trees";
import { openTagMemory, type TagMemory } from "./store/tag-memory";
import { openTrees, type TreeStore } from "./store/trees";
import { WEEK_MS } from "./store/use-mark";

export interface World {
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly client: RegistryClient;
  /** Shares connections and tokens with the client, and ends with it. */
  readonly writer: RegistryWriter;
  readonly health: EndpointHealth;
  readonly blobs: BlobStore;
  readonly tags: TagMemory;
  readonly evidence: EvidenceFolder;
  readonly trees: TreeStore;
  readonly claims: ClaimStore;
  readonly homes: HomeNotes;
  /** Removes what killed runs left: once, best effort. */
  sweep(): Promise<void>;
  /** Sweeps, and removes old trees that nobody claims: once, best effort. */
  tidy(): Promise<void>;
}

/** The part of a world that the road itself uses; where the tree goes is the caller's choice. */
export interface PullRooms extends Pick<
  World,
  "client" | "health" | "blobs" | "tags" | "evidence"
> {
  readonly trees: Pick<TreeStore, "ensure">;
}

/** Opens the world for a program in `projectDirectory`; nothing is written or dialled yet. */
export function openWorld(settings: Settings, projectDirectory: string): World {
  const trees = openTrees(projectDirectory);
  const asking = openAsking(settings);
  let tidied: Promise<void> | undefined;
  let swept: Promise<void> | undefined;
  const sweep = (): Promise<void> =>
    (swept ??= sweepLeftovers(trees.directory, settings.cacheDirectory));
  const tidy = async (): Promise<void> => {
    await sweep();
    await pruneTrees(trees.directory, Date.now() - WEEK_MS).catch(() => undefined);
  };
  return Object.freeze({
    settings,
    configuration: openConfiguration(settings),
    client: withLayouts(clientOf(asking)),
    writer: createRegistryWriter(asking),
    health: createEndpointHealth(),
    blobs: openBlobs(settings.cacheDirectory, {
      maxBytes: settings.cacheMaxBytes,
      temporaryDirectory: settings.temporaryDirectory,
    }),
    tags: openTagMemory(settings.cacheDirectory),
    evidence: openEvidence(settings.cacheDirectory),
    trees,
    claims: openClaims(trees.directory),
    homes: openHomeNotes(settings.cacheDirectory),
    sweep,
    tidy: () => (tidied ??= tidy()),
  });
}
