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
  type Destination,
} from "../store/destination";
import type { DestinationState, OnLocalChange, Wanted } from "../store/placing";
import { DESTINATIONS_FOLDER } from "../store/record-folders";
import { TREES_FOLDER, type TreeKey } from "../store/trees";
import type { Tree } from "../types";

/** What one resource wants where. */
export interface PlacementRequest {
  /** Of the resource; empty where nobody told. */
  readonly urn: string;
  /** The program's; absolute. */
  readonly directory: string;
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
  /** @throws OciError INVALID_INPUT where the folder cannot be one, or another resource has it. */
  plan(request: PlacementRequest): Placement;
}

/** The placements of one process: it sees all resources of a run. */
export function createPlacements(): Placements {
  const folders = new Map<string, string>();
  return Object.freeze({
    plan(request: PlacementRequest) {
      const { urn, directory, destination } = request;
      const folder = resolve(directory, destination);
      const problem = destinationProblem(folder, directory) ?? overlapOf(folder, folders, request);
      if (problem !== undefined) throw wrongDestination(problem);
      folders.set(urn, folder);
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

/** The folder `destination` of a program, with its records beside the program's trees. */
export function destinationIn(directory: string, destination: string): Destination {
  return openDestination({
    folder: resolve(directory, destination),
    shown: destination,
    records: join(directory, TREES_FOLDER, DESTINATIONS_FOLDER),
  });
}

function overlapOf(
  folder: string,
  folders: ReadonlyMap<string, string>,
  { urn }: PlacementRequest,
): string | undefined {
  for (const [other, taken] of folders) {
    const problem = other === urn ? undefined : overlapProblem(folder, taken);
    if (problem !== undefined) return `${problem}, of the resource ${nameOf(other)}`;
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
