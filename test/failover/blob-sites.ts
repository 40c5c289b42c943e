/**
 * What the tests of blobs share: several mirrors and an origin with the same blob, and what goes wrong
 * with it. No assertions.
 */
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { digestOf } from "../../provider/digest";
import type { Endpoint } from "../../provider/types";
import { flipped } from "../support/archives";
import { buildArtifact, type ArtifactContent } from "../support/artifacts";
import type { Fault, TestRegistry } from "../support/registry-types";
import {
  artifactOf,
  LAYER,
  mirrorAt,
  openRun,
  originAt,
  type RunOptions,
  type RunRooms,
  siteWith,
} from "./world";

export const DIGEST = digestOf(LAYER);
export const BROKEN: Fault = { kind: "reset", afterBytes: 100_000 };

/** Other bytes of the same length. */
export const OTHER: Fault = { kind: "body", bytes: (body) => flipped(Buffer.from(body), 50_000) };

/** How its blobs were asked for: "bytes=100000- 206". */
export function blobsOf(registry: TestRegistry): readonly string[] {
  return registry
    .matching({ kind: "blob" })
    .map(({ headers, status }) => `${headers.range ?? "all"} ${status ?? "-"}`);
}

/** A run, so many mirrors with everything, and an origin with everything. */
export async function openSites(
  t: TestContext,
  mirrors: number,
  content: ArtifactContent = artifactOf(LAYER),
  options: RunOptions = {},
) {
  const artifact = buildArtifact(content);
  const sites: TestRegistry[] = [];
  for (let count = 0; count < mirrors; count += 1) {
    sites.push(await siteWith(t, "mirror", artifact));
  }
  const origin = await siteWith(t, "origin", artifact);
  const endpoints: readonly Endpoint[] = [
    ...sites.map(({ host }, index) => mirrorAt(host, { namedBy: `mirrors[${index}]` })),
    originAt(origin.host),
  ];
  const run = openRun(t, options);
  const pullInto = (rooms: RunRooms) => run.pull(endpoints, {}, rooms);
  const pull = async (): Promise<Buffer> => {
    const rooms = run.rooms();
    await pullInto(rooms);
    return readFileSync(rooms.blobs.file(digestOf(content.layers[0]?.bytes ?? "")));
  };
  return { ...run, sites, origin, pull, pullInto };
}
