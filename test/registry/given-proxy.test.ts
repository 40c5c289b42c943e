/** The option `proxy` of an endpoint: in place of the environment's, and for that endpoint alone. */
import * as assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OciError } from "../../provider/errors";
import { givenProxy, parseProxy } from "../../provider/registry/proxy";
import { readSettings } from "../../provider/settings/settings";
import { createCertificates } from "../support/certificates";
import { startProxy, type TestProxy } from "./proxy-server";
import { endpointAt, openWorld, REPOSITORY, serve } from "./world";

function withLogin({ url }: TestProxy, login: string): URL {
  return new URL(url.replace("//", `//${login}@`));
}

function basic(login: string): string {
  return `Basic ${Buffer.from(login).toString("base64")}`;
}

describe("requests through a given proxy", () => {
  test("go through it whatever the environment says", async (t) => {
    const registry = await serve(t);
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const ports = { "registry.test:80": registry.port };
    const other = await startProxy(t);
    const proxy = await startProxy(t, { ports });
    for (const NO_PROXY of ["", "*", "registry.test"]) {
      const environment = { HTTP_PROXY: other.url, NO_PROXY };
      const settings = readSettings({ environment, home: "/nowhere", root: "/nowhere" });
      const { client, context } = openWorld(t, { settings });
      const endpoint = endpointAt("registry.test", { proxy: new URL(proxy.url) });
      await client.getManifest(endpoint, "1", context);
    }
    assert.equal(proxy.asked.length, 3);
    assert.deepEqual(other.asked, []);
  });

  test("show each its own login to it, and share no tunnel", async (t) => {
    const certificates = createCertificates();
    const registry = await serve(t, { tls: certificates.otherName });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const proxy = await startProxy(t, { ports: { "another.example:443": registry.port } });
    const { client, context } = openWorld(t);
    const tls = { skipVerify: false, certificateAuthorities: [certificates.authority.cert] };
    for (const login of ["ann:geheim-a", "bob:geheim-b", "ann:geheim-a"]) {
      const more = { plainHttp: false, tls, proxy: withLogin(proxy, login) };
      await client.getManifest(endpointAt("another.example", more), "1", context);
    }
    assert.deepEqual(proxy.asked, Array(2).fill("CONNECT another.example:443"));
    assert.deepEqual(proxy.logins, ["ann:geheim-a", "bob:geheim-b"].map(basic));
    for (const { headers } of registry.requests) {
      assert.equal(headers["proxy-authorization"], undefined);
    }
  });

  test("go through it to storage, too", async (t) => {
    const registry = await serve(t);
    const storage = await serve(t);
    storage.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const location = "http://storage.test/v2/team/app/manifests/1";
    registry.fault({ kind: "manifest", then: { kind: "redirect", location } });
    const ports = { "registry.test:80": registry.port, "storage.test:80": storage.port };
    const proxy = await startProxy(t, { ports });
    const { client, context } = openWorld(t);
    const endpoint = endpointAt("registry.test", { proxy: new URL(proxy.url) });
    await client.getManifest(endpoint, "1", context);
    assert.deepEqual(proxy.asked[1], `GET ${location}`);
  });

  test("that fail name it without its login", async (t) => {
    const silent = await startProxy(t, { refuseWith: 407 });
    const { client, context } = openWorld(t);
    for (const plainHttp of [true, false]) {
      const more = { plainHttp, proxy: withLogin(silent, "ann:geheim%2099") };
      const work = client.getManifest(endpointAt("registry.test", more), "1", context);
      await assert.rejects(work, (error) => {
        assert.ok(error instanceof OciError && error.code === "CONFIG");
        assert.ok(error.message.includes(`(by the proxy ${silent.url})`));
        assert.match(
          error.hint ?? "",
          /^put user:password@ before .* in proxy, HTTPS_PROXY or HTTP_PROXY$/,
        );
        assert.doesNotMatch(error.message, /geheim|ann[:@]/);
        return true;
      });
    }
  });
});

test("one that is not there is named, and the way around it", async (t) => {
  const { client, context } = openWorld(t);
  const proxy = new URL("http://ann:geheim99@127.0.0.1:1");
  const work = client.getManifest(endpointAt("registry.test", { proxy }), "1", context);
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof OciError && error.code === "UNREACHABLE");
    assert.equal(error.fact, "the registry is behind a proxy that cannot be reached");
    assert.match(error.hint ?? "", /the input "proxy", .* set proxy to none$/);
    assert.match(error.message, /by the proxy http:\/\/127\.0\.0\.1:1\)/);
    assert.doesNotMatch(error.message, /geheim99|ann[:@]/);
    return true;
  });
});

test('"none" goes directly, whatever the environment says', async (t) => {
  const proxy = await startProxy(t);
  const environment = { HTTP_PROXY: proxy.url };
  const settings = readSettings({ environment, home: "/nowhere", root: "/nowhere" });
  const { client, context } = openWorld(t, { settings });
  const endpoint = endpointAt("registry.invalid", { proxy: "none" });
  await assert.rejects(client.getManifest(endpoint, "1", context), {
    code: "UNREACHABLE",
    fact: "the registry has a name that does not resolve",
  });
  assert.deepEqual(proxy.asked, []);
});

test("this machine is never asked through it", () => {
  const proxy = new URL("http://proxy.example:3128");
  for (const host of ["localhost:5000", "127.0.0.1", "[::1]:5000"]) {
    assert.equal(givenProxy(proxy, new URL(`https://${host}/`)), undefined);
  }
  assert.equal(givenProxy(proxy, new URL("https://r.example/")), proxy);
});

test("what is a proxy, and what is none", () => {
  for (const [text, origin] of [
    ["http://proxy.example:3128", "http://proxy.example:3128"],
    ["HTTPS://me:p%40ss@proxy.example/", "https://proxy.example"],
    ["proxy.example:3128", "http://proxy.example:3128"],
    ["[fd00::1]:3128", "http://[fd00::1]:3128"],
  ] as const) {
    assert.equal(parseProxy(text)?.origin, origin);
  }
  for (const text of ["", "socks5://p.example", "http://", "://", "http://a b", "http://u:%ff@p"]) {
    assert.equal(parseProxy(text), undefined, text);
  }
});
