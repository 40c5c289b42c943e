/**
 * The same pull as a plain function: for values that are needed before resources are registered,
 * and for programs without an engine.
 */
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadSession } from "./ahead";
import type { GetOciArtifactArgs, GetOciArtifactResult, OciArtifactArgs } from "./args";
import { knownValue } from "./outputs";
import { withConfigured } from "./registries";
import { userError } from "./user-error";

/**
 * Pulls, checks and extracts an artifact into `.oci-artifacts/` of the working directory, and places
 * a copy at `destination` where one is given: at once, in a preview too.
 *
 * @throws Error with `code` (docs/errors.md), and a message that says what to do.
 */
export async function getOciArtifact(args: GetOciArtifactArgs): Promise<GetOciArtifactResult> {
  const session = loadSession();
  const directory = process.cwd();
  const registries = await knownValue(withConfigured(args.registries));
  const values = { ...args, ...(registries === undefined ? {} : { registries }) };
  const result = await session
    .pullInputs(values, { directory, report: programReport(), destination: "copy" })
    .catch((error: unknown) => {
      const { code, message } = session.failureOf(error);
      throw userError(message, code);
    });
  await session.claimFor(result, { directory });
  return Object.freeze({
    ...session.outputsOfResult(result),
    absolutePath: resolve(directory, result.pulled.path),
    ...(result.pulled.servedBy === undefined ? {} : { servedBy: result.pulled.servedBy.host }),
  });
}

/** {@link getOciArtifact} with inputs that may be outputs of resources. */
export function getOciArtifactOutput(args: OciArtifactArgs): pulumi.Output<GetOciArtifactResult> {
  return pulumi.output(args).apply((values) => getOciArtifact(values));
}

/** Warnings go to the engine's log; without an engine that is standard error. */
function programReport() {
  return Object.freeze({
    info() {
      // The result says what came of it.
    },
    warning(message: string) {
      void pulumi.log.warn(message);
    },
    status() {
      // A function has no row to show progress on.
    },
  });
}
