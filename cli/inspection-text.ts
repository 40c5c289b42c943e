/**
 * What `oci-artifact inspect` prints: the manifest or index that a reference names, its layers and
 * what a pull would make of each. Pure; the looking is provider/inspect.ts.
 */
import type { ChartFacts } from "../provider/content/chart";
import type { Inspection, InspectedLayer } from "../provider/inspect";
import { printable } from "../provider/redact";
import { formatPlatform } from "../provider/reference/platform";
import { formatByteSize } from "../provider/settings/byte-size";
import type { Descriptor } from "../provider/types";
import { withFlags } from "./flag-words";
import { referrerRows } from "./referrers-text";

const LABEL_WIDTH = 15;

/** The inspection as lines for a terminal. */
export function inspectionText(pinned: string, found: Inspection): string {
  const { chart, digest, index, manifest, manifestDigest, problem } = found;
  const facts = [
    line("reference", pinned),
    line("tag", found.chosen?.tag),
    line("version", found.chosen?.version),
    line("digest", digest),
    line("media type", found.mediaType),
    line("artifact type", manifest?.artifactType ?? index?.artifactType),
    line("kind", found.kind),
    line("chart", chart === undefined ? undefined : chartText(chart)),
    line("manifest", manifestDigest === digest ? undefined : manifestDigest),
    ...Object.entries(manifest?.annotations ?? index?.annotations ?? {}).map(([key, value]) =>
      line("annotation", `${key}: ${value}`),
    ),
    ...(index?.manifests ?? []).map((child) => line("platform", childText(child))),
    line("config", manifest?.config?.mediaType),
    ...(manifest === undefined && found.layers.length === 0
      ? []
      : [
          line(
            "layers",
            problem === undefined
              ? `${found.layers.length}, ${formatByteSize(found.size)} to fetch`
              : String(found.layers.length),
          ),
        ]),
    ...found.layers.map((layer, position) =>
      line(`  ${position}`, layerText(layer, problem === undefined)),
    ),
    line("refers to", found.subjectDigest),
    ...(found.referrers === undefined ? [] : referrerRows(found.referrers)).map((row) =>
      line(...row),
    ),
    line("served by", servedText(found)),
    problem === undefined ? "" : `${"problem".padEnd(LABEL_WIDTH)}${withFlags(problem.message)}\n`,
  ];
  return printable(facts.filter((text) => text !== "").join(""));
}

/** The inspection as one JSON value. */
export function inspectionJson(pinned: string, found: Inspection): object {
  const { problem, servedBy, reference: _reference, chosen, ...facts } = found;
  return {
    pinned,
    ...chosen,
    ...facts,
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
    ...(servedBy === undefined ? {} : { servedBy: servedBy.host }),
  };
}

/** One line, whatever an annotation holds: it must not pose as another row. */
function line(label: string, value: string | undefined): string {
  if (value === undefined) return "";
  return `${label.padEnd(LABEL_WIDTH)}${value.replace(/[\n\u2028\u2029]+/g, " ")}\n`;
}

function servedText({ servedBy }: Inspection): string {
  return servedBy?.layout === undefined ? (servedBy?.host ?? "the cache") : "the image layout";
}

function chartText({ name, version, appVersion }: ChartFacts): string {
  return `${name} ${version}${appVersion === undefined ? "" : `, of ${appVersion}`}`;
}

function childText({ digest, platform, size }: Descriptor): string {
  const name = platform === undefined ? "(none)" : formatPlatform(platform);
  return `${name.padEnd(16)} ${digest} ${formatByteSize(size)}`;
}

function layerText({ descriptor, form }: InspectedLayer, isPlanned: boolean): string {
  const { digest, mediaType, size } = descriptor;
  const rest = form !== undefined ? becomes(form) : isPlanned ? ", not fetched" : "";
  return `${digest} ${formatByteSize(size)} ${mediaType}${rest}`;
}

function becomes(form: NonNullable<InspectedLayer["form"]>): string {
  switch (form.kind) {
    case "archive":
      return `, unpacked${form.directory === "" ? "" : ` at ${form.directory}/`}`;
    case "file":
      return `, the file ${form.name}`;
    case "detect":
      return `, unpacked if it is an archive, else the file ${form.name}`;
  }
}
