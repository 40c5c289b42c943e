/**
 * Certificates that prove nothing, the wrong protocol, and connections that are given up: no request
 * goes to a server that is not proven, and an option opens the one host that it was given for.
 */
import * as assert from "node:assert/strict";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { describe, test, type TestContext } from "node:test";
import type { ErrorCode } from "../../provider/errors";
import {
  createAuthority,
  createCertificates,
  createServerCertificate,
  type CertificatePair,
} from "../support/certificates";
import {
  assertFailed,
  assertPulled,
  LOGIN,
  openSandbox,
  publishKnown,
  REPOSITORY,
  trafficOf,
  type PullOptions,
} from "../support/pulling";
import { registryFor } from "../support/registry-for-test";
import type { LoggedRequest, RegistryOptions, TestRegistry } from "../support/registry-types";

const CERTIFICATES = createCertificates();
const TRUSTED = { plainHttp: false, caCertificates: [CERTIFICATES.authority.cert] };

type Inputs = NonNullable<PullOptions["inputs"]>;

async function open(t: TestContext, options: RegistryOptions, strange: RegistryOptions = {}) {
  const registry = await registryFor(t, options);
  const stranger = await registryFor(t, strange);
  for (const server of [registry, stranger]) publishKnown(server);
  const sandbox = openSandbox(t, registry, [stranger]);
  const pull = (inputs: Inputs, more: PullOptions = {}) =>
    sandbox.pull({ ...more, inputs: { credentials: LOGIN, ...inputs } });
  return { registry, stranger, pull };
}

const UNKNOWN =
  /authority that is not trusted[^]*hint: add the authority's certificate to caCertif/;

/** The server's certificate, what the user trusts, and the words of the error. */
const REFUSED: Readonly<Record<string, readonly [CertificatePair, Inputs, RegExp]>> = {
  "of an unknown authority": [CERTIFICATES.server, {}, UNKNOWN],
  "of another authority with the same name": [
    CERTIFICATES.fromOtherAuthority,
    TRUSTED,
    /authority that is not trusted|agree on no TLS connection/,
  ],
  "signed by itself": [CERTIFICATES.selfSigned, TRUSTED, UNKNOWN],
  "that has expired": [CERTIFICATES.expired, TRUSTED, /a certificate that has expired/],
  "of tomorrow": [CERTIFICATES.early, TRUSTED, /a certificate that is not valid yet/],
  "for another name": [CERTIFICATES.otherName, TRUSTED, /a certificate for another name/],
  "for a name that only begins with the right one": [
    createServerCertificate(CERTIFICATES.authority, { names: ["127.0.0.1.evil.example"] }),
    TRUSTED,
    /a certificate for another name/,
  ],
  "that has the right name as a common name only": [
    createServerCertificate(CERTIFICATES.authority, {
      commonName: "127.0.0.1",
      names: ["evil.example"],
    }),
    TRUSTED,
    /a certificate for another name/,
  ],
  "made for clients": [CERTIFICATES.client, TRUSTED, /certificate that proves nothing[^]*purpose/],
  "of an authority that is none": [
    createServerCertificate({
      ...CERTIFICATES.server,
      issuer: { ...createAuthority().issuer, commonName: "localhost" },
    }),
    TRUSTED,
    /authority that is not trusted/,
  ],
};

describe("a certificate", () => {
  for (const [name, [tls, inputs, words]] of Object.entries(REFUSED)) {
    test(`${name} ends it before a request`, async (t) => {
      const { registry, pull } = await open(t, { tls });
      assertFailed(await pull({ plainHttp: false, ...inputs }), "TLS", words);
      assert.equal(registry.requests.length, 0);
    });
  }

  test("of a given authority is right", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.server });
    assertPulled(await pull(TRUSTED));
    assert.deepEqual(trafficOf(registry), ["manifest 200", "blob 200"]);
  });

  for (const name of ["selfSigned", "expired", "early", "otherName"] as const) {
    test(`(${name}) is not looked at with skipTlsVerify`, async (t) => {
      const { pull } = await open(t, { tls: CERTIFICATES[name] });
      assertPulled(await pull({ plainHttp: false, skipTlsVerify: true }));
    });
  }

  test("is looked at whatever Node's environment says", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.selfSigned });
    const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    t.after(() => {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    assertFailed(await pull({ plainHttp: false }), "TLS", UNKNOWN);
    assert.equal(registry.requests.length, 0);
  });

  test("that is garbage is an error of the input, not of the registry", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.server });
    const garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const result = await pull({ plainHttp: false, caCertificates: [garbage] });
    assertFailed(result, "INVALID_INPUT", /caCertificates: one of them is no certificate/);
    assert.equal(registry.requests.length, 0);
  });
});

describe("what was allowed for one host", () => {
  /** Sends every blob to the stranger. */
  function redirect(from: TestRegistry, to: TestRegistry, host = to.localhost): void {
    const scheme = new URL(to.url).protocol;
    const location = ({ path }: LoggedRequest): string => `${scheme}//${host}${path}`;
    from.fault({ kind: "blob", then: { kind: "redirect", location } });
  }

  test("skipTlsVerify does not reach the host of a redirect", async (t) => {
    const tls = CERTIFICATES.selfSigned;
    const { registry, stranger, pull } = await open(t, { tls }, { tls });
    redirect(registry, stranger);
    const result = await pull({ plainHttp: false, skipTlsVerify: true });
    assertFailed(result, "TLS", /the host it redirects to shows a certificate of an authority/);
    assert.equal(stranger.requests.length, 0);
  });

  test("a given authority serves the host of a redirect as well", async (t) => {
    const tls = CERTIFICATES.server;
    const { registry, stranger, pull } = await open(t, { tls }, { tls });
    redirect(registry, stranger);
    assertPulled(await pull(TRUSTED));
    assert.deepEqual(trafficOf(stranger), ["blob 200"]);
  });

  test("a redirect from HTTPS to plain HTTP is not followed", async (t) => {
    const { registry, stranger, pull } = await open(t, { tls: CERTIFICATES.server });
    redirect(registry, stranger);
    assertFailed(
      await pull(TRUSTED),
      "REGISTRY",
      /redirects from HTTPS to plain HTTP at localhost/,
    );
    assert.equal(stranger.requests.length, 0);
  });

  test("a token service without TLS gets nothing from a registry with TLS", async (t) => {
    const { registry, stranger, pull } = await open(t, { tls: CERTIFICATES.server });
    const headers = { "www-authenticate": `Bearer realm="${stranger.url}/token"` };
    registry.fault({ kind: "manifest", then: { kind: "status", status: 401, headers } });
    const words = /names a token service without TLS, 127\.0\.0\.1:\d+, though it has TLS itself/;
    assertFailed(await pull(TRUSTED), "UNAUTHORIZED", words);
    assert.equal(stranger.requests.length, 0);
  });
});

/** A server that is no registry, on a port of its own. */
async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the wrong protocol", () => {
  test("plain HTTP where TLS was expected names plainHttp, and sends no word", async (t) => {
    const { registry, pull } = await open(t, {});
    const words = /speaks plain HTTP where HTTPS was expected[^]*hint: .*plainHttp: true/;
    assertFailed(await pull({ plainHttp: false }), "PLAIN_HTTP", words);
    assert.equal(registry.requests.length, 0);
  });

  test("TLS where plain HTTP was asked for says what to drop", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.server });
    const { error } = await pull({ plainHttp: true });
    assert.match(error?.code ?? "", /^(PLAIN_HTTP|UNREACHABLE)$/);
    assert.match(error?.hint ?? "", /drop plainHttp/);
    assert.equal(registry.requests.length, 0);
  });

  const servers: Readonly<Record<string, readonly [(socket: Socket) => void, ErrorCode]>> = {
    "a mail server": [(socket) => socket.end("220 mail.example ESMTP\r\n"), "PLAIN_HTTP"],
    "bytes of no protocol": [(socket) => socket.end(Buffer.alloc(5_000, 7)), "PLAIN_HTTP"],
    "a handshake that is cut": [(socket) => socket.once("data", () => socket.end()), "UNREACHABLE"],
    "a handshake that never ends": [() => undefined, "TIMEOUT"],
    "an alert": [(socket) => socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40])), "TLS"],
  };
  for (const [name, [onSocket, code]] of Object.entries(servers)) {
    test(`${name} in place of TLS`, async (t) => {
      const { pull } = await open(t, {});
      const reference = `${await listen(t, onSocket)}/${REPOSITORY}:1`;
      const deadlines = { connect: 300 };
      assertFailed(await pull({ plainHttp: false }, { reference, deadlines }), code, /hint: \S/);
    });
  }
});

describe("a pull that is given up", () => {
  const moments = ["manifest", "blob", "token"] as const;
  for (const kind of moments) {
    test(`while it waits for the ${kind} leaves nothing`, async (t) => {
      const tls = CERTIFICATES.server;
      const { registry, pull } = await open(t, { tls, auth: { kind: "token", ...LOGIN } });
      const stop = new AbortController();
      const handle = (): void => {
        stop.abort();
      };
      registry.fault({ kind, then: { kind: "handler", handle } });
      const result = await pull(TRUSTED, { signal: stop.signal });
      assertFailed(result, "CANCELLED", /it was cancelled/);
      registry.clearFaults();
      assertPulled(await pull(TRUSTED));
    });
  }

  test("in the middle of a blob leaves nothing", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.server });
    const stop = new AbortController();
    registry.fault({
      kind: "blob",
      then: {
        kind: "handler",
        handle: (_, response) => {
          response.writeHead(200).write(Buffer.alloc(50_000), () => {
            stop.abort();
          });
        },
      },
    });
    assertFailed(await pull(TRUSTED, { signal: stop.signal }), "CANCELLED", /it was cancelled/);
    registry.clearFaults();
    assertPulled(await pull(TRUSTED));
  });

  test("before it has begun asks nobody", async (t) => {
    const { registry, pull } = await open(t, { tls: CERTIFICATES.server });
    const result = await pull(TRUSTED, { signal: AbortSignal.abort() });
    assertFailed(result, "CANCELLED", /it was cancelled/);
    assert.equal(registry.requests.length, 0);
  });
});
