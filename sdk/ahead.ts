/**
 * What the class does in the program's own process, beside the engine: resolve and pull early, for
 * all resources at once (the engine checks them one after the other), and bring back content that
 * the engine was not asked to check. Loads the engine room only when there is an engine.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { openEngineReports, type EngineLog } from "../provider/pulumi/report";
import type { RunOptions } from "../provider/pulumi/run-options";
import { isGiven } from "./options";
import { knownValue } from "./outputs";

type Session = typeof import("../provider/pulumi/session");

/** By `require`: test runners know no `import()` in CommonJS, and a program may never need it. */
export function loadSession(): Session {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late on purpose
  return require("../provider/pulumi/session") as Session;
}

/**
 * Under mocks there is no engine, and nothing may be dialled. `runtime.hasEngine` does not tell: it
 * is false for inline programs of the Automation API, too.
 */
function hasEngine(): boolean {
  return pulumi.runtime.getEngine() !== undefined;
}

/** Rows of the display; they may be written to before the resource is registered. */
const rows = openEngineReports(() => {
  const client = pulumi.runtime.getEngine();
  // The client's own log takes the SDK's request class, which has more methods than are used here.
  return client === undefined
    ? undefined
    : { client: client as unknown as EngineLog["client"], Request: LogRequest };
});

/**
 * The hidden input, as a promise: it delays the registration of this one resource until its
 * content is here, and carries no dependency of its own.
 */
export async function runOptions(
  type: string,
  name: string,
  args: Readonly<Record<string, unknown>>,
  options: pulumi.CustomResourceOptions,
): Promise<RunOptions> {
  const base = await runFacts(type, name, options);
  const { directory, urn, preview, dependsOn } = base;
  // Something may push before this resource's turn, or freeze its digest: then nothing goes ahead.
  if (!hasEngine() || dependsOn || isGiven(options.ignoreChanges)) return base;
  try {
    const values: Readonly<Record<string, unknown>> | undefined = await knownValue(
      pulumi.output(args),
    );
    // The recorded digest is kept, and only the engine knows it.
    if (values === undefined || values["onTagMove"] === "keep") return base;
    const report = rows.of(urn);
    const ahead = await loadSession().pullAhead(values, urn, preview, { directory, report });
    return ahead === undefined ? base : { ...base, ahead };
  } catch {
    // Whatever it was, check meets it again, and says it on the resource's row.
    return base;
  }
}

/** What the class alone knows of the run and of the resource; nothing is asked for it. */
export async function runFacts(
  type: string,
  name: string,
  options: pulumi.CustomResourceOptions,
): Promise<RunOptions> {
  return {
    preview: pulumi.runtime.isDryRun(),
    urn: (await knownValue(pulumi.createUrn(name, type, options.parent))) ?? "",
    directory: process.cwd(),
    dependsOn: isGiven(options.dependsOn),
  };
}

/**
 * The path, once its content is there. `pulumi up --target` and others do not check the resource,
 * and then nobody else has brought the content to this machine.
 */
export function restoredPath(
  resource: pulumi.Resource,
  args: Readonly<Record<string, unknown>>,
  path: pulumi.Output<string>,
  pinned: pulumi.Output<string>,
  tag: pulumi.Output<string | undefined>,
): pulumi.Output<string> {
  if (!hasEngine()) return path;
  const directory = process.cwd();
  const values = knownValue(pulumi.output(args)).catch(() => undefined);
  // Not a part of the path: a reference by digest has none, and what is absent is unknown in a preview.
  const tagKnown = knownValue(tag).catch(() => undefined);
  return pulumi.all([path, pinned]).apply(async ([where, what]) => {
    if (typeof where !== "string" || typeof what !== "string") return where;
    if (existsSync(resolve(directory, where))) return where;
    const [known, namedTag] = await Promise.all([values, tagKnown]);
    const isUnclear = known === undefined && args["verify"] !== undefined;
    const problem = isUnclear
      ? `${where} is not on this machine, and is not restored: not all inputs are known, and so not who has to have signed it; run without --target`
      : await loadSession().restore(known ?? {}, what, where, { directory, namedTag });
    if (problem !== undefined) await pulumi.log.warn(problem, resource);
    return where;
  });
}
