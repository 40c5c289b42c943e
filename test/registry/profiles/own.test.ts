/** What sets the registries that people run themselves apart, beyond an ordinary pull. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { digestOf } from "../../../provider/digest";
import { type ProfileName, PROFILES } from "../../support/registry-profiles";
import type { TestRegistry } from "../../support/registry-types";
import { openProfile } from "./profile-world";

const REALM_HINT = /hint: have the registry name its token service by the https:\/\/ address/;

describe("an http:// realm behind a proxy that ends TLS", () => {
  const realms: readonly (readonly [ProfileName, string])[] = [
    ["harbor", "http://harbor.example.com/service/token"],
    ["nexus", "http://nexus.example.com:5002/v2/token"],
    ["artifactory", "http://acme.jfrog.io/v2/token"],
  ];
  for (const [name, realmUrl] of realms) {
    test(`${name}: nobody is asked, and the error says who has to mend what`, async (t) => {
      const { pull, registry } = await openProfile(t, name, { auth: { realmUrl } });
      await assert.rejects(pull(), (error: Error & { code?: string }) => {
        assert.equal(error.code, "UNAUTHORIZED");
        assert.match(error.message, /the registry names a token service without TLS, /);
        assert.match(error.message, REALM_HINT);
        return true;
      });
      assertNobodyAsked(registry, PROFILES[name].host);
    });
  }

  test("nexus: so with a port that the proxy's header has doubled", async (t) => {
    const realmUrl = "https://nexus.example.com:5002:5002/v2/token";
    const { pull, registry } = await openProfile(t, "nexus", { auth: { realmUrl } });
    await assert.rejects(pull(), {
      code: "UNAUTHORIZED",
      message: /names no token service that could be asked[^]*X-Forwarded/,
    });
    assertNobodyAsked(registry, PROFILES.nexus.host);
  });
});

/** No token service, and no login. */
function assertNobodyAsked({ requests }: TestRegistry, registry: string): void {
  assert.ok(requests.length > 0);
  for (const { kind, host, authorization } of requests) {
    assert.deepEqual([kind, host, authorization], ["manifest", registry, "none"]);
  }
}

describe("harbor", () => {
  test("a proxy project that has not fetched yet answers to GET", async (t) => {
    const { artifact, client, context, endpoint } = await openProfile(t, "harbor", {
      quirks: { isPullThrough: true },
    });
    assert.equal(await client.headManifest(endpoint, "1", context), undefined);
    assert.equal((await client.getManifest(endpoint, "1", context)).digest, artifact.digest);
  });
});

describe("tags", () => {
  const names = ["quay", "artifactory", "nexus", "gar", "zot"] as const satisfies ProfileName[];
  for (const name of names) {
    test(`${name}: every page is asked of the registry itself`, async (t) => {
      const { client, context, endpoint, registry } = await openProfile(t, name, {
        quirks: { tagsPerPage: 2, ...LINKS[name] },
      });
      const repository = registry.repository(PROFILES[name].repository);
      const { digest = "" } = repository.manifest("1") ?? {};
      for (const tag of ["2", "3", "4", "5"]) repository.tag(tag, digest);
      assert.deepEqual(await client.listTags(endpoint, context), ["1", "2", "3", "4", "5"]);
      const answered = registry.matching({ kind: "tags", status: 200 });
      const path = `/v2/${PROFILES[name].repository}/tags/list`;
      assert.deepEqual(
        answered.map(({ host, path: asked }) => `${host}${asked.split("?", 1).join()}`),
        Array.from({ length: 3 }, () => PROFILES[name].host + path),
      );
      assert.equal(registry.requests.filter(({ host }) => host !== PROFILES[name].host).length, 0);
    });
  }
});

/** Where a profile has no Link of its own, each form that there is. */
const LINKS = {
  quay: { link: "absolute" },
  artifactory: {},
  nexus: {},
  gar: { link: (next: URL) => `https://evil.example${next.pathname}${next.search}` },
  zot: { link: "relative" },
} as const;

describe("referrers", () => {
  test("zot: by the API", async (t) => {
    const { artifact, client, context, endpoint, registry } = await openProfile(t, "zot");
    const { digest, size } = artifact;
    const subject = { mediaType: artifact.mediaType, digest, size };
    const signature = { schemaVersion: 2, artifactType: "a/signature", subject };
    const { repository } = PROFILES.zot;
    const referrer = registry.repository(repository).putManifest(signature);
    const [page, ...more] = await client.getReferrers(endpoint, digest, context);
    assert.equal(more.length, 0);
    assert.ok(page?.bytes.includes(referrer));
  });

  test("nexus: 404, and no fallback tag either, means none", async (t) => {
    const { artifact, client, context, endpoint, registry } = await openProfile(t, "nexus");
    assert.deepEqual(await client.getReferrers(endpoint, artifact.digest, context), []);
    assert.deepEqual(
      registry.requests.map(({ kind, status }) => `${kind} ${status ?? 0}`),
      ["referrers 401", "token 200", "referrers 404", "manifest 404"],
    );
    assert.equal(registry.requests.at(-1)?.reference, artifact.digest.replace(":", "-"));
  });

  test("a registry that is out of order says nothing about referrers", async (t) => {
    const { artifact, client, context, endpoint, registry } = await openProfile(t, "zot");
    registry.fault({ kind: "referrers", then: { kind: "status", status: 503 } });
    await assert.rejects(client.getReferrers(endpoint, artifact.digest, context), {
      code: "UNREACHABLE",
    });
    assert.equal(registry.count({ kind: "manifest" }), 0);
  });

  test("a redirect at home is followed, and long digests have a shorter tag", async (t) => {
    const { client, context, endpoint, registry } = await openProfile(t, "zot");
    const { repository } = PROFILES.zot;
    const digest = digestOf("anything", "sha512");
    const location = `/v2/${repository}/referrers/${digestOf("anything")}`;
    registry.fault({ kind: "referrers", times: 1, then: { kind: "redirect", location } });
    assert.equal((await client.getReferrers(endpoint, digest, context)).length, 1);
    registry.fault({ kind: "referrers", then: { kind: "status", status: 404 } });
    assert.equal((await client.getReferrers(endpoint, digest, context)).length, 0);
    const tag = registry.requests.at(-1)?.reference ?? "";
    assert.equal(tag, digest.replace(":", "-").slice(0, "sha512-".length + 64));
  });
});

describe("zot", () => {
  test("behind an authority of one's own, the error names caCertificates", async (t) => {
    const { pull, registry } = await openProfile(t, "zot", { transport: {} });
    await assert.rejects(pull(), { code: "TLS", message: /caCertificates/ });
    assert.equal(registry.requests.length, 0);
  });

  test("without TLS, the error names plainHttp, and with it the pull warns", async (t) => {
    const refused = await openProfile(t, "zot", { isPlain: true, transport: {} });
    await assert.rejects(refused.pull(), { code: "PLAIN_HTTP", message: /plainHttp: true/ });
    const { artifact, pull, warnings } = await openProfile(t, "zot", {
      isPlain: true,
      transport: { plainHttp: true },
    });
    assert.equal((await pull()).digest, artifact.digest);
    assert.match(warnings.join("\n"), /credentials go to zot\.registry\.svc:5000 without TLS/);
  });

  test("a first answer of 404 is final, in one request; the next run finds it", async (t) => {
    const { artifact, pull, registry } = await openProfile(t, "zot");
    registry.fault({ kind: "manifest", times: 1, then: { kind: "status", status: 404 } });
    await assert.rejects(pull(), { code: "NOT_FOUND" });
    assert.equal(registry.count({ kind: "manifest", status: 404 }), 1);
    assert.equal((await pull()).digest, artifact.digest);
  });
});
