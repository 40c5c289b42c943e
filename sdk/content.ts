/**
 * Names inside an artifact: a name that leaves it throws at once, one that is not there fails with
 * near names. Reads nothing but what the resource's outputs and the file system say.
 */
import { existsSync } from "node:fs";
import { posix, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "./user-error";

/** How many near names a message lists. */
const SHOWN_NAMES = 5;

/** The clean form of a relative path. @throws where it is absolute or leaves the content. */
export function insideOf(relative: string): string {
  const clean = posix.normalize(relative.replaceAll("\\", "/"));
  if (
    clean === ".." ||
    clean.startsWith("../") ||
    clean.startsWith("/") ||
    /^[a-z]:/i.test(clean)
  ) {
    throw userError(
      `cannot use ${JSON.stringify(relative)} of an artifact: it leads outside\nhint: give a path relative to the content's root`,
      "INVALID_INPUT",
    );
  }
  return clean.replace(/\/$/, "");
}

/** `path/relative`, once it is sure that the content has it. Unknown stays unknown. */
export function contentPath(
  path: pulumi.Output<string>,
  files: pulumi.Output<Readonly<Record<string, string>> | undefined>,
  relative: string,
  what: "file" | "directory",
): pulumi.Output<string> {
  if (relative === ".") return path;
  const directory = process.cwd();
  return pulumi.all([path, files]).apply(([root, names]) => {
    if (!isText(root)) return root;
    const full = posix.join(root, relative);
    // Under mocks there is no content at all, and no reason to complain of one name.
    const isHere = existsSync(resolve(directory, root));
    if (!isHere || existsSync(resolve(directory, full))) return full;
    throw userError(
      [
        `cannot use ${what} ${relative}: the artifact has no such ${what}`,
        ...nearNames(relative, Object.keys(names ?? {})).map((name) => `  near: ${name}`),
        `hint: its content lies in ${root}`,
      ].join("\n"),
      "NOT_FOUND",
    );
  });
}

/** The path on this machine. */
export function absolutePathOf(path: pulumi.Output<string>): pulumi.Output<string> {
  const directory = process.cwd();
  return path.apply((relative) => (isText(relative) ? resolve(directory, relative) : relative));
}

/** Mocks that answer with the inputs alone leave the path undefined, whatever its type says. */
function isText(path: unknown): boolean {
  return typeof path === "string";
}

/** Names that share the last component, or the beginning. */
function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  const last = posix.basename(wanted).toLowerCase();
  const stem = last.slice(0, Math.max(2, Math.ceil(last.length / 2)));
  const near = names.filter((name) => posix.basename(name).toLowerCase().startsWith(stem));
  return (near.length > 0 ? near : names).slice(0, SHOWN_NAMES);
}
