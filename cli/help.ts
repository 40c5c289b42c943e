/**
 * The text of `oci-artifact --help`, made from the table of flags. Pure.
 */
import { allFlags } from "./arguments";

const WIDTH = 26;

/** The whole help. */
export function helpText(): string {
  const flags = allFlags().map(({ name, argument, description }) => {
    const usage = `--${name}${argument === undefined ? "" : ` ${argument}`}`;
    return `  ${usage.padEnd(WIDTH)}${(description ?? "").replaceAll("`", "")}`;
  });
  return [
    "usage: oci-artifact pull REF --output DIR [flags]",
    "",
    "Pulls an OCI artifact, checks every byte of it, and places its content at DIR: whole, or not at all.",
    "REF is registry/repository:tag, …@sha256:…, or oci://registry/repository?tag=…",
    "",
    "flags:",
    ...flags,
    "",
    "exit codes:",
    "  0  the whole content is in place",
    "  1  it is not; the message says why, and what to do",
    "  2  the command line is wrong",
    "",
  ].join("\n");
}
