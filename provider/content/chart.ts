/**
 * What the config of a Helm chart tells of it, and what its files are called. Reads bytes that were
 * checked, and trusts no name in them. Pure.
 */
import { OciError } from "../errors";
import { JsonProblem, optionalString, parseJsonObject } from "./json";
import { pathProblem } from "./path-rules";

/** As Chart.yaml has it; `version` may hold a "+", which its tag writes as "_". */
export interface ChartFacts {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
}

/** The facts in the config's bytes. Throws JsonProblem where they are no chart's. */
export function parseChart(bytes: Buffer): ChartFacts {
  const json = parseJsonObject(bytes);
  const [name, version, appVersion] = ["name", "version", "appVersion"].map((key) =>
    optionalString(json, key, "it"),
  );
  if (name === undefined || name === "") throw new JsonProblem('it has no "name"');
  if (version === undefined || version === "") throw new JsonProblem('it has no "version"');
  const isTold = appVersion !== undefined && appVersion !== "";
  return Object.freeze({ name, version, ...(isTold ? { appVersion } : {}) });
}

/**
 * The name of the chart's archive as `helm package` writes it, and as its provenance file names it:
 * "app-1.2.3.tgz".
 * @throws OciError UNSAFE_ARCHIVE where the chart's name or version would lead elsewhere
 */
export function chartFileName({ name, version }: ChartFacts, subject: string): string {
  const file = `${name}-${version}.tgz`;
  const problem = file.includes("/") ? "it has a slash" : pathProblem(file);
  if (problem === undefined) return file;
  throw new OciError({
    code: "UNSAFE_ARCHIVE",
    verb: "unpack",
    subject,
    fact: `the chart's name and version make ${JSON.stringify(file)}, which is no safe file name: ${problem}`,
    hint: "tell the publisher of the chart; nothing of it was extracted",
  });
}
