/**
 * How each program pulls an artifact: the whole command that a user would run, and where the content
 * is then. Nothing is run here.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../test/support/toolchain";
import { FLEET } from "./artifacts";
import type { Command } from "./measure";

export type ContenderName = "ours" | "crane" | "oras-pull" | "tofu" | "helm";

/** One run: what is asked for, and the fresh folder it may use. */
export interface Site {
  /** "127.0.0.1:12345/bench/many" */
  readonly repository: string;
  readonly tag: string;
  /** File of the authority that issued the registry's certificate; undefined: it speaks plain HTTP. */
  readonly authority: string | undefined;
  readonly folder: string;
}

export interface Attempt {
  readonly command: Command;
  /** Where the content lies afterwards, that has to be the same for all. */
  readonly content: string;
}

export interface Contender {
  readonly name: ContenderName;
  /** What has to be built for it. */
  readonly program: Program | undefined;
  /** @param program - path of that */
  readonly prepare: (site: Site, program: string) => Promise<Attempt>;
}

/** Where a folder of its own is all that a program knows of the machine. */
function environmentIn(folder: string): Record<string, string> {
  return { HOME: folder, PATH: process.env["PATH"] ?? "" };
}

/** The compiled command beside the compiled benchmark. */
const COMMAND = join(__dirname, "..", "cli", "main.js");

const PLAIN = ["--plain-http"];

/** This package's command, with an empty cache. */
export const OURS: Contender = {
  name: "ours",
  program: undefined,
  prepare: async ({ repository, tag, authority, folder }) => {
    const output = join(folder, "output");
    const transport = authority === undefined ? PLAIN : ["--ca-file", authority];
    const args = [COMMAND, "pull", `${repository}:${tag}`, ...transport, "--output", output];
    const environment = { ...environmentIn(folder), OCI_ARTIFACT_CACHE: join(folder, "cache") };
    const command = { program: process.execPath, args, environment };
    return await Promise.resolve({ command, content: output });
  },
};

/** The file system of an image as one tar, which crane leaves to others to unpack. */
export const CRANE: Contender = {
  name: "crane",
  program: "crane",
  prepare: async ({ repository, tag, folder }, program) => {
    const output = join(folder, "output");
    await mkdir(output);
    const script = '"$0" export "$1" - | tar -x -C "$2"';
    const args = ["-c", script, program, `${repository}:${tag}`, output];
    const command = { program: "sh", args, environment: environmentIn(folder) };
    return { command, content: output };
  },
};

/** Our own program on the library of ORAS; it is in oras-pull/. */
export const ORAS: Contender = {
  name: "oras-pull",
  program: "oras-pull",
  prepare: async ({ repository, tag, folder }, program) => {
    const output = join(folder, "output");
    const args = [...PLAIN, "--output", output, `${repository}:${tag}`];
    const command = { program, args, environment: environmentIn(folder) };
    return await Promise.resolve({ command, content: output });
  },
};

/** All artifacts of a fleet by one list, each to a folder of its own. */
export const OURS_BY_LIST: Contender = {
  ...OURS,
  prepare: async ({ repository, tag, folder }) => {
    const output = join(folder, "output");
    const list = join(folder, "list");
    const lines = Array.from({ length: FLEET }, (_, index) => {
      return `${repository}:${tag}-${index}\t${join(output, String(index))}\n`;
    });
    await writeFile(list, lines.join(""));
    const environment = { ...environmentIn(folder), OCI_ARTIFACT_CACHE: join(folder, "cache") };
    const args = [COMMAND, "pull", "--from-file", list, ...PLAIN];
    return { command: { program: process.execPath, args, environment }, content: output };
  },
};

/** The same by ORAS, which takes one at a time. */
export const ORAS_EACH: Contender = {
  ...ORAS,
  prepare: async ({ repository, tag, folder }, program) => {
    const output = join(folder, "output");
    const script = `index=0; while [ "$index" -lt ${FLEET} ]; do
      "$0" --plain-http --output "$2/$index" "$1-$index" || exit 1
      index=$((index + 1))
    done`;
    const args = ["-c", script, program, `${repository}:${tag}`, output];
    const command = { program: "sh", args, environment: environmentIn(folder) };
    return await Promise.resolve({ command, content: output });
  },
};

/** A configuration whose only module is the artifact. It asks over HTTPS only. */
export const TOFU: Contender = {
  name: "tofu",
  program: "tofu",
  prepare: async ({ repository, tag, authority = "", folder }, program) => {
    const source = `oci://${repository}?tag=${tag}`;
    await writeFile(join(folder, "main.tf"), `module "it" {\n  source = "${source}"\n}\n`);
    const environment = { ...environmentIn(folder), SSL_CERT_FILE: authority };
    const command = { program, args: ["init", "-no-color", "-input=false"], environment };
    return { command, content: join(folder, ".terraform", "modules", "it") };
  },
};

export const HELM: Contender = {
  name: "helm",
  program: "helm",
  prepare: async ({ repository, tag, folder }, program) => {
    const output = join(folder, "output");
    const what = [`oci://${repository}`, "--version", tag, ...PLAIN];
    const args = ["pull", ...what, "--untar", "--destination", output];
    const command = { program, args, environment: environmentIn(folder) };
    return await Promise.resolve({ command, content: output });
  },
};
