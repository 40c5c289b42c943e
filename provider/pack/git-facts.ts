/**
 * What git knows of a directory: where it comes from, and at which commit it is. It changes nothing, and
 * shows no credentials.
 */
import { gitProblem, runGit } from "./git";
import { isChanged } from "./git-changes";
import { sourceUrl } from "./git-remote";

/** Behind what is not exactly what the commit holds. */
const DIRTY = "-dirty";

const REVISION = "org.opencontainers.image.revision";
const CREATED = "org.opencontainers.image.created";

/** Annotations of a commit that say nothing of the content. */
export const PASSING_ANNOTATIONS: readonly string[] = Object.freeze([REVISION, CREATED]);

/** Facts of the commit that is checked out. */
export interface GitFacts {
  /** Address of the remote `origin`, for a browser; without credentials. */
  readonly source?: string;
  /** The commit's hash; with "-dirty" where the directory holds anything else, ignored files aside. */
  readonly revision: string;
  /** The tag of this commit (the highest, of several), with the same mark. */
  readonly version?: string;
  /** The branch; undefined where none is checked out. */
  readonly branch?: string;
  /** Time of the commit, in seconds since 1970; a good SOURCE_DATE_EPOCH. */
  readonly seconds: number;
}

/**
 * @throws OciError INVALID_INPUT where there is no git, no repository or no commit, or git takes too
 * long; CANCELLED
 */
export async function gitFacts(directory: string, signal?: AbortSignal): Promise<GitFacts> {
  const git = async (...words: string[]): Promise<string> => {
    const { error, output, complaint } = await runGit(directory, words, signal);
    if (error !== null) throw gitProblem(directory, error, complaint);
    return output.trim();
  };
  /** The answer of a question that git may have none to, and then ends with code 1. */
  const ask = async (...words: string[]): Promise<string | undefined> => {
    const { error, output, complaint } = await runGit(directory, words, signal);
    if (error !== null && error.code !== 1) throw gitProblem(directory, error, complaint);
    return error === null && output.trim() !== "" ? output.trim() : undefined;
  };
  const [commit = "", time = ""] = (
    await git("log", "-1", "--no-show-signature", "--format=%H%n%ct", "HEAD")
  ).split("\n");
  const mark = (await isChanged(directory, signal)) ? DIRTY : "";
  const remote = await ask("config", "--get", "remote.origin.url");
  const branch = await ask("symbolic-ref", "--quiet", "--short", "HEAD");
  const tags = await git("tag", "--no-column", "--points-at", "HEAD", "--sort=-version:refname");
  const [tag = ""] = tags.split("\n");
  const source = remote === undefined ? undefined : sourceUrl(remote);
  return Object.freeze({
    ...(source === undefined ? {} : { source }),
    revision: `${commit}${mark}`,
    ...(tag === "" ? {} : { version: `${tag}${mark}` }),
    ...(branch === undefined ? {} : { branch }),
    seconds: Number(time),
  });
}

/**
 * The facts as annotations of the spec: source, revision, version, created. For Flux the revision is in
 * its own form, `main@sha1:<commit>`.
 */
export function gitAnnotations(
  { source, revision, version, branch, seconds }: GitFacts,
  kind?: string,
): Readonly<Record<string, string>> {
  const algorithm = revision.replace(DIRTY, "").length === 64 ? "sha256" : "sha1";
  const name = version ?? branch ?? "HEAD";
  return Object.freeze({
    ...(source === undefined ? {} : { "org.opencontainers.image.source": source }),
    [REVISION]: kind === "flux" ? `${name}@${algorithm}:${revision}` : revision,
    ...(version === undefined ? {} : { "org.opencontainers.image.version": version }),
    [CREATED]: new Date(seconds * 1000).toISOString().replace(".000Z", "Z"),
  });
}
