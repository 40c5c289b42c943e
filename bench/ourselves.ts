/**
 * How this package's command pulls: from nothing, from its cache, or where it has pulled before; one
 * artifact or a list of them. Nothing is run here.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environmentIn, type Attempt, type Contender, type Site } from "./contenders";

/** What differs from a pull of one artifact by an empty cache. */
export interface Way {
  /** As the table shows it. Default "ours". */
  readonly name?: string;
  /** So many artifacts by one list, `tag`-0 and on, each to a folder of its own. */
  readonly count?: number;
  /**
   * What it finds: nothing; the blobs in the cache, and no content; or the cache and the content. Each
   * asks the registry what the tag is now. Default nothing.
   */
  readonly finds?: "nothing" | "cache" | "content";
  /** Whether the mirror of the case is asked first. Default: where the case has one. */
  readonly withoutMirror?: true;
}

/** The command as it is published, beside the compiled benchmark. */
const COMMAND = join(__dirname, "..", "bin", "oci-artifact.js");

/** This package's command, on its way. */
export function oursBy(way: Way = {}): Contender {
  return {
    name: way.name ?? "ours",
    program: undefined,
    prepare: (site) => prepare(way, site),
  };
}

async function prepare({ count, finds, withoutMirror }: Way, site: Site): Promise<Attempt> {
  const { authority, folder } = site;
  const transport = authority === undefined ? ["--plain-http"] : ["--ca-file", authority];
  const mirror = withoutMirror === true ? [] : await mirrorFlags(site);
  const environment = { ...environmentIn(folder), OCI_ARTIFACT_CACHE: join(folder, "cache") };
  const pullTo = async (name: string): Promise<Attempt["command"]> => {
    const what = await whatAndWhere(site, count, join(folder, name));
    const args = [COMMAND, "pull", ...what, ...transport, ...mirror];
    return { program: process.execPath, args, environment };
  };
  const command = await pullTo("output");
  const content = join(folder, "output");
  switch (finds) {
    case "cache":
      return { first: await pullTo("before"), command, content };
    case "content":
      return { first: command, command, content };
    default:
      return { command, content };
  }
}

async function whatAndWhere(
  { repository, tag }: Site,
  count: number | undefined,
  output: string,
): Promise<readonly string[]> {
  if (count === undefined) return [`${repository}:${tag}`, "--output", output];
  const lines = Array.from({ length: count }, (_, index) => {
    return `${repository}:${tag}-${index}\t${join(output, String(index))}\n`;
  });
  const list = `${output}.list`;
  await writeFile(list, lines.join(""));
  return ["--from-file", list];
}

/** A registries.conf that names the dead mirror for the registry. */
async function mirrorFlags({ repository, deadMirror, folder }: Site): Promise<readonly string[]> {
  if (deadMirror === undefined) return [];
  const [host = ""] = repository.split("/");
  const file = join(folder, "registries.conf");
  const lines = [
    ...["[[registry]]", `location = "${host}"`],
    ...["[[registry.mirror]]", `location = "${deadMirror}"`],
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  return ["--registries-conf", file];
}
