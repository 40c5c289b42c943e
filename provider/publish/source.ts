/**
 * What is published becomes an artifact: a folder, files and zips are packed into a staging folder, and
 * what is an artifact already is taken as it is. Nothing of it is pushed here.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Context } from "../context";
import type { PackedArtifact } from "../pack/artifact";
import { gitAnnotations, gitFacts } from "../pack/git-facts";
import { packArtifact } from "../pack/pack";
import { unpackable } from "../pack/problems";
import type { CommonRequest, PackContext } from "../pack/request";
import { readSource, type Source } from "../pack/source";
import { isDirectory } from "../pack/spool-file";
import type { ResolveRooms } from "../resolve";
import type { Descriptor } from "../types";
import { existingArtifact } from "./existing";
import { parseYaml } from "./parse-yaml";
import type { PathSource, PublishRequest, PublishSource } from "./request";

type PackedSource = Exclude<PublishSource, { readonly from: "artifact" }>;

/** What packing works with, its bounds among it. */
type Packing = PackContext & Required<Pick<PackContext, "seconds" | "limits" | "signal">>;

/**
 * The artifact, its blobs in `staging`. What consumers may stumble on is a warning of the report.
 *
 * @throws OciError what packing throws, and what reading an artifact does
 */
export async function packSource(
  request: PublishRequest,
  subject: Descriptor | undefined,
  staging: string,
  rooms: ResolveRooms,
  context: Context,
): Promise<PackedArtifact> {
  const { source, seconds = 0 } = request;
  if (source.from === "artifact") return await existingArtifact(source, rooms, context);
  const { limits, signal, report } = context;
  const annotations = await annotationsOf(request, source, signal);
  const common = { annotations, ...(subject === undefined ? {} : { subject }) };
  const artifact = await pack(source, common, { staging, seconds, limits, signal });
  for (const warning of artifact.warnings) report.warning(warning);
  return artifact;
}

async function pack(
  source: PackedSource,
  common: CommonRequest,
  packing: Packing,
): Promise<PackedArtifact> {
  switch (source.from) {
    case "path":
      return await packPath(source, common, packing);
    case "files": {
      const { files, artifactType } = source;
      const type = artifactType === undefined ? {} : { artifactType };
      return await packArtifact({ kind: "files", files, ...type, ...common }, packing);
    }
    case "builds":
      return await packArtifact(
        { kind: "opentofu-provider", builds: source.builds, ...common },
        packing,
      );
  }
}

async function packPath(
  source: PathSource,
  common: CommonRequest,
  packing: Packing,
): Promise<PackedArtifact> {
  const { kind, path, artifactType, mediaType } = source;
  if (kind === "files") {
    if (await isDirectory(path)) {
      const folder = await folderOf(source, packing);
      const types = { artifactType, mediaType };
      return await packArtifact({ kind: "folder", source: folder, ...types, ...common }, packing);
    }
    refuseGlobs(source);
    const file = { path, ...(mediaType === undefined ? {} : { mediaType }) };
    const type = artifactType === undefined ? {} : { artifactType };
    return await packArtifact({ kind, files: [file], ...type, ...common }, packing);
  }
  if (kind === "helm-chart") {
    if (await isDirectory(path)) {
      const chart = await folderOf(source, packing);
      return await packArtifact({ kind, chart, parseYaml, ...common }, packing);
    }
    refuseGlobs(source);
    // As `helm push` does it: the signature of an archive lies beside it.
    const beside = `${path}.prov`;
    const signed = existsSync(beside) ? { provenance: beside } : {};
    return await packArtifact({ kind, chart: path, ...signed, parseYaml, ...common }, packing);
  }
  return await packArtifact({ kind, source: await folderOf(source, packing), ...common }, packing);
}

/** @throws OciError INVALID_INPUT where they would choose from a file. */
function refuseGlobs({ path, include, exclude }: PathSource): void {
  if (include === undefined && exclude === undefined) return;
  const hint = "remove include and exclude, or give the folder that it lies in";
  throw unpackable(path, "include and exclude choose from a folder, and it is a file", hint);
}

async function folderOf(
  { path, include, exclude }: PathSource,
  { limits, signal }: Packing,
): Promise<Source> {
  return await readSource(path, {
    ...(include === undefined ? {} : { include }),
    ...(exclude === undefined ? {} : { exclude }),
    limits,
    signal,
  });
}

/** Those of git, if they are wanted, and over them those that are given. */
async function annotationsOf(
  { annotations = {}, git = false }: PublishRequest,
  source: PackedSource,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (!git) return annotations;
  const facts = await gitFacts(await gitFolder(source), signal);
  const kind = source.from === "path" ? source.kind : undefined;
  return { ...gitAnnotations(facts, kind), ...annotations };
}

/** Where git is asked: in the folder, or in that of the first file. */
async function gitFolder(source: PackedSource): Promise<string> {
  const [first] =
    source.from === "path"
      ? [source.path]
      : source.from === "files"
        ? source.files.map(({ path }) => path)
        : source.builds.map(({ archive }) => archive);
  if (first === undefined) return ".";
  return (await isDirectory(first)) ? first : dirname(first);
}
