/**
 * Runs git on a directory: without a shell, with bounds, and so that it starts no program that the
 * repository names, asks no host and writes nothing. It makes nothing of the answers.
 */
import { execFile, type ExecFileException } from "node:child_process";
import { environmentWithout } from "../settings/settings";
import { cancelled, unpackable } from "./problems";

const DEADLINE_MS = 30_000;
const OUTPUT_MIB = 64;

/** Longest first line of git that is shown. */
const SHOWN_LENGTH = 200;

const HINT =
  "give the annotations source and revision yourself, or pack from a checkout with at least one commit";

/**
 * What leads to another repository than that of the directory: git sets some of them for its hooks.
 * https://git-scm.com/docs/git#_environment_variables
 */
const ELSEWHERE = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_INDEX_FILE",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_WORK_TREE",
] as const;

/** Of a partial clone, what is missing stays missing: no protocol is called "none". */
const AT_HOME = { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1" } as const;

/**
 * Nothing is written for the sake of speed, no watcher of files is asked, and a folder that a checkout
 * holds is not taken for a repository with a configuration of its own.
 */
const GUARDS = [
  "--no-optional-locks",
  ...["-c", "core.fsmonitor=false"],
  ...["-c", "safe.bareRepository=explicit"],
] as const;

/** What git said. */
export interface GitRun {
  readonly error: ExecFileException | null;
  readonly output: string;
  readonly complaint: string;
}

/** What git says of the directory, or how it failed. Never throws. */
export function runGit(
  directory: string,
  words: readonly string[],
  signal?: AbortSignal,
): Promise<GitRun> {
  return new Promise((resolve) => {
    const options = {
      timeout: DEADLINE_MS,
      maxBuffer: OUTPUT_MIB * 1024 ** 2,
      killSignal: "SIGKILL",
      windowsHide: true,
      env: { ...environmentWithout(ELSEWHERE), ...AT_HOME },
      ...(signal && { signal }),
    } as const;
    execFile("git", [...GUARDS, "-C", directory, ...words], options, (error, output, complaint) => {
      resolve({ error, output, complaint });
    });
  });
}

/** The error of a run that failed: INVALID_INPUT, or CANCELLED. */
export function gitProblem(directory: string, error: ExecFileException, complaint: string): Error {
  if (error.name === "AbortError") return cancelled(directory);
  return unpackable(directory, factOf(error, complaint), HINT, error);
}

function factOf(error: ExecFileException, complaint: string): string {
  if (error.code === "ENOENT") return "there is no program git in PATH";
  if (error.killed === true) return `git did not answer within ${DEADLINE_MS / 1000} s`;
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `git says more than ${OUTPUT_MIB} MiB`;
  if (typeof error.code === "string") return `git cannot be run (${error.code})`;
  const line = complaint.trim().split("\n", 1)[0] ?? "";
  const reason = line === "" ? "" : `: ${line.slice(0, SHOWN_LENGTH)}`;
  return `git ended with ${error.signal ?? `exit code ${error.code ?? "unknown"}`}${reason}`;
}
