/**
 * Packs a Helm chart in the shape that `helm push` gives it: an archive as it is, or a directory as
 * archive. It signs nothing, and fetches no dependencies.
 *
 * Shape: https://helm.sh/docs/topics/registries/#specifying-dependencies
 */
import { contentDigest } from "../content-digest";
import { DEFAULT_LIMITS } from "../limits";
import type { TreeEntry } from "../types";
import { artifactOf, blobOf, spooledBlob, type PackedArtifact, type PackedBlob } from "./artifact";
import { chartYamlOf } from "./chart-archive";
import { chartMetadata, type ChartMetadata } from "./chart-metadata";
import { checkEntries } from "./check-entries";
import { packTar } from "./pack-tar";
import type { PackOptions } from "./packed-tree";
import { unpackable } from "./problems";
import { readContent } from "./read-content";
import type { ChartRequest, PackContext, ParseYaml } from "./request";
import type { Source } from "./source";
import { spoolFile } from "./spool-file";
import { linkWarnings } from "./tree-shapes";

const CONFIG_TYPE = "application/vnd.cncf.helm.config.v1+json";
const CHART_TYPE = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const PROVENANCE_TYPE = "application/vnd.cncf.helm.chart.provenance.v1.prov";

const WITH_LINKS = "Helm does not keep symlinks";

/** The content of the artifact, before its manifest. */
interface PackedChart {
  readonly metadata: ChartMetadata;
  readonly layers: readonly PackedBlob[];
  /** Of what was packed here. */
  readonly entries?: readonly TreeEntry[];
  readonly warnings: readonly string[];
}

/**
 * The chart; annotations that are given win over those of Chart.yaml. Of a directory, `.helmignore` is
 * not read: `exclude` of its source says what is left out.
 *
 * @throws OciError INVALID_INPUT for what is no chart, for dependencies that are not there, and for the
 * provenance of a directory; STORE, LIMIT_EXCEEDED, CANCELLED
 */
export async function packChart(
  request: ChartRequest,
  context: PackContext,
  options: PackOptions,
): Promise<PackedArtifact> {
  const { chart, annotations = {}, subject } = request;
  const packed =
    typeof chart === "string"
      ? await packArchive(chart, request, context)
      : await packDirectory(chart, request, context, options);
  const { metadata, layers, entries, warnings } = packed;
  return artifactOf({
    // Helm's own manifests have no type; some registries tell charts by that.
    isTyped: false,
    config: blobOf(metadata.config, CONFIG_TYPE),
    layers: layers.toSorted((a, b) => (a.descriptor.digest < b.descriptor.digest ? -1 : 1)),
    annotations: { ...metadata.annotations, ...annotations },
    ...(subject === undefined ? {} : { subject }),
    ...(entries === undefined ? {} : { entries, contentDigest: contentDigest(entries) }),
    warnings,
  });
}

async function packArchive(
  archive: string,
  { parseYaml, provenance }: ChartRequest,
  context: PackContext,
): Promise<PackedChart> {
  const blob = await spoolFile(archive, context.staging, context);
  const metadata = metadataOf(await chartYamlOf(blob.path, archive), parseYaml, archive);
  const signed =
    provenance === undefined
      ? []
      : [spooledBlob(await spoolFile(provenance, context.staging, context), PROVENANCE_TYPE)];
  return { metadata, layers: [spooledBlob(blob, CHART_TYPE), ...signed], warnings: [] };
}

async function packDirectory(
  source: Source,
  { parseYaml, provenance }: ChartRequest,
  { limits = DEFAULT_LIMITS }: PackContext,
  options: PackOptions,
): Promise<PackedChart> {
  const { directory } = source;
  if (provenance !== undefined) {
    const hint = "give the archive that was signed, by `helm package --sign`";
    throw unpackable(directory, "a provenance file is about one archive, not a directory", hint);
  }
  const metadata = metadataOf(await readChartYaml(source, options.signal), parseYaml, directory);
  requireDependencies(source, metadata);
  const tar = await packTar(source, options, metadata.name);
  // Paths are longer by the chart's name than they were.
  checkEntries(directory, tar.entries, limits);
  return {
    metadata,
    layers: [spooledBlob(tar.blob, CHART_TYPE)],
    entries: tar.entries,
    warnings: [...linkWarnings(tar.entries, WITH_LINKS), ...ignoreWarnings(source)],
  };
}

async function readChartYaml(source: Source, signal: AbortSignal | undefined): Promise<string> {
  const entry = source.entries.find(({ path, type }) => path === "Chart.yaml" && type === "file");
  if (entry === undefined) {
    const hint = "give the directory that Chart.yaml lies in, and let include and exclude take it";
    throw unpackable(source.directory, "it has no file Chart.yaml", hint);
  }
  const pieces: Buffer[] = [];
  for await (const chunk of readContent(source.directory, entry, signal)) pieces.push(chunk);
  return Buffer.concat(pieces).toString("utf8");
}

function metadataOf(yaml: string, parseYaml: ParseYaml, subject: string): ChartMetadata {
  let value: unknown;
  try {
    value = parseYaml(yaml);
  } catch (error) {
    const fact = `Chart.yaml is no YAML: ${(error as Error).message}`;
    throw unpackable(subject, fact, "correct Chart.yaml", error);
  }
  return chartMetadata(value, subject);
}

/** What a file there says to Helm, and to nobody here. */
function ignoreWarnings({ entries }: Source): readonly string[] {
  if (!entries.some(({ path }) => path === ".helmignore")) return [];
  return ["the chart's .helmignore is not read: leave out by exclude what it names"];
}

/** What Helm would refuse to package: it never looks for dependencies when it installs. */
function requireDependencies(
  { directory, entries }: Source,
  { dependencies }: ChartMetadata,
): void {
  const isThere = (name: string): boolean =>
    entries.some(
      ({ path }) =>
        path === `charts/${name}/Chart.yaml` ||
        (path.startsWith(`charts/${name}-`) && path.endsWith(".tgz")),
    );
  const missing = dependencies.filter((name) => !isThere(name));
  if (missing.length === 0) return;
  const fact = `dependencies of its Chart.yaml are not in charts/: ${missing.join(", ")}`;
  throw unpackable(directory, fact, "run `helm dependency update` there first");
}
