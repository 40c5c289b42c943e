/**
 * How each program pulls an artifact: the whole command that a user would run, and where the content
 * is then. What others run is here, what we run is in ourselves.ts. Nothing is run here.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../test/support/toolchain";
import type { Command } from "./measure";

/** One run: what is asked for, and the fresh folder it may use. */
export interface Site {
  /** "127.0.0.1:12345/bench/many" */
  readonly repository: string;
  readonly tag: string;
  /** File of the authority that issued the registry's certificate; undefined: it speaks plain HTTP. */
  readonly authority: string | undefined;
  /** "127.0.0.1:1": a mirror that answers nobody; undefined where the case has none. */
  readonly deadMirror: string | undefined;
  readonly folder: string;
}

export interface Attempt {
  readonly command: Command;
  /** Run before that, and not counted: it makes what the command then finds. */
  readonly first?: Command;
  /** Where the content lies afterwards, that has to be the same for all. */
  readonly content: string;
}

export interface Contender {
  /** As the table shows it, no other of the same case has it. */
  readonly name: string;
  /** What has to be built for it. */
  readonly program: Program | undefined;
  /** @param program - path of that */
  readonly prepare: (site: Site, program: string) => Promise<Attempt>;
}

/** Where a folder of its own is all that a program knows of the machine. */
export function environmentIn(folder: string): Record<string, string> {
  return { HOME: folder, PATH: process.env["PATH"] ?? "" };
}

const PLAIN = ["--plain-http"];

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

/** Our own program on the library of Flux; it is in flux-pull/. */
export const FLUX: Contender = {
  name: "flux-pull",
  program: "flux-pull",
  prepare: async ({ repository, tag, folder }, program) => {
    const output = join(folder, "output");
    await mkdir(output);
    const args = ["--insecure-registry", "--output", output, `oci://${repository}:${tag}`];
    const command = { program, args, environment: environmentIn(folder) };
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

/** So many artifacts by ORAS, which takes one at a time: `tag`-0 and on. */
export function orasEach(count: number): Contender {
  return {
    name: `oras-pull × ${count}`,
    program: "oras-pull",
    prepare: async ({ repository, tag, folder }, program) => {
      const output = join(folder, "output");
      const script = `index=0; while [ "$index" -lt ${count} ]; do
        "$0" --plain-http --output "$2/$index" "$1-$index" || exit 1
        index=$((index + 1))
      done`;
      const args = ["-c", script, program, `${repository}:${tag}`, output];
      const command = { program: "sh", args, environment: environmentIn(folder) };
      return await Promise.resolve({ command, content: output });
    },
  };
}

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

/** `tofu init` where it has been run before: it finds its module and asks nobody. */
export const TOFU_AGAIN: Contender = {
  ...TOFU,
  name: "tofu, unchanged",
  prepare: async (site, program) => {
    const attempt = await TOFU.prepare(site, program);
    return { ...attempt, first: attempt.command };
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
