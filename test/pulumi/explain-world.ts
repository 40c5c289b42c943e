/**
 * A machine for tests of explaining: nothing is on it but what a test writes, and it tells where a
 * pull would go. No assertions but on what the test itself gives.
 */
import * as assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import type { Dialled, ExplainedEndpoint } from "../../provider/explain-endpoint";
import { explain, type Explanation } from "../../provider/pulumi/explain";
import { readInputs } from "../../provider/pulumi/read-inputs";
import { type Environment, readSettings } from "../../provider/settings/settings";
import { openWorld } from "../../provider/world";
import { folderFor } from "../support/folder-for-test";
import { recordReport, type RecordedReport } from "../support/report-for-test";

export type Inputs = Readonly<Record<string, unknown>> & { readonly reference: string };

export interface Machine {
  /** Home, root and working directory; the cache lies in `cache`, programs in `bin`. */
  readonly folder: string;
  readonly report: RecordedReport;
  readonly write: (name: string, text: string, mode?: number) => void;
  readonly explained: (inputs: Inputs, online?: boolean) => Promise<Explanation>;
}

/** The user's registries.conf, below the home. */
export const CONF = ".config/containers/registries.conf";

/** A machine with nothing on it. */
export function machineFor(context: TestContext, environment: Environment = {}): Machine {
  const folder = folderFor(context);
  const report = recordReport();
  const own = { OCI_ARTIFACT_CACHE: join(folder, "cache"), PATH: join(folder, "bin") };
  const settings = readSettings({
    environment: { ...own, ...environment },
    home: folder,
    root: folder,
    uid: 1000,
  });
  const world = openWorld(settings, folder);
  context.after(() => world.client.close());
  return {
    folder,
    report,
    write: (name, text, mode = 0o644) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), mode);
    },
    explained: async (inputs, online = false) => {
      const read = readInputs(inputs);
      if ("failures" in read) assert.fail(read.failures.join("\n"));
      return await explain(read, world, { directory: folder, report, online });
    },
  };
}

/** The only endpoint, which is one that is asked. */
export function onlyOne({ endpoints }: Explanation): Dialled {
  assert.equal(endpoints.length, 1);
  return dialled(endpoints[0]);
}

/** An endpoint that is asked. */
export function dialled(endpoint: ExplainedEndpoint | undefined): Dialled {
  assert.ok(endpoint !== undefined);
  if (endpoint.skipped !== undefined) assert.fail(endpoint.skipped);
  if ("layout" in endpoint) assert.fail("an image layout");
  return endpoint;
}

/** `role location`, and why it is passed over. */
export function wayOf({ endpoints }: Explanation): readonly string[] {
  return endpoints.map(({ role, location, skipped }) =>
    [`${role} ${location}`, ...(skipped === undefined ? [] : [skipped])].join(": "),
  );
}
