/**
 * The copies that resources want at their `destination`: checks the folders against the program and
 * against each other, and joins the tree of a pull to the place where its copy goes. It decides no
 * digest; what happens on the disk is in store/destination.ts.
 */
import { join, resolve } from "node:path";
import type { Report } from "../context";
import { OciError } from "../errors";
import { copyTree } from "../store/copy-tree";
import {
  destinationProblem,
  openDestination,
  overlapProblem,
  ownPlaceProblem,
  trueFolder,
  type Destination,
  type DestinationPlace,
} from "../store/destination";
import type { DestinationState, OnLocalChange, Wanted } from "../store/placing";
import { DESTINATIONS_FOLDER } from "../store/record-folders";
import { TREES_FOLDER, type TreeKey } from "../store/trees";
import type { Tree } from "../types";

/** What one resource wants where. */
export interface PlacementRequest {
  /** Of the resource; empty where nobody told. */
  readonly urn: string;
  /** Who wants it, where that is no resource: "getOciArtifact of ghcr.io/team/app:1". */
  readonly caller?: string;
  /** The program's; absolute. */
  readonly directory: string;
  /** Of the user; absolute. */
  readonly cacheDirectory: string;
  /** The input, as the user wrote it. */
  readonly destination: string;
  readonly key: TreeKey;
  /** Undefined where the content has not been pulled yet. */
  readonly tree?: Tree | undefined;
  readonly onLocalChange: OnLocalChange;
  /** Content digest of what the state says was placed there. */
  readonly before?: string | undefined;
}

/** A checked request. */
export interface Placement {
  /** @throws OciError LOCAL_CHANGE, DESTINATION_NOT_OURS */
  look(): Promise<DestinationState>;
  /** Copies the tree there, for the resource of this id. */
  place(id: string, tree: Tree, report: Report): Promise<void>;
}

export interface Placements {
  /** @throws OciError INVALID_INPUT where the folder cannot be one, or another copy has it. */
  plan(request: PlacementRequest): Placement;
}

/** The placements of one process: it sees all resources of a run, or all functions at work. */
export function createPlacements(): Placements {
  const taken = new Map<string, Taken>();
  return Object.freeze({
    plan(request: PlacementRequest) {
      const { urn, caller, directory, destination } = request;
      const path = resolve(directory, destination);
      const folder = trueFolder(path);
      const owner = caller ?? `the resource ${nameOf(urn)}`;
      const mine = { folder, owner, id: caller ?? urn };
      const problem =
        destinationProblem(path, directory) ??
        ownPlaceProblem(path, request.cacheDirectory) ??
        overlapOf(mine, taken.values());
      if (problem !== undefined) throw wrongDestination(problem);
      // A resource has one destination; a function that is called twice may have two.
      taken.set(caller === undefined ? urn : JSON.stringify([caller, folder]), mine);
      return placement(request);
    },
  });
}

function placement(request: PlacementRequest): Placement {
  const { urn, directory, destination, key, tree, onLocalChange, before } = request;
  const place = destinationIn(directory, destination);
  const wanted: Wanted = {
    key,
    onLocalChange,
    ...(tree === undefined ? {} : { tree }),
    ...(before === undefined ? {} : { before }),
  };
  return Object.freeze({
    look: () => place.look(wanted),
    async place(id: string, from: Tree, report: Report) {
      const fill = (staging: string) => copyTree(from, staging);
      await place.place({ ...wanted, tree: from }, { id, urn }, fill, report);
    },
  });
}

/** Whether two spellings of a destination lead to one folder. */
export function isSameDestination(directory: string, one: string, other: string): boolean {
  return trueFolder(resolve(directory, one)) === trueFolder(resolve(directory, other));
}

/** The folder `destination` of a program, with its records beside the program's trees. */
export function destinationIn(directory: string, destination: string): Destination {
  return openDestination(placeIn(directory, destination));
}

function placeIn(directory: string, destination: string): DestinationPlace {
  return {
    folder: resolve(directory, destination),
    shown: destination,
    records: join(directory, TREES_FOLDER, DESTINATIONS_FOLDER),
  };
}

/** A folder that somebody of this process wants. */
interface Taken {
  /** As `trueFolder` spells it. */
  readonly folder: string;
  /** Who asks again is no other. */
  readonly id: string;
  /** For messages. */
  readonly owner: string;
}

function overlapOf({ folder, id }: Taken, taken: Iterable<Taken>): string | undefined {
  for (const other of taken) {
    const problem = other.id === id ? undefined : overlapProblem(folder, other.folder);
    if (problem !== undefined) return `${problem}, of ${other.owner}`;
  }
  return undefined;
}

/** The last part of a URN is the resource's name. */
function nameOf(urn: string): string {
  return urn.slice(urn.lastIndexOf("::") + 2);
}

function wrongDestination(fact: string): OciError {
  return new OciError({
    code: "INVALID_INPUT",
    verb: "use",
    subject: 'input "destination"',
    fact,
    hint: "give a folder of its own to each copy, such as vendor/manifests",
  });
}
