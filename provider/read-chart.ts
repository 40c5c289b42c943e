/**
 * What a Helm chart's config tells of it: a small blob, kept in the cache like a manifest, so that it is
 * asked for once. Where an artifact is no chart, or is to be another kind, nothing is read.
 */
import { type ChartFacts, parseChart } from "./content/chart";
import { JsonProblem } from "./content/json";
import { recognize } from "./content/recognize";
import type { Selection } from "./content/selection";
import type { Context } from "./context";
import { OciError } from "./errors";
import { fetchBlob, type FetchRooms } from "./fetch-blob";
import { limitExceeded } from "./limits";
import { formatReference } from "./reference/format";
import type { Descriptor, Resolved } from "./types";

/**
 * The facts; undefined for what is no chart, and for one that was not asked for as a chart and whose
 * config tells none.
 * @throws OciError UNSUPPORTED_MANIFEST for a config that tells none, where a chart is asked for;
 * LIMIT_EXCEEDED for `manifestBytes`, and what fetching a blob throws
 */
export async function readChart(
  resolved: Pick<Resolved, "reference" | "endpoints" | "manifest">,
  { kind }: Pick<Selection, "kind">,
  rooms: FetchRooms,
  context: Context,
): Promise<ChartFacts | undefined> {
  const { config } = resolved.manifest;
  if (kind !== undefined && kind !== "helm-chart") return undefined;
  if (config === undefined || recognize(resolved.manifest) !== "helm-chart") return undefined;
  const bytes = await configBytes(config, resolved, rooms, context);
  try {
    return parseChart(bytes);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    if (kind === undefined) return undefined;
    throw new OciError({
      code: "UNSUPPORTED_MANIFEST",
      verb: "read the chart's config of",
      subject: formatReference(resolved.reference),
      fact: error.message,
      hint: 'have the chart pushed again by helm push; or take its layers as they are: kind: "files"',
    });
  }
}

async function configBytes(
  config: Descriptor,
  resolved: Pick<Resolved, "reference" | "endpoints">,
  rooms: FetchRooms,
  context: Context,
): Promise<Buffer> {
  const subject = formatReference(resolved.reference);
  const { limits } = context;
  if (config.size > limits.manifestBytes) {
    const verb = "read the chart's config of";
    throw limitExceeded(limits, "manifestBytes", { verb, subject, found: config.size });
  }
  const release = await rooms.blobs.hold([config.digest]);
  try {
    const cached = await rooms.blobs.read(config.digest);
    // One of another size is not what the descriptor names: fetching says so.
    if (cached?.length === config.size) return cached;
    await fetchBlob({ ...resolved, descriptor: config }, rooms, context, () => undefined);
    const fetched = await rooms.blobs.read(config.digest);
    if (fetched !== undefined) return fetched;
  } finally {
    await release();
  }
  throw new OciError({
    code: "STORE",
    verb: "read the chart's config of",
    subject,
    fact: "somebody took it out of the cache in this very moment",
    hint: "run again",
  });
}
