/**
 * Finds Chart.yaml in an archive by `helm package`. It reads as far as it has to, keeps that one file,
 * and writes nothing.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { OciError } from "../errors";
import type { EntrySink } from "../unpack/entries";
import { readTar } from "../unpack/tar";
import { unpackable } from "./problems";

/** Larger ones are no Chart.yaml. */
const MOST_BYTES = 1024 ** 2;

/** In the chart's one folder, and in none of the charts that it brings along. */
const CHART_YAML = /^(?:\.\/)?([^/]+)\/Chart\.yaml$/;

const HINT = "give an archive that `helm package` has made, or the chart's directory";

/** What is kept of the archive. */
interface Finding {
  readonly pieces: Buffer[];
  bytes: number;
  state: "before" | "inside" | "found";
}

/**
 * The text of Chart.yaml in a tar+gzip.
 *
 * @param subject - what errors call the archive
 * @throws OciError INVALID_INPUT
 */
export async function chartYamlOf(path: string, subject: string): Promise<string> {
  const finding: Finding = { pieces: [], bytes: 0, state: "before" };
  const tar = readTar(sinkOf(finding, subject), { subject, layer: NO_LAYER });
  const file = createReadStream(path);
  const inflated = file.pipe(createGunzip());
  file.on("error", (error) => inflated.destroy(error));
  try {
    for await (const chunk of inflated as AsyncIterable<Buffer>) {
      tar.write(chunk);
      if (finding.state === "found") return Buffer.concat(finding.pieces).toString("utf8");
    }
  } catch (error) {
    if (error instanceof OciError && error.code === "INVALID_INPUT") throw error;
    throw unpackable(subject, "it is no tar+gzip that can be read", HINT, error);
  } finally {
    file.destroy();
  }
  throw unpackable(subject, "it has no Chart.yaml in its one folder", HINT);
}

/** Errors of a tar name its layer; those are told in other words here. */
const NO_LAYER = Object.freeze({
  descriptor: Object.freeze({ mediaType: "", digest: "", size: 0, annotations: {} }),
  index: 0,
  form: Object.freeze({ kind: "archive", directory: "" } as const),
});

function sinkOf(finding: Finding, subject: string): EntrySink {
  return {
    begin({ name, type }) {
      const isIt = finding.state === "before" && type === "file" && CHART_YAML.test(name);
      if (isIt) finding.state = "inside";
    },
    data(chunk) {
      if (finding.state !== "inside") return;
      finding.bytes += chunk.length;
      if (finding.bytes > MOST_BYTES) {
        throw unpackable(subject, "its Chart.yaml has more than 1 MiB", HINT);
      }
      finding.pieces.push(Buffer.from(chunk));
    },
    end() {
      if (finding.state === "inside") finding.state = "found";
    },
  };
}
