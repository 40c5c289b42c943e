/**
 * What a request changes in a repository: which scope of a token it takes, and what a refusal of it
 * means. Pure; it sends nothing.
 *
 * Rule: https://distribution.github.io/distribution/spec/auth/scope/
 */

/** One request of a push or of a deletion; absent where something is only read. */
export interface Writing {
  /**
   * `look`: is it there; `begin`, `send`: an upload, its bytes; `manifest`, `tag`: a manifest under
   * its digest, or under a tag; `delete`: one of those two.
   */
  readonly step: "look" | "begin" | "send" | "manifest" | "tag" | "delete";
  /** The repository of the same registry that a blob is mounted from. */
  readonly mountFrom?: string;
}

/** The scopes of a token. Whoever pushes looks first: both takes one token. */
export function scopesOf(repository: string, writing: Writing | undefined): readonly string[] {
  if (writing === undefined) return [`repository:${repository}:pull`];
  if (writing.step === "delete") return [`repository:${repository}:delete`];
  const { mountFrom } = writing;
  const source = mountFrom === undefined ? [] : [`repository:${mountFrom}:pull`];
  return [`repository:${repository}:pull,push`, ...source];
}
