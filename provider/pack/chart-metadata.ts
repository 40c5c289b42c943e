/**
 * What Chart.yaml says of a Helm chart, in the form in which Helm writes it into configs and
 * annotations. It takes values that a reader of YAML has made, and reads no text itself. Pure.
 *
 * Shape: https://helm.sh/docs/topics/charts/#the-chartyaml-file
 */
import { isRecord } from "../settings/fields";
import { parseVersion } from "../versions/version";
import { jsonBytes, type Json } from "./canonical";
import { unpackable } from "./problems";

const HINT = "correct Chart.yaml: `helm lint` tells more";

/** A chart as far as publishing has to know it. */
export interface ChartMetadata {
  readonly name: string;
  readonly version: string;
  /** What its manifest says: title, version, description, home, first source, maintainers, its own. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of the charts that it needs below `charts/`. */
  readonly dependencies: readonly string[];
  /** The config of its manifest, byte for byte. */
  readonly config: Buffer;
}

/** How a member of the config is made; undefined where it has none. */
type Make = (value: unknown, name: string) => Json;

/** In the order of Helm's type, which is that of the bytes. */
const FIELDS: Readonly<Record<string, Make>> = {
  name: line,
  home: line,
  sources: listOf(line),
  version: text,
  description: line,
  keywords: listOf(line),
  maintainers: listOf(objectOf({ name: line, email: line, url: line })),
  icon: line,
  apiVersion: text,
  condition: line,
  tags: line,
  appVersion: line,
  deprecated: flag,
  annotations: textMap,
  kubeVersion: line,
  dependencies: listOf(
    objectOf(
      {
        name: line,
        version: line,
        repository: line,
        condition: line,
        tags: listOf(line),
        enabled: flag,
        "import-values": anything,
        alias: line,
      },
      ["name", "repository"],
    ),
  ),
  type: text,
};

const TITLE = "org.opencontainers.image.title";
const VERSION = "org.opencontainers.image.version";

/** A value that breaks the shape; the caller knows whose it is. */
class ChartProblem extends Error {
  override readonly name = "ChartProblem";
}

/**
 * The chart of a parsed Chart.yaml.
 *
 * @param subject - path of the chart, for errors
 * @throws OciError INVALID_INPUT
 */
export function chartMetadata(yaml: unknown, subject: string): ChartMetadata {
  try {
    if (!isRecord(yaml)) throw new ChartProblem("Chart.yaml holds no map");
    const config = objectOf(FIELDS)(yaml, "Chart.yaml") as Readonly<Record<string, Json>>;
    const { name, version } = requiredOf(config);
    return Object.freeze({
      name,
      version,
      annotations: annotationsOf(config),
      dependencies: Object.freeze(dependencyNames(config)),
      config: jsonBytes(config),
    });
  } catch (error) {
    if (!(error instanceof ChartProblem)) throw error;
    throw unpackable(subject, error.message, HINT);
  }
}

function requiredOf(config: Readonly<Record<string, Json>>): {
  readonly name: string;
  readonly version: string;
} {
  const { name, version, apiVersion, type = "application" } = config;
  if (typeof name !== "string") throw new ChartProblem("Chart.yaml has no name");
  if (/[/\\]|^\.{1,2}$/.test(name)) throw new ChartProblem(`the name "${name}" is a path`);
  if (typeof version !== "string") throw new ChartProblem("Chart.yaml has no version");
  if (parseVersion(version) === undefined) {
    throw new ChartProblem(`the version "${version}" is no semantic version`);
  }
  if (apiVersion !== "v1" && apiVersion !== "v2") {
    throw new ChartProblem("Chart.yaml has no apiVersion v1 or v2");
  }
  if (type !== "application" && type !== "library") {
    throw new ChartProblem('type is neither "application" nor "library"');
  }
  return { name, version };
}

/** What Helm annotates; what Chart.yaml itself says wins, but for title and version. */
function annotationsOf(config: Readonly<Record<string, Json>>): Readonly<Record<string, string>> {
  const { sources, maintainers } = config;
  const facts: Readonly<Record<string, Json>> = {
    "org.opencontainers.image.description": config["description"],
    "org.opencontainers.image.url": config["home"],
    "org.opencontainers.image.source": Array.isArray(sources) ? (sources[0] as Json) : undefined,
    "org.opencontainers.image.authors": authorsOf(maintainers),
    ...(config["annotations"] as Readonly<Record<string, string>> | undefined),
    [TITLE]: config["name"],
    [VERSION]: config["version"],
  };
  const said = Object.entries(facts).filter(([, value]) => typeof value === "string");
  return Object.freeze(Object.fromEntries(said) as Record<string, string>);
}

/** "Ada (ada@example.org), Grace". */
function authorsOf(maintainers: Json): string | undefined {
  const people = maintainers as
    readonly { readonly name?: string; readonly email?: string }[] | undefined;
  return people
    ?.map(({ name = "", email }) => (email === undefined ? name : `${name} (${email})`))
    .join(", ");
}

function dependencyNames(config: Readonly<Record<string, Json>>): readonly string[] {
  const found = config["dependencies"] as readonly { readonly name: string }[] | undefined;
  return (found ?? []).map(({ name }) => name);
}

/** A scalar as text: `appVersion: 1.2` is meant as one. What is empty is not there. */
function text(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new ChartProblem(`${name} is no text`);
}

/** Text on one line, without what cannot be printed. */
function line(value: unknown, name: string): string | undefined {
  const plain = text(value, name)?.replace(/\s/gu, " ").replace(/\p{C}/gu, "");
  return plain === "" ? undefined : plain;
}

function flag(value: unknown, name: string): true | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return true;
  throw new ChartProblem(`${name} is neither true nor false`);
}

function listOf(make: Make): Make {
  return (value, name) => {
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw new ChartProblem(`${name} is no list`);
    const items = value.map((item: unknown) => make(item, `an item of ${name}`));
    if (items.includes(undefined)) throw new ChartProblem(`an item of ${name} is empty`);
    return items.length === 0 ? undefined : items;
  };
}

/** @param always - members that are there also where they are empty */
function objectOf(fields: Readonly<Record<string, Make>>, always: readonly string[] = []): Make {
  return (value, name) => {
    if (!isRecord(value)) throw new ChartProblem(`${name} is no map`);
    const members = Object.entries(fields).map(([field, make]) => {
      const made = make(value[field], field);
      return [field, made ?? (always.includes(field) ? "" : undefined)] as const;
    });
    return Object.fromEntries(members.filter(([, made]) => made !== undefined));
  };
}

function textMap(value: unknown, name: string): Json {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw new ChartProblem(`${name} is no map`);
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return undefined;
  return Object.fromEntries(keys.map((key) => [key, text(value[key], `${name}.${key}`) ?? ""]));
}

/** Plain values, maps by their keys. */
function anything(value: unknown, name: string): Json {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => anything(item, name));
  if (!isRecord(value)) throw new ChartProblem(`${name} is no plain value`);
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, anything(value[key], name)]));
}
