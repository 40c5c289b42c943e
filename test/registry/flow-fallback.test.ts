/**
 * The reference implementation's verdicts on mirrors, over the road from registries.conf to the bytes:
 * who served, which credential went where, and what the end was. DECISIONS says where ours is another.
 */
import * as assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import type { Context } from "../../provider/context";
import { createEndpointHealth } from "../../provider/endpoint-health";
import { OciError } from "../../provider/errors";
import { fetchBlob } from "../../provider/fetch-blob";
import { DEFAULT_LIMITS } from "../../provider/limits";
import { readInputs } from "../../provider/pulumi/read-inputs";
import { requestOf } from "../../provider/pulumi/request";
import { createRegistryClient } from "../../provider/registry/client";
import { findDigest, findNamed } from "../../provider/resolve";
import { openConfiguration } from "../../provider/settings/configuration";
import { readSettings } from "../../provider/settings/settings";
import { openBlobs } from "../../provider/store/blobs";
import { openTagMemory } from "../../provider/store/tag-memory";
import { folderFor } from "../support/folder-for-test";
import { recordReport } from "../support/report-for-test";
import { type FlowHosts, type FlowRequest, playWorld } from "./flow-world";

interface FallbackCase {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: {
    readonly blob?: string;
    readonly instance?: string;
    readonly credentials?: { readonly username: string; readonly password: string };
  };
  readonly reference: string;
  readonly world: FlowHosts;
  readonly expected: {
    readonly ok: boolean;
    readonly error?: { readonly class: string };
    readonly requests: readonly (FlowRequest & { readonly failed?: string })[];
  };
}

const { cases } = JSON.parse(readFileSync("test/data/vectors/pull-flow/fallback.json", "utf8")) as {
  readonly cases: readonly FallbackCase[];
};

/** Where that one fails, this one serves: the reason, and who sends the last answer. */
const DECISIONS: Readonly<Record<string, { readonly why: string; readonly servedBy: string }>> = {
  "fb-blob-404-without-body": {
    why: "a blob that is not there is asked of the next, whatever the 404 says",
    servedBy: "https://example.com",
  },
  "fb-blob-last-source-500": {
    why: "the only endpoint is asked again, too",
    servedBy: "https://example.com",
  },
};

test("each decision is about a case", () => {
  const names = cases.map(({ name }) => name);
  assert.ok(names.length >= 8);
  assert.deepEqual(
    Object.keys(DECISIONS).filter((name) => !names.includes(name)),
    [],
  );
});

describe("pull-flow vectors: fallback", () => {
  for (const it of cases) {
    const decision = DECISIONS[it.name];
    test(decision === undefined ? it.name : `${it.name} (${decision.why})`, async (t) => {
      const world = await playWorld(t, it.world);
      const error: unknown = await pullAs(t, it, world).catch((reason: unknown) => reason);
      if (decision !== undefined) {
        assert.equal(error, undefined);
        assert.equal(originOf(world.requests.at(-1)), decision.servedBy);
        return;
      }
      assert.equal(error === undefined, it.expected.ok, String(error));
      if (error !== undefined) assert.ok(error instanceof OciError && error.code === "NOT_FOUND");
      assert.deepEqual(asked(world.requests), asked(it.expected.requests));
    });
  }
});

/** Reads what the case asks for: a manifest, one of an index, a blob. */
async function pullAs(
  t: TestContext,
  { files = {}, options = {}, reference }: FallbackCase,
  world: { readonly proxyUrl: string; readonly certificateAuthority: string },
): Promise<void> {
  const root = folderFor(t);
  const authority = join(root, "authority.pem");
  writeFileSync(authority, world.certificateAuthority);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const { proxyUrl } = world;
  const environment = { HTTPS_PROXY: proxyUrl, HTTP_PROXY: proxyUrl, SSL_CERT_FILE: authority };
  const settings = readSettings({ environment, home: join(root, "home"), root });
  const report = recordReport();
  const { blob, instance, ...given } = options;
  const read = readInputs({ reference, ...given });
  assert.ok("inputs" in read);
  const configuration = openConfiguration(settings);
  const request = await requestOf(read, undefined, { configuration, directory: root, report });
  const wait = (): Promise<void> => Promise.resolve();
  const client = createRegistryClient(settings, { wait });
  t.after(() => client.close());
  const blobs = openBlobs(join(root, "cache"));
  const tags = openTagMemory(join(root, "cache"));
  const rooms = { client, health: createEndpointHealth(), blobs, tags };
  const signal = new AbortController().signal;
  const context: Context = { settings, limits: DEFAULT_LIMITS, report, signal };
  const { endpoints } = request;
  await findNamed(request, endpoints, rooms, context);
  if (instance !== undefined) await findDigest(instance, request, endpoints, rooms, context);
  if (blob === undefined) return;
  const descriptor = { mediaType: "a/b", digest: blob, size: 2, annotations: {} };
  await fetchBlob({ ...request, descriptor }, rooms, context, () => undefined);
  assert.equal((await blobs.read(blob))?.toString(), "{}");
}

function originOf(request: FlowRequest | undefined): string {
  return new URL(request?.url ?? "").origin;
}

/** Which content was asked for where, and with what: without pings, which are not sent here. */
function asked(requests: readonly FlowRequest[]): readonly string[] {
  const lines = requests
    .filter(({ method, url }) => method === "GET" && !url.endsWith("/v2/"))
    .map(({ url, authorization = "" }) => `${url} ${authorization}`.trim());
  // What is answered like a ping was asked without a credential first.
  return lines.filter((line) => !lines.some((other) => other.startsWith(`${line} `)));
}
