import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { digestOf } from "../../provider/digest";
import { OciError } from "../../provider/errors";
import { parseReference } from "../../provider/reference/parse";
import { locateAuthFiles } from "../../provider/settings/auth-files/locate";
import { type CredentialSearch, findCredential } from "../../provider/settings/credentials";
import { readSettings } from "../../provider/settings/settings";
import { folderFor } from "../support/folder-for-test";
import { layOut } from "../support/vector-files";
import { type FlowRequest, type FlowRoute, playWorld } from "./flow-world";
import { collect, endpointAt, openWorld } from "./world";

interface FlowCase {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: { readonly blob?: string };
  readonly reference: string;
  readonly world: { readonly routes: readonly FlowRoute[] };
  readonly expected: {
    readonly ok: boolean;
    readonly error?: { readonly class: string };
    readonly requests: readonly FlowRequest[];
  };
}

const { cases } = JSON.parse(readFileSync("test/data/vectors/pull-flow/auth.json", "utf8")) as {
  readonly cases: readonly FlowCase[];
};

/** Cases about a ping, which this client does not send. */
const ABOUT_PINGS = new Set(["flow-ping-404", "flow-challenge-on-200"]);

/** Where POST is not known, GET is asked: the specification of the token service suggests it. */
const ANSWERED_HERE = new Set(["flow-identity-token-post-not-supported"]);

const CODES: Readonly<Record<string, string>> = {
  unauthorized: "UNAUTHORIZED",
  "credentials-rejected": "UNAUTHORIZED",
  "http-status": "UNREACHABLE",
};

/** Which origin saw which credential, in no order. */
function shown(requests: readonly FlowRequest[]): readonly string[] {
  const pairs = requests
    .filter(({ authorization }) => authorization !== undefined)
    .map(({ url, authorization }) => `${new URL(url).origin} ${authorization ?? ""}`);
  return [...new Set(pairs)].sort();
}

/** What token services were asked for: everything but who asks. */
function tokenQueries(requests: readonly FlowRequest[]): readonly unknown[] {
  const asked = requests
    .filter(({ url, method }) => url.endsWith("/token") && method === "GET")
    .map(({ query = {} }) =>
      Object.entries(query)
        .filter(([name]) => name !== "account")
        .sort(([a], [b]) => a.localeCompare(b)),
    );
  return [...new Map(asked.map((query) => [JSON.stringify(query), query])).values()];
}

describe("pull-flow vectors: auth", () => {
  for (const each of cases.filter(({ name }) => !ABOUT_PINGS.has(name))) {
    test(each.name, async (t) => {
      const world = await playWorld(t, each.world);
      const machine = layOut(each, folderFor(t));
      const environment = { ...machine.environment, HTTPS_PROXY: world.proxyUrl };
      const settings = readSettings({ ...machine, environment });
      const search: CredentialSearch = {
        places: locateAuthFiles({ ...machine, platform: "linux" }),
        searchPath: "",
        helpers: ["containers-auth.json"],
      };
      const opened = openWorld(t, { settings, findCredential });
      const { registry, repository, tag = "" } = parseReference(each.reference);
      const tls = { skipVerify: false, certificateAuthorities: [world.certificateAuthority] };
      const endpoint = endpointAt(registry, {
        registry,
        repository,
        plainHttp: false,
        tls,
        search,
      });
      const pull = async (): Promise<void> => {
        await opened.client.getManifest(endpoint, tag, opened.context);
        const digest = each.options?.blob;
        if (digest === undefined) return;
        const descriptor = { mediaType: "a/b", digest, size: 2, annotations: {} };
        const bytes = await collect(opened.client.getBlob(endpoint, descriptor, opened.context));
        assert.equal(digestOf(bytes), digest);
      };
      const error: unknown = await pull().catch((reason: unknown) => reason);
      if (ANSWERED_HERE.has(each.name)) {
        assert.equal(error, undefined);
        return;
      }
      assert.equal(error === undefined, each.expected.ok);
      if (error !== undefined) {
        assert.ok(error instanceof OciError);
        assert.equal(error.code, CODES[each.expected.error?.class ?? ""]);
      }
      assert.deepEqual(shown(world.requests), shown(each.expected.requests));
      for (const query of tokenQueries(world.requests)) {
        const wanted = tokenQueries(each.expected.requests).map((one) => JSON.stringify(one));
        assert.ok(wanted.includes(JSON.stringify(query)), JSON.stringify(query));
      }
    });
  }
});
