import * as assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import { OciError } from "../../provider/errors";
import { isOutage } from "../../provider/registry/failure";
import { proxyRules } from "../../provider/registry/proxy";
import { type Environment, readSettings } from "../../provider/settings/settings";
import type { Endpoint } from "../../provider/types";
import { createAuthority, createServerCertificate } from "../support/certificates";
import { startProxy } from "./proxy-server";
import {
  endpointAt,
  LOGIN,
  explicit,
  openWorld,
  REPOSITORY,
  serve,
  type WorldOptions,
} from "./world";

const PROXY = "http://proxy.example:3128";

function settingsWith(environment: Environment) {
  return readSettings({ environment, home: "/nowhere", root: "/nowhere" });
}

/** The port of a server that accepts connections, and never says a word. Closes with the test. */
async function startMute(t: TestContext): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Where a URL goes through. */
function route(url: string, environment: Environment): string | undefined {
  return proxyRules(settingsWith(environment).proxy)(new URL(url))?.origin;
}

describe("which proxy", () => {
  const both = { HTTP_PROXY: "http://plain.example:1", https_proxy: "http://secure.example:2" };
  const cases: readonly (readonly [string, string, Environment, string | undefined])[] = [
    ["none by default", "https://r.example/", {}, undefined],
    ["by scheme: https", "https://r.example/", both, "http://secure.example:2"],
    ["by scheme: http", "http://r.example/", both, "http://plain.example:1"],
    [
      "a host and port alone",
      "https://r.example/",
      { HTTPS_PROXY: "p.example:3128" },
      "http://p.example:3128",
    ],
    [
      "capitals before small letters",
      "https://r.example/",
      { HTTPS_PROXY: PROXY, https_proxy: "http://x" },
      PROXY,
    ],
    [
      "an empty one counts for nothing",
      "https://r.example/",
      { HTTPS_PROXY: "", https_proxy: PROXY },
      PROXY,
    ],
    [
      "not HTTP_PROXY below a web server",
      "http://r.example/",
      { HTTP_PROXY: PROXY, REQUEST_METHOD: "GET" },
      undefined,
    ],
    ["not for https by HTTP_PROXY", "https://r.example/", { HTTP_PROXY: PROXY }, undefined],
  ];
  for (const [name, url, environment, expected] of cases) {
    test(name, () => {
      assert.equal(route(url, environment), expected);
    });
  }

  test("never for this machine", () => {
    for (const host of ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9:5000", "[::1]:5000"]) {
      assert.equal(route(`https://${host}/`, { HTTPS_PROXY: PROXY }), undefined, host);
    }
  });

  test("one that cannot be used fails by the name of the variable", () => {
    for (const HTTPS_PROXY of ["socks5://p.example:1080", "http://", "ftp://x"]) {
      assert.throws(() => route("https://r.example/", { HTTPS_PROXY }), {
        code: "CONFIG",
        message: /HTTPS_PROXY/,
      });
    }
  });
});

describe("NO_PROXY", () => {
  const excepted: readonly (readonly [string, string])[] = [
    ["*", "https://r.example/"],
    ["r.example", "https://r.example/"],
    ["r.example", "https://a.b.r.example/"],
    [".r.example", "https://a.r.example/"],
    ["*.r.example", "https://a.r.example/"],
    [" x , R.Example ,", "https://r.example/"],
    ["r.example:443", "https://r.example/"],
    ["r.example:5000", "https://r.example:5000/"],
    ["10.0.0.0/8", "https://10.1.2.3/"],
    ["fd00::/8", "https://[fd00::1]/"],
    ["10.1.2.3", "https://10.1.2.3:5000/"],
    ["10.1.2.3:5000", "https://10.1.2.3:5000/"],
    ["fd00::1", "https://[fd00::1]/"],
    ["[fd00::1]:5000", "https://[fd00::1]:5000/"],
  ];
  for (const [none, url] of excepted) {
    test(`${none} excepts ${url}`, () => {
      assert.equal(route(url, { HTTPS_PROXY: PROXY, NO_PROXY: none }), undefined);
    });
  }
  const kept: readonly (readonly [string, string])[] = [
    ["", "https://r.example/"],
    ["r.example", "https://other-r.example/"],
    [".r.example", "https://r.example/"],
    ["*.r.example", "https://r.example/"],
    ["r.example:80", "https://r.example/"],
    ["10.0.0.0/8", "https://11.1.2.3/"],
    ["10.0.0.0/99", "https://10.1.2.3/"],
    ["10.0.0.0/8", "https://r.example/"],
    ["10.1.2.3:80", "https://10.1.2.3/"],
    ["[fd00::1]:5000", "https://[fd00::1]/"],
    ["example.r", "https://r.example/"],
    [":443", "https://r.example/"],
  ];
  for (const [none, url] of kept) {
    test(`"${none}" does not except ${url}`, () => {
      assert.equal(route(url, { HTTPS_PROXY: PROXY, NO_PROXY: none }), PROXY);
    });
  }
});

describe("requests through a proxy", () => {
  const authority = createAuthority();
  const tls = createServerCertificate(authority, { names: ["registry.test"] });
  const trusting = { skipVerify: false, certificateAuthorities: [authority.cert] };

  /** Asks registry.test, which no name server knows. */
  function ask(
    t: TestContext,
    environment: Environment,
    more: Partial<Endpoint>,
    options: WorldOptions = {},
  ) {
    const { client, context, warnings } = openWorld(t, {
      settings: settingsWith(environment),
      ...options,
    });
    const endpoint = endpointAt("registry.test", { tls: trusting, ...more });
    return { warnings, got: client.getManifest(endpoint, "1", context) };
  }

  test("of http: are absolute, and keep their Authorization", async (t) => {
    const registry = await serve(t, { auth: { kind: "basic", ...LOGIN } });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const proxy = await startProxy(t, { ports: { "registry.test:80": registry.port } });
    const { got, warnings } = ask(t, { HTTP_PROXY: proxy.url }, { credential: explicit() });
    await got;
    const line = "GET http://registry.test/v2/team/app/manifests/1";
    assert.deepEqual(proxy.asked, [line, line]);
    assert.deepEqual(
      registry.requests.map(({ host, authorization }) => [host, authorization]),
      [
        ["registry.test", "none"],
        ["registry.test", "basic"],
      ],
    );
    assert.deepEqual(warnings, [
      "credentials go to registry.test without TLS, because of plainHttp",
    ]);
  });

  test("of https: go through a tunnel and are verified behind it", async (t) => {
    const registry = await serve(t, { tls });
    registry.repository(REPOSITORY).putManifest({}, { tag: "1" });
    const proxy = await startProxy(t, { ports: { "registry.test:443": registry.port } });
    const environment = { HTTPS_PROXY: proxy.url.replace("//", "//me:pass%20word@") };
    await ask(t, environment, { plainHttp: false }).got;
    assert.deepEqual(proxy.asked, ["CONNECT registry.test:443"]);
    assert.deepEqual(proxy.logins, [`Basic ${Buffer.from("me:pass word").toString("base64")}`]);
    assert.equal(registry.requests[0]?.headers["proxy-authorization"], undefined);
    const stranger = { skipVerify: false, certificateAuthorities: [] };
    await assert.rejects(ask(t, environment, { plainHttp: false, tls: stranger }).got, {
      code: "TLS",
      hint: /caCertificates/,
    });
  });

  test("that wants a login say so, and show none", async (t) => {
    const proxy = await startProxy(t, { refuseWith: 407 });
    const url = proxy.url.replace("//", "//me:geheim99@");
    for (const [plainHttp, environment] of [
      [true, { HTTP_PROXY: url }],
      [false, { HTTPS_PROXY: url }],
    ] as const) {
      await assert.rejects(ask(t, environment, { plainHttp }).got, (error) => {
        assert.ok(error instanceof OciError);
        assert.equal(error.code, "CONFIG");
        assert.match(error.message, /proxy that asks for a login/);
        assert.ok(error.message.includes(`(by the proxy ${proxy.url})`));
        assert.doesNotMatch(error.message, /geheim99/);
        return true;
      });
    }
  });

  test("that cannot connect is an outage that names it", async (t) => {
    const proxy = await startProxy(t);
    const { got } = ask(t, { HTTPS_PROXY: proxy.url }, { plainHttp: false });
    await assert.rejects(got, (error) => {
      assert.ok(error instanceof OciError && isOutage(error));
      assert.match(error.message, /behind a proxy that does not connect to it/);
      return true;
    });
  });

  test("that is not there is told from the registry, by its name without the login", async (t) => {
    for (const host of ["127.0.0.1:1", "proxy.invalid:3128"]) {
      for (const [plainHttp, variable] of [
        [true, "HTTP_PROXY"],
        [false, "HTTPS_PROXY"],
      ] as const) {
        const { got } = ask(t, { [variable]: `http://ann:geheim99@${host}` }, { plainHttp });
        await assert.rejects(got, (error) => {
          assert.ok(error instanceof OciError && isOutage(error));
          assert.equal(error.code, "UNREACHABLE");
          assert.equal(error.fact, "the registry is behind a proxy that cannot be reached");
          assert.match(error.details[0] ?? "", / \(by the proxy http:\/\/[^@]+\): \w+ E[A-Z_]+ /);
          assert.ok(error.details[0]?.includes(`(by the proxy http://${host})`));
          assert.match(error.hint ?? "", /input "proxy", HTTPS_PROXY or HTTP_PROXY;.* NO_PROXY/);
          assert.doesNotMatch(error.message, /geheim99|ann[:@]/);
          return true;
        });
      }
    }
  });

  test("that does not come to a connection in time names the deadline, too", async (t) => {
    const mute = await startMute(t);
    const environment = { HTTPS_PROXY: `https://127.0.0.1:${mute}` };
    const { got } = ask(t, environment, { plainHttp: false }, { deadlines: { connect: 50 } });
    await assert.rejects(got, (error) => {
      assert.ok(error instanceof OciError && isOutage(error));
      assert.equal(error.code, "TIMEOUT");
      assert.equal(error.fact, "the registry is behind a proxy that cannot be reached");
      assert.match(error.hint ?? "", /HTTPS_PROXY .*NO_PROXY.* timeouts\.connect$/);
      return true;
    });
  });

  test("to a registry that never shakes hands are not the proxy's failure", async (t) => {
    const ports = { "registry.test:443": await startMute(t) };
    const proxy = await startProxy(t, { ports });
    const environment = { HTTPS_PROXY: proxy.url };
    const { got } = ask(t, environment, { plainHttp: false }, { deadlines: { connect: 50 } });
    await assert.rejects(got, {
      code: "TIMEOUT",
      fact: "the registry could not be connected to in time",
    });
    assert.ok(proxy.asked.includes("CONNECT registry.test:443"));
  });

  test("that never answers ends by the deadline", async (t) => {
    const proxy = await startProxy(t, { isSilent: true });
    for (const [plainHttp, environment] of [
      [true, { HTTP_PROXY: proxy.url }],
      [false, { HTTPS_PROXY: proxy.url }],
    ] as const) {
      const deadlines = { headers: 50 };
      const { got } = ask(t, environment, { plainHttp }, { deadlines });
      await assert.rejects(got, { code: "TIMEOUT" });
    }
  });
});

test("Node's switch that turns verification off for everybody has no effect", async (t) => {
  const authority = createAuthority();
  const registry = await serve(t, { tls: createServerCertificate(authority) });
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  t.after(() => {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  });
  const { client, context } = openWorld(t);
  const endpoint = endpointAt(registry.host, { plainHttp: false });
  await assert.rejects(client.getManifest(endpoint, "1", context), { code: "TLS" });
  assert.equal(registry.requests.length, 0);
});
