/**
 * The check of a push: from the inputs of a program to checked inputs with the outputs injected. It packs
 * into a staging folder and asks the registry what the tags name; it writes to no registry.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Context, Report } from "../../context";
import { OciError, systemCode } from "../../errors";
import { type Limits, limitsWith } from "../../limits";
import { type PlannedPublish, planPublish, type PublishRequest } from "../../publish";
import { unaskedText } from "../../publish/tags";
import { formatReference } from "../../reference/format";
import type { Descriptor } from "../../types";
import type { World } from "../../world";
import type { CheckAnswer } from "../check";
import { checkNames } from "../check-inputs";
import { hasUnknown } from "../known";
import type { Host, Properties } from "../lifecycle";
import { parseRunOptions, RUN_KEY, type RunOptions } from "../run-options";
import { PUSH_ROWS, type PushInputs, storedPushInputs } from "./push-inputs";
import { givenPushInputs, plannedOutputs, unknownOutputs } from "./push-outputs";
import { publishRequestOf } from "./push-request";
import { readPushInputs, type ReadPushInputs } from "./read-push-inputs";
import { questionOf } from "./question";
import { driftText, planTags, type TagPlan } from "./tag-drift";
import { isToCome, nameToCome } from "./to-come";

/** What create and update need of a check: the packed blobs, transport and credentials. */
export interface CheckedPush {
  readonly planned: PlannedPublish;
  readonly tags: readonly string[];
  readonly limits: Limits;
  readonly directory: string;
  readonly urn: string;
  /** A tag has to be set again, and nothing else shows it. */
  readonly isDue: boolean;
}

/** What the engine passes to a check. */
interface Given {
  /** The checked inputs of the state. */
  readonly olds: Properties;
  readonly news: Properties;
}

/** What all steps of one check share. */
interface Work extends ReadPushInputs {
  readonly olds: Properties;
  readonly run: RunOptions | undefined;
  readonly directory: string;
  readonly world: World;
  readonly report: Report;
  readonly host: Host;
}

/**
 * @param known - Manifests that other resources of this process are about to push, by their pinned names
 * @throws OciError what planning throws, TAG_MOVED, TAG_EXISTS; INVALID_INPUT for a source that is
 * not what the preview has shown
 */
export async function checkPush(
  { olds, news }: Given,
  host: Host,
  known: Map<string, Descriptor>,
  signal: AbortSignal,
): Promise<CheckAnswer & { readonly checked?: CheckedPush }> {
  const run = parseRunOptions(news[RUN_KEY]);
  const given = givenPushInputs(news);
  if (hasUnknown(given)) {
    const inputs = { ...storedPushInputs(given), ...unknownOutputs() };
    return { inputs, failures: checkNames(given, PUSH_ROWS) };
  }
  const read = readPushInputs(given);
  if ("failures" in read) return { inputs: {}, failures: read.failures };
  const directory = run?.directory ?? host.directory;
  const report = host.report(run?.urn ?? "");
  const work: Work = { ...read, olds, run, directory, report, host, world: host.world(directory) };
  const { inputs } = read;
  const late = lateSource(work);
  if (late !== undefined) return unknownYet(late, work);
  const planned = await plan(work, known, signal).catch((error: unknown) => {
    const isLate = run?.preview === true && read.from !== undefined;
    if (isLate && isToCome(error, read.from, { planned: known })) return undefined;
    throw error;
  });
  if (planned === undefined) return unknownYet(inputs.source ?? "", work);
  try {
    const tagPlan = await judge(planned, work);
    warnOfRivals(planned, tagPlan, known, work);
    const isDue = tagPlan.restored.length > 0;
    const { tags } = tagPlan;
    const limits = limitsWith(inputs.limits);
    const checked = { planned, tags, limits, directory, urn: run?.urn ?? "", isDue };
    const outputs = plannedOutputs(planned, tagPlan.tagged);
    return { inputs: { ...storedPushInputs(inputs), ...outputs }, failures: [], checked };
  } catch (error) {
    await planned.release();
    throw error;
  } finally {
    // Nothing is pushed after a preview.
    if (run?.preview === true) await planned.release();
  }
}

/** What is made, or pushed, only in the update. */
function unknownYet(what: string, { inputs, report }: Work): CheckAnswer {
  report.info(`${what} is not there yet, so what it holds is known only in the update`);
  return { inputs: { ...storedPushInputs(inputs), ...unknownOutputs() }, failures: [] };
}

/** A path that something else makes before the update; undefined where all is there. */
function lateSource({ inputs, from, run, directory }: Work): string | undefined {
  if (run?.preview !== true || !run.dependsOn || from !== undefined) return undefined;
  return pathsOf(inputs).find((path) => !existsSync(resolve(directory, path)));
}

function pathsOf({ source, sources = [], platforms = {} }: PushInputs): readonly string[] {
  const paths = [...sources.map(({ path }) => path), ...Object.values(platforms)];
  return source === undefined ? paths : [source, ...paths];
}

async function plan(
  work: Work,
  known: ReadonlyMap<string, Descriptor>,
  signal: AbortSignal,
): Promise<PlannedPublish> {
  const { world, directory, report, run, olds } = work;
  const { configuration, settings } = world;
  const request = await publishRequestOf(work, { configuration, directory, report, settings });
  const context: Context = { settings, limits: limitsWith(work.inputs.limits), report, signal };
  const options = { isBestEffort: true, planned: known };
  const planned = await planPublish(request, world, context, options);
  const { unasked, digest } = planned;
  if (unasked === undefined) return planned;
  if (run?.preview !== true && digest !== olds["digest"]) {
    await planned.release();
    throw unasked;
  }
  report.warning(unaskedText(request, unasked));
  return planned;
}

/** What becomes of the tags, and what of it the user should know. */
async function judge(planned: PlannedPublish, work: Work): Promise<TagPlan> {
  const { olds, inputs, report } = work;
  const { digest, equal, current, request } = planned;
  const tagPlan = planTags(planned, olds, inputs.onTagDrift ?? "restore");
  await confirm(planned, work);
  for (const drift of tagPlan.restored) {
    report.info(`${driftText(drift)}, and not what was pushed; it is set to ${digest} again`);
  }
  for (const drift of tagPlan.kept) {
    report.warning(`${driftText(drift)}, and not what was pushed; onTagDrift "keep" leaves it`);
  }
  const isNew = olds["digest"] !== digest;
  const isThere = equal !== undefined || [...(current?.values() ?? [])][0] === digest;
  if (isNew && isThere) report.info(`${nameOf(request)} holds this content already`);
  return tagPlan;
}

/** Two that set one tag take it from each other in every update: neither sees that it was not drift. */
function warnOfRivals(
  { digest, request }: PlannedPublish,
  { tags }: TagPlan,
  known: ReadonlyMap<string, Descriptor>,
  { report }: Work,
): void {
  const { registry, repository } = request.reference;
  for (const tag of tags) {
    const name = nameToCome({ registry, repository, tag });
    const rival = known.get(name);
    if (rival === undefined || rival.digest === digest) continue;
    report.warning(
      `another resource of this program sets ${name}, too, to ${rival.digest}: whoever is last has it; give each a tag of its own`,
    );
  }
}

/**
 * A preview records what it shows, and the update of the same run does that or nothing: the bytes of the
 * preview are gone, and the source may have been written since.
 */
async function confirm({ digest }: PlannedPublish, work: Work): Promise<void> {
  const { run, inputs, report, host } = work;
  if (run === undefined || run.dependsOn) return;
  const { confirmations } = host;
  const asked = questionOf(inputs);
  if (run.preview) {
    await confirmations.confirm(run.urn, asked, { digest }).catch((error: unknown) => {
      report.warning(
        `what this preview shows cannot be recorded (${systemCode(error) ?? String(error)}), so an update packs anew and does not compare; make the cache writable`,
      );
    });
    return;
  }
  const shown = await confirmations.confirmed(run.urn, asked);
  if (shown === undefined || shown.digest === digest) return;
  throw new OciError({
    code: "INVALID_INPUT",
    verb: "push",
    subject: formatReference(work.reference),
    fact: "it is not what the preview has shown",
    details: [`shown: ${shown.digest}`, `now:   ${digest}`],
    hint: "its source or its tag has changed in between: run again; what the update itself writes, let the resource wait for by dependsOn",
  });
}

function nameOf({ reference }: PublishRequest): string {
  return formatReference(reference);
}
