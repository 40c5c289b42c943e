/**
 * What a case needs around it: a registry of its own with its artifacts, and what lies between the
 * programs and that. It measures nothing itself.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Artifact } from "../test/support/artifacts";
import { createCertificates } from "../test/support/certificates";
import { startDistribution, type Distribution } from "../test/support/distribution";
import { pushOverHttp } from "../test/support/push-over-http";
import type { Case } from "./cases";
import { routeTo, type Route } from "./network";
import { runRace } from "./race";
import type { Line } from "./record";
import { runStack } from "./stacks";

/** A file system in memory, where there is one. */
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export interface StageOptions {
  /** Runs of each program; undefined for as many as the case is worth. */
  readonly rounds: number | undefined;
  /** Where the cases on a disk write. */
  readonly disk: string;
}

/** How often everybody runs, unless told otherwise. */
export function roundsOf(what: Case, { rounds }: StageOptions): number {
  if (rounds !== undefined) return rounds;
  if (what.kind === "stack") return 3;
  return what.rounds ?? (what.place === "memory" ? 5 : 3);
}

/** The case from its artifacts to its numbers; nothing is left of it. @throws where anything fails. */
export async function measureCase(
  name: string,
  what: Case,
  options: StageOptions,
): Promise<readonly Line[]> {
  const folder = await mkdtemp(join(MEMORY, "oci-artifact-bench-"));
  let registry: Distribution | undefined;
  let route: Route | undefined;
  try {
    const certificates = what.kind === "race" && what.scheme === "https" && createCertificates();
    const secure = certificates === false ? {} : { certificate: certificates.server };
    registry = await startDistribution({ directory: folder, ...secure });
    const authority = certificates === false ? undefined : certificates.authority.cert;
    const blobBytes = await publish(registry.host, name, what, authority);
    route = await routeTo(registry.host, what.network ?? {}, folder);
    const track = {
      repository: `${route.host}/${repositoryOf(name)}`,
      deadMirror: route.deadMirror,
      rounds: roundsOf(what, options),
      directory: folder,
    };
    if (what.kind === "stack") return await runStack(what, track);
    return await runRace(name, what, {
      ...track,
      authority: authority === undefined ? undefined : await keptIn(folder, authority),
      directory: what.place === "memory" ? folder : options.disk,
      keepsFolders: what.place === "disk",
      blobBytes,
    });
  } finally {
    await route?.stop();
    await registry?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function repositoryOf(name: string): string {
  return `bench/${name}`;
}

/** @returns bytes of the artifact that we pull; none for a list of them. */
async function publish(
  host: string,
  name: string,
  what: Case,
  authority: string | undefined,
): Promise<number> {
  const transport =
    authority === undefined ? {} : ({ scheme: "https", certificateAuthority: authority } as const);
  const tagged = what.make();
  for (const [tag, artifact] of Object.entries(tagged)) {
    await pushOverHttp(host, repositoryOf(name), tag, artifact, transport);
  }
  return what.kind === "race" ? bytesOf(tagged[what.tag]) : 0;
}

async function keptIn(folder: string, authority: string): Promise<string> {
  const file = join(folder, "authority.pem");
  await writeFile(file, authority);
  return file;
}

/** Of all blobs and the manifest; none for a list of artifacts. */
function bytesOf(artifact: Artifact | undefined): number {
  const blobs = [...(artifact?.blobs.values() ?? [])];
  return blobs.reduce((bytes, blob) => bytes + blob.length, artifact?.size ?? 0);
}
