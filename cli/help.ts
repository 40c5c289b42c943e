/**
 * The text of `oci-artifact --help`, made from the tables of flags and exit codes. Pure.
 */
import { allFlags } from "./arguments";
import { EXIT_CODES } from "./exit";
import { withFlags } from "./flag-words";
import type { Flag } from "../provider/pulumi/input-types";
import { flagsOf, PUBLISH_VERBS, type PublishVerb, VERBS } from "./publish-arguments";

const WIDTH = 27;

/** The whole help. */
export function helpText(): string {
  const publishing = PUBLISH_VERBS.map((verb) => VERBS[verb]);
  return [
    "usage: oci-artifact pull REF --output DIR [flags]",
    "       oci-artifact pull --from-file FILE [flags]",
    "       oci-artifact inspect REF [flags]",
    "       oci-artifact inspect REF --endpoints [--online] [flags]",
    "       oci-artifact verify REF --verify-key FILE [flags]",
    "       oci-artifact tags REPOSITORY [--semver RANGE] [flags]",
    "       oci-artifact lock [REF] [--output DIR] [--frozen] [flags]",
    "       oci-artifact vendor [REF…] [--frozen] [flags]",
    ...publishing.flatMap(({ usage }) => usage.map((line) => `       oci-artifact ${line}`)),
    "       oci-artifact cache ls|prune|verify",
    "",
    "pull checks every byte of an OCI artifact, and places its content at DIR: whole, or not at all.",
    "From a FILE of lines REF<tab>DIR it pulls all that are listed, many at a time.",
    "inspect tells what a reference is, and what a pull would make of it, without its content;",
    "with --endpoints, where a pull would go, in order, and why.",
    "verify tells who has signed it, where that is somebody who has to have; pull takes the same flags.",
    "tags lists the tags of a repository; with --semver those in the range, first the one that a pull takes.",
    "lock writes down which digest REF is now, or each entry of the lock file; vendor puts its entries in place.",
    ...publishing.flatMap(({ says }) => says),
    "cache lists, prunes and verifies what lies in the cache.",
    "REF is registry/repository:tag, …@sha256:…, or oci://registry/repository?tag=…",
    "",
    `flags; those of ${PUBLISH_VERBS.join(", ")} by oci-artifact push --help and so on:`,
    ...flagLines(allFlags()),
    "",
    "exit codes:",
    ...Object.values(EXIT_CODES).map(({ code, means }) => `  ${String(code).padEnd(5)}${means}`),
    "",
  ].join("\n");
}

/** The help of one of the commands that have flags of their own. */
export function publishHelp(verb: PublishVerb): string {
  const { usage, says } = VERBS[verb];
  return [
    ...usage.map((line, index) => `${index === 0 ? "usage:" : "      "} oci-artifact ${line}`),
    "",
    ...says,
    "",
    "flags:",
    ...flagLines(flagsOf(verb)),
    "",
  ].join("\n");
}

function flagLines(flags: readonly Flag[]): readonly string[] {
  return flags.map(({ name, argument, description }) => {
    const usage = `--${name}${argument === undefined ? "" : ` ${argument}`}`;
    const start = usage.length < WIDTH ? usage.padEnd(WIDTH) : `${usage}\n  ${" ".repeat(WIDTH)}`;
    return `  ${start}${withFlags((description ?? "").replaceAll("`", ""))}`;
  });
}
