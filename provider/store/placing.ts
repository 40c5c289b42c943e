/**
 * What placing content at a destination is told, and what it answers. Types only, and the names of
 * the rules for local changes.
 */
import type { Tree } from "../types";
import type { TreeKey } from "./trees";

/** What happens to files of a destination that somebody edited or removed since they were placed. */
export const LOCAL_CHANGE_RULES = ["restore", "keep", "error"] as const;

export type OnLocalChange = (typeof LOCAL_CHANGE_RULES)[number];

/** Who has the content placed: a resource by its id and URN, or another caller by a name. */
export interface Owner {
  readonly id: string;
  /** Of the resource, which may have had another id; empty for other callers. */
  readonly urn: string;
}

/** The content that is wanted at a destination. */
export interface Wanted {
  readonly key: TreeKey;
  /** What the wanted content comes to, where that is known before it is placed (it lies in a tree). */
  readonly tree?: Tree;
  readonly onLocalChange: OnLocalChange;
  /**
   * Content digest of what the state says was placed there before: where no record tells (a fresh
   * checkout that holds vendored content), a folder with exactly that content counts as ours.
   */
  readonly before?: string;
}

/** Whether the wanted content is at its destination. */
export type DestinationState =
  /** It is; with "keep", files that were changed since do not matter. */
  | { readonly state: "placed" }
  /** It is not, and placing it takes nothing away that is not ours to take. */
  | {
      readonly state: "due";
      /** In words, for the resource's row: "it is not on this machine", "it holds other content". */
      readonly reason: string;
    };
