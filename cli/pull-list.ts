/**
 * A list of pulls: one reference and one folder a line, with a tab between. Reads text and says all
 * that is wrong with it at once, before anything is pulled. Pure.
 */
import { dirname, resolve } from "node:path";
import { OciError } from "../provider/errors";
import { LAYOUT_REGISTRY } from "../provider/reference/oci-layout";
import { parseReference } from "../provider/reference/parse";
import type { FlagValues } from "./flag-values";

/** More is hardly meant, and all results are printed together. */
export const MOST_LINES = 10_000;

/** So many wrong lines are listed; a file that is no list at all has many. */
const SHOWN_LINES = 50;

/** What is for one registry: a login, a certificate, mirrors, and each switch that is a risk. */
export const FLAGS_OF_A_REGISTRY = [
  "username",
  "identity-token-file",
  "cert-file",
  "plain-http",
  "skip-tls-verify",
  "insecure",
  "mirror",
  "mirrors",
] as const;

/** One artifact of a list. */
export interface ListedPull {
  readonly reference: string;
  /** The registry that the reference names. */
  readonly registry: string;
  /** As written. */
  readonly folder: string;
  /** The same as an absolute path. */
  readonly directory: string;
  /** Line of the list, from 1. */
  readonly line: number;
}

export type PullList = { readonly pulls: readonly ListedPull[] } | { readonly problem: string };

/**
 * Reads a list. Blank lines and those that begin with "#" say nothing; blanks around a reference or a
 * folder are no part of it.
 *
 * @param name - What the list is called in problems
 * @param directory - What folders are relative to; absolute
 * @param flags - Of the command: not all go to several registries
 */
export function parsePullList(
  text: string,
  name: string,
  directory: string,
  flags: FlagValues,
): PullList {
  const lines = text
    .replace(/^\ufeff/, "")
    .split("\n")
    .map((content, index) => ({ content: content.trim(), line: index + 1, raw: content }))
    .filter(({ content }) => content !== "" && !content.startsWith("#"));
  if (lines.length === 0) return { problem: `${name} lists no artifact` };
  if (lines.length > MOST_LINES) {
    return { problem: `${name} lists ${lines.length} artifacts; ${MOST_LINES} are the most` };
  }
  const read = lines.map(({ raw, line }) => readLine(raw, line, directory, flags));
  const pulls = read.filter((pull) => "folder" in pull);
  const wrong = [...read.filter((pull) => "fact" in pull), ...overlaps(pulls)];
  if (wrong.length > 0) return { problem: problemOf(name, wrong) };
  const problem = registriesProblem(pulls, flags, "the list");
  return problem === undefined ? { pulls } : { problem };
}

/** A line that cannot be pulled, and why. */
interface WrongLine {
  readonly line: number;
  readonly fact: string;
}

function readLine(
  raw: string,
  line: number,
  directory: string,
  flags: FlagValues,
): ListedPull | WrongLine {
  const [reference = "", folder, ...more] = raw.split("\t").map((part) => part.trim());
  if (folder === undefined) return { line, fact: "there is no tab between reference and folder" };
  if (more.length > 0) return { line, fact: "there is more than one tab" };
  if (reference === "") return { line, fact: "the reference is missing" };
  if (folder === "") return { line, fact: "the folder is missing" };
  if (folder.includes("\0")) return { line, fact: "the folder has a NUL in its name" };
  try {
    const { registry, tag, digest } = parseReference(reference);
    if (flags["semver"] !== undefined && (tag ?? digest) !== undefined) {
      return { line, fact: "the reference names what --semver chooses: a tag, or a digest" };
    }
    return { reference, registry, folder, directory: resolve(directory, folder), line };
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    return { line, fact: `the reference is none: ${error.fact}` };
  }
}

/** Equal and nested folders: what is placed in one would be foreign to the other. */
function overlaps(pulls: readonly ListedPull[]): readonly WrongLine[] {
  const owners = new Map<string, number>();
  const wrong: WrongLine[] = [];
  for (const { directory, line } of pulls) {
    const owner = owners.get(directory);
    if (owner === undefined) owners.set(directory, line);
    else wrong.push({ line, fact: `its folder is that of line ${owner}, too` });
  }
  for (const { directory, line } of pulls) {
    const owner = ancestorsOf(directory).find((path) => owners.has(path));
    if (owner === undefined) continue;
    wrong.push({ line, fact: `its folder lies in that of line ${owners.get(owner)}` });
  }
  return wrong;
}

function ancestorsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...ancestorsOf(parent)];
}

/** What is given for a registry goes to that one alone. `list` is what names several. */
export function registriesProblem(
  pulls: readonly Pick<ListedPull, "registry">[],
  flags: FlagValues,
  list: string,
): string | undefined {
  const flag = FLAGS_OF_A_REGISTRY.find((name) => flags[name] !== undefined);
  const names = pulls.map(({ registry }) => registry).filter((name) => name !== LAYOUT_REGISTRY);
  const [one, other] = new Set(names);
  if (flag === undefined || other === undefined) return undefined;
  return `--${flag} is for one registry, and ${list} names ${one ?? ""} and ${other}; make a list for each, or use --registries`;
}

function problemOf(name: string, wrong: readonly WrongLine[]): string {
  const sorted = wrong.toSorted((one, other) => one.line - other.line);
  const more = sorted.length - SHOWN_LINES;
  return [
    `${name} cannot be pulled as it is; nothing was`,
    ...sorted.slice(0, SHOWN_LINES).map(({ line, fact }) => `  line ${line}: ${fact}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join("\n");
}
