/**
 * The text of `oci-artifact --help`, made from the tables of flags and exit codes. Pure.
 */
import { allFlags } from "./arguments";
import { EXIT_CODES } from "./exit";

const WIDTH = 27;

/** The whole help. */
export function helpText(): string {
  const flags = allFlags().map(({ name, argument, description }) => {
    const usage = `--${name}${argument === undefined ? "" : ` ${argument}`}`;
    const start = usage.length < WIDTH ? usage.padEnd(WIDTH) : `${usage}\n  ${" ".repeat(WIDTH)}`;
    return `  ${start}${(description ?? "").replaceAll("`", "")}`;
  });
  return [
    "usage: oci-artifact pull REF --output DIR [flags]",
    "       oci-artifact pull --from-file FILE [flags]",
    "       oci-artifact inspect REF [flags]",
    "       oci-artifact inspect REF --endpoints [--online] [flags]",
    "       oci-artifact verify REF --verify-key FILE [flags]",
    "       oci-artifact cache ls|prune|verify",
    "",
    "pull checks every byte of an OCI artifact, and places its content at DIR: whole, or not at all.",
    "From a FILE of lines REF<tab>DIR it pulls all that are listed, a few at a time.",
    "inspect tells what a reference is, and what a pull would make of it, without its content;",
    "with --endpoints, where a pull would go, in order, and why.",
    "verify tells who has signed it, where that is somebody who has to have; pull takes the same flags.",
    "cache lists, prunes and verifies what lies in the cache.",
    "REF is registry/repository:tag, …@sha256:…, or oci://registry/repository?tag=…",
    "",
    "flags:",
    ...flags,
    "",
    "exit codes:",
    ...Object.values(EXIT_CODES).map(({ code, means }) => `  ${String(code).padEnd(5)}${means}`),
    "",
  ].join("\n");
}
