/** `timeouts.total`: one bound for a whole pull, wherever in it the time goes by. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SILENT, type Context } from "../provider/context";
import { createEndpointHealth } from "../provider/endpoint-health";
import { OciError } from "../provider/errors";
import { fetchBlobs } from "../provider/fetch";
import { DEFAULT_LIMITS } from "../provider/limits";
import { createRegistryClient } from "../provider/registry/client";
import { readSettings } from "../provider/settings/settings";
import { openBlobs } from "../provider/store/blobs";
import type { Descriptor, Verified } from "../provider/types";
import { withinTotal } from "../provider/within-total";
import { folderFor } from "./support/folder-for-test";
import { assertFailed, assertPulled, openSandbox, publishKnown } from "./support/pulling";
import { registryFor } from "./support/registry-for-test";

const SETTINGS = readSettings({ environment: {}, home: "/nowhere", root: "/nowhere" });

function contextOf(signal = new AbortController().signal): Context {
  return { settings: SETTINGS, limits: DEFAULT_LIMITS, report: SILENT, signal };
}

/** Work that ends when it is told to, as all work of a pull does. */
function untilAborted({ signal }: Context): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(new OciError({ code: "CANCELLED", verb: "v", subject: "s", fact: "f" }));
    });
  });
}

describe("withinTotal", () => {
  test("says which option it was, and its value", async () => {
    await assert.rejects(withinTotal(20, "host/app:1", contextOf(), untilAborted), {
      code: "TIMEOUT",
      message:
        "cannot pull host/app:1: it takes longer than the 0.02 seconds of timeouts.total\nhint: run again, or raise timeouts.total: blobs that came whole are kept",
    });
  });

  test("is no bound where there is none, and hides no other end", async () => {
    assert.equal(await withinTotal(undefined, "s", contextOf(), () => Promise.resolve(1)), 1);
    assert.equal(await withinTotal(60_000, "s", contextOf(), () => Promise.resolve(2)), 2);
    const stop = new AbortController();
    const work = withinTotal(60_000, "s", contextOf(stop.signal), untilAborted);
    stop.abort();
    await assert.rejects(work, { code: "CANCELLED" });
    const refused = new OciError({ code: "FORBIDDEN", verb: "v", subject: "s", fact: "f" });
    const late = withinTotal(20, "s", contextOf(), async (context) => {
      await untilAborted(context).catch(() => undefined);
      throw refused;
    });
    await assert.rejects(late, refused);
  });
});

describe("a pull", () => {
  for (const kind of ["manifest", "blob"] as const) {
    test(`ends while it waits for a ${kind}, leaves nothing, and succeeds the next time`, async (t) => {
      const registry = await registryFor(t);
      publishKnown(registry);
      const fault = registry.fault({ kind, then: { kind: "stall", afterBytes: 1 } });
      const sandbox = openSandbox(t, registry);
      const inputs = { timeouts: { total: 0.3 } };
      const result = await sandbox.pull({ inputs });
      assertFailed(result, "TIMEOUT", /the 0\.3 seconds of timeouts\.total/);
      fault.remove();
      assertPulled(await sandbox.pull({ inputs: { timeouts: { total: 60 } } }));
    });
  }
});

test("whoever waits for the download of another waits no longer than it wants to", async (t) => {
  const registry = await registryFor(t);
  const bytes = Buffer.alloc(1_000, "x");
  const digest = registry.repository("team/app").putBlob(bytes);
  registry.fault({ kind: "blob", then: { kind: "stall", afterBytes: 1 } });
  const client = createRegistryClient(SETTINGS);
  t.after(() => client.close());
  const rooms = { client, health: createEndpointHealth(), blobs: openBlobs(folderFor(t)) };
  const descriptor: Descriptor = { digest, size: 1_000, mediaType: "x/y", annotations: {} };
  const plan = {
    layers: [{ descriptor, index: 0, form: { kind: "file", name: "x" } }],
    isImage: false,
  } as const;
  const verified = {
    reference: { registry: registry.host, repository: "team/app" },
    endpoints: [
      {
        ...{ role: "origin", host: registry.host, registry: registry.host },
        ...{ repository: "team/app", plainHttp: true },
        tls: { skipVerify: false, certificateAuthorities: [] },
      },
    ],
  } as unknown as Verified;
  const patient = new AbortController();
  const first = fetchBlobs(verified, plan, rooms, contextOf(patient.signal));
  const second = withinTotal(200, "s", contextOf(), (context) =>
    fetchBlobs(verified, plan, rooms, context),
  );
  await assert.rejects(second, { code: "TIMEOUT" });
  assert.equal(registry.count({ kind: "blob" }), 1);
  patient.abort();
  await assert.rejects(first, { code: "CANCELLED" });
});
